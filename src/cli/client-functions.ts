import type { PlayFromOptions, PublishToOptions } from "../client/connect-on.ts";
import type { NetConnection } from "../client/net-connection.ts";
import type { ConnectOptions } from "../client/options.ts";
import type { PlayStream, PlayStreamOptions } from "../client/play-stream.ts";
import type { PublishStream } from "../client/publish-stream.ts";
import type { ReconnectEvent, ReconnectOptions } from "../client/reconnect-options.ts";
import type { MediaMessage } from "../formats/flv/media-message.ts";
import { describeError, errorDetails } from "./describe-error.ts";
import type { Reporter } from "./reporter.ts";

/** What the commands use of the client library: its own functions for users, fakes for tests. */
export type ClientFunctions = {
  connect(url: string, options: ConnectOptions): Promise<ClientConnection>;
  publishTo(url: string, options: PublishToOptions): Promise<OutgoingStream>;
  playFrom(url: string, options: PlayFromOptions): Promise<IncomingStream>;
};

export type ClientConnection = Pick<
  NetConnection,
  "server" | "protocol" | "remoteAddress" | "callWith" | "notify" | "ping" | "closed" | "close"
> & {
  play(name: string, options?: PlayStreamOptions): Promise<IncomingStream>;
};

export type OutgoingStream = Pick<PublishStream, "write" | "ready" | "close" | "ended" | "statistics">;

export type IncomingStream = Pick<PlayStream, "close" | "ended"> & AsyncIterable<MediaMessage>;

/** Gives up opening when `signal` aborts. What stands is ended by its owner, in order. */
export async function openUnlessAborted<Opened>(
  signal: AbortSignal,
  open: (signal: AbortSignal) => Promise<Opened>,
): Promise<Opened> {
  const opening = new AbortController();
  const abort = (): void => opening.abort(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await open(opening.signal);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** A server that restarts is back in seconds. */
const MAX_PAUSE_MS = 5000;

/** How a stream of the command line connects again, and what is told of it. Also at the start: the server may come later. */
export function reconnectOptions(
  reporter: Reporter,
  onEvent: (kind: ReconnectEvent["kind"]) => void = () => {},
): ReconnectOptions {
  let isFirst = true;
  const tell = (event: ReconnectEvent): void => {
    if (event.kind === "lost") reporter.warn(`${event.reason}. Connecting again`);
    else if (event.kind === "failed") reporter.warn(describeError(event.error), errorDetails(event.error));
    else if (event.kind === "moving") reporter.note("the server asks to connect anew", "moving");
    else if (event.kind === "connected" && !isFirst) reporter.note("connected again", "reconnected");
    if (event.kind === "connected") isFirst = false;
    onEvent(event.kind);
  };
  return { fromStart: true, firstMs: 500, maxMs: MAX_PAUSE_MS, onEvent: tell };
}
