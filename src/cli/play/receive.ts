import { StatusError } from "../../client/status-error.ts";
import type { MediaMessage } from "../../formats/flv/media-message.ts";
import type { Status } from "../../rtmp/session/status.ts";
import type { IncomingStream } from "../client-functions.ts";
import { unlessAborted } from "../interruptible.ts";
import type { Clock } from "../publish-loop.ts";

export type ReceiveOptions = {
  /** Plays. Rejects when the server cannot be reached, or refuses. */
  open(onStatus: (status: Status) => void): Promise<IncomingStream>;
  /** How long nothing may come at the start. */
  readonly waitMs: number;
  /** Ask again when the server says that there is no such stream. */
  readonly waitsForStream: boolean;
  readonly clock: Clock;
  /** The server has agreed to send. */
  onPlaying(): void;
};

/** How long before a server is asked again for a stream that it does not know. */
const ASK_AGAIN_MS = 1000;
/** Node takes a longer time for 1 ms. */
export const LONGEST_WAIT_MS: number = 2 ** 31 - 1;

/**
 * The messages of a broadcast, until its publisher ends it, the server does, or `signal` aborts. Rejects when nobody
 * publishes in time, or when the server is lost for good.
 */
export async function* receive(options: ReceiveOptions, signal: AbortSignal): AsyncGenerator<MediaMessage> {
  const patience = new Patience(options);
  const stream = await open(options, patience, signal);
  if (stream === undefined) return;
  options.onPlaying();
  try {
    yield* messagesOf(stream, patience, signal);
  } finally {
    await stream.close().catch(() => {});
  }
  const { kind, error, description } = await stream.ended;
  const isInOrder = kind === "closed" || kind === "stopped" || kind === "complete";
  if (!isInOrder && !signal.aborted) throw error ?? new Error(description);
}

/** Counts the time without media at the start. */
class Patience {
  readonly #options: Pick<ReceiveOptions, "clock" | "waitMs">;
  readonly #startMs: number;
  hasMedia = false;

  constructor(options: Pick<ReceiveOptions, "clock" | "waitMs">) {
    this.#options = options;
    this.#startMs = options.clock.nowMs();
  }

  /** 0 when it has come to its end. */
  get leftMs(): number {
    return Math.max(0, this.#startMs + this.#options.waitMs - this.#options.clock.nowMs());
  }

  /** Rejects when it has come to its end without media. */
  async end(signal: AbortSignal): Promise<never> {
    const { waitMs, clock } = this.#options;
    while (this.leftMs > 0 && !signal.aborted) await clock.wait(Math.min(this.leftMs, LONGEST_WAIT_MS), signal);
    if (signal.aborted) return await new Promise<never>(() => {});
    throw new Error(`nothing came in ${waitMs / 1000} s: nobody publishes this. --wait waits longer`);
  }
}

async function open(
  options: ReceiveOptions,
  patience: Patience,
  signal: AbortSignal,
): Promise<IncomingStream | undefined> {
  let stream: IncomingStream | undefined;
  const onStatus = ({ code }: Status): void => {
    // Before any media it tells that nobody publishes yet.
    if (code === "NetStream.Play.UnpublishNotify" && patience.hasMedia) stream?.close().catch(() => {});
  };
  while (!signal.aborted) {
    try {
      stream = await options.open(onStatus);
      return stream;
    } catch (error) {
      if (signal.aborted) return undefined;
      const isUnknown = error instanceof StatusError && error.code === "NetStream.Play.StreamNotFound";
      if (!isUnknown || !options.waitsForStream || patience.leftMs === 0) throw error;
      await options.clock.wait(ASK_AGAIN_MS, signal);
    }
  }
  return undefined;
}

async function* messagesOf(
  stream: IncomingStream,
  patience: Patience,
  signal: AbortSignal,
): AsyncGenerator<MediaMessage> {
  const messages = stream[Symbol.asyncIterator]();
  const hasMedia = new AbortController();
  const impatience = patience.end(AbortSignal.any([signal, hasMedia.signal]));
  impatience.catch(() => {});
  try {
    for (;;) {
      const coming = messages.next();
      const next = await unlessAborted(patience.hasMedia ? coming : Promise.race([coming, impatience]), signal);
      if (next === undefined || next.done === true) return;
      if (next.value.kind !== "data" && !patience.hasMedia) {
        patience.hasMedia = true;
        hasMedia.abort();
      }
      yield next.value;
    }
  } catch (error) {
    // How it ended is told by the stream.
    if (!patience.hasMedia) throw error;
  } finally {
    hasMedia.abort();
  }
}
