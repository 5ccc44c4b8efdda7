import type { Status } from "../rtmp/session/status.ts";
import { clientError } from "./client-error.ts";

/** Why a connection is over. */
export type CloseReason = {
  /**
   * `closed` by this side, `aborted` by the signal, `server`: the server ended it in order, `lost`: the network broke,
   * `failed`: one of the two sides broke a rule.
   */
  readonly kind: "closed" | "aborted" | "server" | "lost" | "failed";
  /** In words, for a log. */
  readonly description: string;
  /** Set unless this side closed it: what calls and streams that were under way get to see. */
  readonly error?: Error;
};

/** Why a stream is over. */
export type StreamEnd = {
  /**
   * `closed` by this side, `stopped` by the server in order, `complete`: a recording is at its end, `refused`: the server
   * sent an error status, `disconnected`: the connection ended without a word about the stream.
   */
  readonly kind: "closed" | "stopped" | "complete" | "refused" | "disconnected";
  readonly description: string;
  /** The server's last word, where it had one. */
  readonly status?: Status;
  /** Set for `refused` and `disconnected`. */
  readonly error?: Error;
};

/** What an operation on a connection that is over rejects with. */
export function closedError(reason: CloseReason): Error {
  return reason.error ?? clientError("connection.closed", reason.description);
}

/** How a stream ends that the end of its connection takes along. */
export function endWithConnection(reason: CloseReason): StreamEnd {
  const { kind, description } = reason;
  if (kind === "closed" || kind === "aborted") return { kind: "closed", description };
  return { kind: "disconnected", description, error: closedError(reason) };
}
