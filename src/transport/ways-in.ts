import type { HandshakeFamily } from "../rtmp/handshake/version.ts";
import type { Transport } from "./byte-stream.ts";
import { isTlsScheme, RTMP_SCHEMES, type RtmpScheme } from "./rtmp-url.ts";

/** What a listener can take: the schemes of RTMP, and media by HTTP itself: FLV (in WebSockets, too) and HLS. */
export type ListenerWay = RtmpScheme | "http" | "https";

export const LISTENER_WAYS: readonly ListenerWay[] = [...RTMP_SCHEMES, "http", "https"];

/** For names in lower case. */
export function isListenerWay(text: string): text is ListenerWay {
  return LISTENER_WAYS.some((way) => way === text);
}

/** What an accepted scheme lets in: one handshake on one transport. */
type WayIn = { readonly transport: Transport; readonly clear: RtmpScheme; readonly encrypted: RtmpScheme };

/** The transports of a socket, the scheme that opens each, and the one without which nobody encrypts in the handshake. */
const WAYS_IN: readonly WayIn[] = [
  { transport: "tcp", clear: "rtmp", encrypted: "rtmpe" },
  { transport: "tls", clear: "rtmps", encrypted: "rtmpe" },
  { transport: "http", clear: "rtmpt", encrypted: "rtmpte" },
  { transport: "https", clear: "rtmpts", encrypted: "rtmpte" },
  { transport: "ws", clear: "ws", encrypted: "rtmpe" },
  { transport: "wss", clear: "wss", encrypted: "rtmpe" },
];

/** On these a scheme of its own opens the encrypted handshake; on the others it only adds it. */
const ENCRYPTED_ALONE: readonly Transport[] = ["tcp", "http"];

const BOTH: readonly HandshakeFamily[] = ["clear", "encrypted"];

/** Which handshakes may be made on a transport by what the listener takes; none: the transport is not taken at all. */
export function familiesOf(transport: Transport, accept: ReadonlySet<ListenerWay>): readonly HandshakeFamily[] {
  const way = WAYS_IN.find((candidate) => candidate.transport === transport);
  // A stream in memory is handed over by the program itself.
  if (way === undefined) return BOTH;
  const isClear = accept.has(way.clear);
  const isEncrypted = accept.has(way.encrypted) && (isClear || ENCRYPTED_ALONE.includes(transport));
  return BOTH.filter((family) => (family === "clear" ? isClear : isEncrypted));
}

/** Whether RTMP is taken on that transport. */
export function isTransportTaken(transport: Transport, accept: ReadonlySet<ListenerWay>): boolean {
  return familiesOf(transport, accept).length > 0;
}

/** What a listener takes: without a choice everything that it can. Throws an error that says what to do. */
export function waysInOf(accept: readonly ListenerWay[] | undefined, hasTls: boolean): ReadonlySet<ListenerWay> {
  const ways = new Set(accept ?? LISTENER_WAYS.filter((way) => hasTls || !needsTls(way)));
  if (ways.size === 0) throw new Error("`accept` names no way in: leave it out to take all, or name one.");
  const withTls = [...ways].filter(needsTls);
  if (hasTls || withTls.length === 0) return ways;
  throw new Error(
    `\`accept\` names ${withTls.join(", ")}, and there is no certificate: set tls.certificates or tls.selfSignedFolder.`,
  );
}

/** Whether the way begins with a TLS handshake, and so needs a certificate. */
export function needsTls(way: ListenerWay): boolean {
  return way === "https" || (way !== "http" && isTlsScheme(way));
}
