import { ProtocolError } from "../../errors.ts";
import type { SessionCounters } from "../../rtmp/session/session-counters.ts";
import type { ByteStream } from "../../transport/byte-stream.ts";
import type { ConnectionInfo } from "../hooks.ts";
import type { Log } from "../log.ts";

/** What a client published and played, by name. */
export type StreamNames = { readonly published: readonly string[]; readonly played: readonly string[] };

export type ClosedConnection = {
  readonly info: ConnectionInfo;
  readonly durationMs: number;
  readonly stream: ByteStream;
  readonly names: StreamNames;
  readonly counters: SessionCounters;
  /** What was unusual in the handshake. */
  readonly handshakeNote: string | undefined;
  readonly reason: string;
};

/**
 * What a closed connection leaves in the log: who, how long, how many bytes, which streams, and the reason; and whatever
 * was unusual, from which most problems in the field are found.
 */
export function closeLine({
  info,
  durationMs,
  stream,
  names,
  counters,
  handshakeNote,
  reason,
}: ClosedConnection): object {
  const { id, remoteAddress, transport, isRtmpe, app, flashVersion, user } = info;
  const { published, played } = names;
  const { unknownMessages, ...counts } = counters;
  const messages = [...unknownMessages].map(([type, count]) => [`messagesOfType${type}`, count] as const);
  const unusual = [...Object.entries(counts), ...messages].filter(([, count]) => count > 0);
  return {
    connection: id,
    remote: remoteAddress,
    transport,
    ...(isRtmpe && { isRtmpe }),
    app,
    flashVersion,
    ...(user !== undefined && { user }),
    durationMs,
    bytesIn: stream.bytesRead,
    bytesOut: stream.bytesWritten,
    ...(published.length > 0 && { published }),
    ...(played.length > 0 && { played }),
    ...(unusual.length > 0 && { unusual: Object.fromEntries(unusual) }),
    ...(handshakeNote !== undefined && { handshake: handshakeNote }),
    reason,
  };
}

/** What ends a connection: for the client, who is told what to do, and for the log, where the code stands before the same. */
export function failureInWords(error: unknown): { readonly sentence: string; readonly reason: string } {
  if (!(error instanceof ProtocolError)) return { sentence: UNEXPECTED, reason: UNEXPECTED };
  const sentence = `${error.message}. ${error.remedy}`;
  return { sentence, reason: `${error.code}: ${sentence}` };
}

const UNEXPECTED = "An unexpected error of the server. Connect again, and report what its log says.";

/** Leaves in the log what ends a connection: a rule that the client broke, or a fault of the server. */
export function logFailure(
  log: Log,
  { id: connection, remoteAddress: remote }: ConnectionInfo,
  error: unknown,
  bytesReceived: number,
): void {
  if (error instanceof ProtocolError) {
    const { code, byteOffset, remedy, message } = error;
    log.warn({ connection, remote, code, byteOffset, bytesReceived, remedy }, message);
  } else {
    log.error({ connection, remote, err: error }, "unexpected error on a connection");
  }
}
