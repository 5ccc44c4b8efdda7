import type { NetConnection } from "../client/net-connection.ts";
import type { ConnectOptions } from "../client/options.ts";
import type { PlayStream, PlayStreamOptions } from "../client/play-stream.ts";
import type { PublishStream, PublishStreamOptions } from "../client/publish-stream.ts";
import type { MediaMessage } from "../formats/flv/media-message.ts";

/** What the commands use of a connection: the client library's for users, fakes for tests. */
export type ClientConnection = Pick<
  NetConnection,
  "server" | "protocol" | "remoteAddress" | "statistics" | "callWith" | "notify" | "ping" | "closed" | "close"
> & {
  publish(name: string, options?: PublishStreamOptions): Promise<OutgoingStream>;
  play(name: string, options?: PlayStreamOptions): Promise<IncomingStream>;
};

export type OutgoingStream = Pick<PublishStream, "write" | "ready" | "close" | "ended">;

export type IncomingStream = Pick<PlayStream, "onMessage" | "close" | "ended"> & AsyncIterable<MediaMessage>;

/** `connect` of the client library: the app is in the options, and the URL's path is not looked at. */
export type Connect = (url: string, options: ConnectOptions) => Promise<ClientConnection>;

/** Gives up connecting when `signal` aborts. A connection that stands is ended by its owner, in order. */
export async function connectUnlessAborted(
  connect: Connect,
  url: string,
  options: ConnectOptions,
  signal: AbortSignal,
): Promise<ClientConnection> {
  const connecting = new AbortController();
  const abort = (): void => connecting.abort(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await connect(url, { ...options, signal: connecting.signal });
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
