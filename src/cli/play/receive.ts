import type { PlayStreamOptions } from "../../client/play-stream.ts";
import { StatusError } from "../../client/status-error.ts";
import type { MediaMessage } from "../../formats/flv/media-message.ts";
import { Backoff } from "../backoff.ts";
import type { ClientConnection, IncomingStream } from "../client-connection.ts";
import { describeError, errorDetails } from "../describe-error.ts";
import { unlessAborted } from "../interruptible.ts";
import type { Clock } from "../publish-loop.ts";
import type { Reporter } from "../reporter.ts";

export type ReceiveOptions = {
  /** Rejects when the server cannot be reached, or refuses. */
  connect(): Promise<ClientConnection>;
  readonly key: string;
  readonly play: PlayStreamOptions;
  readonly reconnect: boolean;
  /** How long nothing may come at the start. */
  readonly waitMs: number;
  /** Ask again when the server says that there is no such stream. */
  readonly waitsForStream: boolean;
  readonly clock: Clock;
  readonly reporter: Reporter;
  /** The first connection stands, and the server has agreed to send. */
  onPlaying(connection: ClientConnection): void;
  /** What comes now is of another connection. */
  onRestart(): void;
};

/** How long before a server is asked again for a stream that it does not know. */
const ASK_AGAIN_MS = 1000;

/**
 * The messages of a broadcast, until its publisher ends it, the server does, or `signal` aborts. Rejects when nobody
 * publishes in time, or when the server is lost for good.
 */
export async function* receive(options: ReceiveOptions, signal: AbortSignal): AsyncGenerator<MediaMessage> {
  const patience = new Patience(options);
  for (let connections = 1; !signal.aborted; connections++) {
    const link = await open(options, patience, connections > 1, signal);
    if (link === undefined) return;
    if (connections === 1) options.onPlaying(link.connection);
    else options.onRestart();
    try {
      yield* messagesOf(link, patience, signal);
    } finally {
      await close(link);
    }
    const end = signal.aborted ? undefined : await link.stream.ended;
    if (end === undefined || end.kind === "closed" || end.kind === "stopped" || end.kind === "complete") return;
    const error = end.error ?? new Error(end.description);
    if (!options.reconnect || error instanceof StatusError) throw error;
    options.reporter.warn(`${end.description}. Connecting again`);
  }
}

type Link = { readonly connection: ClientConnection; readonly stream: IncomingStream };

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
    while (this.leftMs > 0 && !this.hasMedia && !signal.aborted)
      await clock.wait(Math.min(this.leftMs, LONGEST_WAIT_MS), signal);
    if (this.hasMedia || signal.aborted) return await new Promise<never>(() => {});
    throw new Error(`nothing came in ${waitMs / 1000} s: nobody publishes this. --wait waits for a publisher`);
  }
}

/** Node takes a longer time for 1 ms. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

async function open(
  options: ReceiveOptions,
  patience: Patience,
  isAgain: boolean,
  signal: AbortSignal,
): Promise<Link | undefined> {
  const { clock, reporter, reconnect, waitsForStream } = options;
  const backoff = new Backoff();
  for (;;) {
    if (isAgain) await clock.wait(backoff.next(), signal);
    if (signal.aborted) return undefined;
    try {
      return await unlessAborted(openOnce(options, patience), signal);
    } catch (error) {
      if (signal.aborted) return undefined;
      const isUnknownStream = error instanceof StatusError && error.code === "NetStream.Play.StreamNotFound";
      if (isUnknownStream && waitsForStream && patience.leftMs > 0) {
        await clock.wait(ASK_AGAIN_MS, signal);
        continue;
      }
      if (!isAgain || !reconnect) throw error;
      reporter.warn(describeError(error), errorDetails(error));
    }
  }
}

async function openOnce({ connect, key, play }: ReceiveOptions, patience: Patience): Promise<Link> {
  const connection = await connect();
  try {
    const stream: IncomingStream = await connection.play(key, {
      ...play,
      onStatus({ code }) {
        // Before any media it tells that nobody publishes yet.
        if (code === "NetStream.Play.UnpublishNotify" && patience.hasMedia) void stream.close();
      },
    });
    return { connection, stream };
  } catch (error) {
    void connection.close();
    throw error;
  }
}

async function* messagesOf({ stream }: Link, patience: Patience, signal: AbortSignal): AsyncGenerator<MediaMessage> {
  const messages = stream[Symbol.asyncIterator]();
  const over = new AbortController();
  const impatience = patience.end(AbortSignal.any([signal, over.signal]));
  impatience.catch(() => {});
  try {
    for (;;) {
      const next = await unlessAborted(
        patience.hasMedia ? messages.next() : Promise.race([messages.next(), impatience]),
        signal,
      );
      if (next === undefined || next.done === true) return;
      if (next.value.kind !== "data") patience.hasMedia = true;
      yield next.value;
    }
  } catch (error) {
    // How it ended is told by the stream.
    if (patience.hasMedia) return;
    throw error;
  } finally {
    over.abort();
  }
}

async function close({ connection, stream }: Link): Promise<void> {
  await stream.close().catch(() => {});
  await connection.close();
}
