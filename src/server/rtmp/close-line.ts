import type { SessionCounters } from "../../rtmp/session/session-counters.ts";
import type { ByteStream } from "../../transport/byte-stream.ts";
import type { ConnectionInfo } from "../hooks.ts";

/** What a client published and played, by name. */
export type StreamNames = { readonly published: ReadonlySet<string>; readonly played: ReadonlySet<string> };

/**
 * What a closed connection leaves in the log: who, how long, how many bytes, which streams, and the reason; and whatever
 * was unusual, from which most problems in the field are found.
 */
export function closeLine(
  { id, remoteAddress, app, flashVersion }: ConnectionInfo,
  durationMs: number,
  { bytesRead: bytesIn, bytesWritten: bytesOut }: ByteStream,
  { published, played }: StreamNames,
  { unknownMessages, ...counters }: SessionCounters,
  reason: string,
): object {
  const messages = [...unknownMessages].map(([type, count]) => [`messagesOfType${type}`, count] as const);
  const unusual = [...Object.entries(counters), ...messages].filter(([, count]) => count > 0);
  return {
    connection: id,
    remote: remoteAddress,
    app,
    flashVersion,
    durationMs,
    bytesIn,
    bytesOut,
    ...(published.size > 0 && { published: [...published] }),
    ...(played.size > 0 && { played: [...played] }),
    ...(unusual.length > 0 && { unusual: Object.fromEntries(unusual) }),
    reason,
  };
}

/** Why a connection broke, in words. */
export function describeBreak(error: Error): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case "ECONNRESET":
      return "the client dropped the connection without closing it (reset)";
    case "EPIPE":
      return "the client went away while it was being sent to";
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return "the network to the client was lost";
    default:
      return error.message;
  }
}
