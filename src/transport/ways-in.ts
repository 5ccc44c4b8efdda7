import type { HandshakeFamily } from "../rtmp/handshake/version.ts";
import type { Transport } from "./byte-stream.ts";
import { isTlsScheme, RTMP_SCHEMES, type RtmpScheme } from "./rtmp-url.ts";

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
export function familiesOf(transport: Transport, accept: ReadonlySet<RtmpScheme>): readonly HandshakeFamily[] {
  const way = WAYS_IN.find((candidate) => candidate.transport === transport);
  // A stream in memory is handed over by the program itself.
  if (way === undefined) return BOTH;
  const isClear = accept.has(way.clear);
  const isEncrypted = accept.has(way.encrypted) && (isClear || ENCRYPTED_ALONE.includes(transport));
  return BOTH.filter((family) => (family === "clear" ? isClear : isEncrypted));
}

export function isTransportTaken(transport: Transport, accept: ReadonlySet<RtmpScheme>): boolean {
  return familiesOf(transport, accept).length > 0;
}

/** What a listener takes: without a choice everything that it can. Throws an error that says what to do. */
export function waysInOf(accept: readonly RtmpScheme[] | undefined, hasTls: boolean): ReadonlySet<RtmpScheme> {
  const ways = new Set(accept ?? RTMP_SCHEMES.filter((scheme) => hasTls || !isTlsScheme(scheme)));
  if (ways.size === 0) throw new Error("`accept` names no way in: leave it out to take all, or name one.");
  const withTls = [...ways].filter(isTlsScheme);
  if (hasTls || withTls.length === 0) return ways;
  throw new Error(
    `\`accept\` names ${withTls.join(", ")}, and there is no certificate: set tls.certificates or tls.selfSignedFolder.`,
  );
}
