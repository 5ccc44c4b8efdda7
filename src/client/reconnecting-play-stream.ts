import type { MediaMessage } from "../formats/flv/media-message.ts";
import type { PlayOptions as PlayRequest } from "../rtmp/session/client-session.ts";
import { clientError } from "./client-error.ts";
import type { StreamEnd } from "./close-reason.ts";
import { ContinuousTime } from "./continuous-time.ts";
import { type NextMessage, NO_MESSAGE } from "./message-reader.ts";
import type { PlayStream, PlayStreamOptions, StreamCallOptions } from "./play-stream.ts";
import { StreamCounter, type StreamStatistics } from "./stream-counter.ts";
import { type OpenedStream, type Place, StreamKeeper, type StreamKeeperNeeds } from "./stream-keeper.ts";

export type ReconnectingPlayNeeds = Omit<StreamKeeperNeeds<PlayStream>, "open" | "attach" | "detach"> & {
  open(place: Place | undefined, options: PlayStreamOptions, signal: AbortSignal): Promise<OpenedStream<PlayStream>>;
};

type Unread = { readonly stream: PlayStream; readonly iterator: AsyncIterator<MediaMessage, undefined> };

/** How far the last connection has come with a recording. */
type Progress = {
  readonly stream: PlayStream;
  readonly askedMs: number;
  /** The first timestamp that was taken. */
  firstMs: number | undefined;
};

/** Some servers begin at 0 wherever a recording is asked for, and others at the keyframe before. */
const BEGINS_AT_ZERO_MS = 1000;

/** A play stream over as many connections as it takes. What waits of a lost one is taken first. */
export class ReconnectingPlayStream implements PlayStream {
  readonly ended: Promise<StreamEnd>;
  readonly #keeper: StreamKeeper<PlayStream>;
  readonly #needs: ReconnectingPlayNeeds;
  readonly #options: PlayStreamOptions;
  readonly #resolveEnded: (end: StreamEnd) => void;
  readonly #counter = new StreamCounter();
  readonly #time = new ContinuousTime();
  /** The oldest first; all but the last are over, with messages that wait. */
  readonly #unread: Unread[] = [];
  /** The last, while it stands. */
  #current: PlayStream | undefined;
  #onMessage: ((message: MediaMessage) => void) | undefined;
  /** Of `onMessage`, for each stream that it listens to. */
  readonly #stops: (() => void)[] = [];
  #progress: Progress | undefined;
  #askedMs = 0;
  /** Whose time `#time` goes by. */
  #timed: PlayStream | undefined;
  /** Settles when there is another stream to read, or none will come. */
  #change = Promise.withResolvers<void>();
  #isReading = false;
  #wantsPause = false;
  #wantsAudio = true;
  #wantsVideo = true;
  #end: StreamEnd | undefined;

  constructor(needs: ReconnectingPlayNeeds, options: PlayStreamOptions) {
    const { promise, resolve } = Promise.withResolvers<StreamEnd>();
    this.ended = promise;
    this.#resolveEnded = resolve;
    this.#needs = needs;
    this.#options = options;
    this.#keeper = new StreamKeeper({
      ...needs,
      open: (place, signal) => needs.open(place, this.#nextOptions(), signal),
      attach: (stream) => this.#attach(stream),
      detach: () => {
        this.#current = undefined;
      },
    });
  }

  /** Resolves when the stream stands for the first time. */
  async start(): Promise<PlayStream> {
    await this.#keeper.start();
    void this.#keeper.run().then((end) => this.#finish(end));
    return this;
  }

  get statistics(): StreamStatistics {
    return this.#counter.statistics(this.#unread.reduce((sum, { stream }) => sum + stream.statistics.waitingBytes, 0));
  }

  onMessage(take: (message: MediaMessage) => void): () => void {
    if (this.#isReading || this.#onMessage !== undefined) throw readError();
    this.#onMessage = take;
    try {
      for (const { stream } of this.#unread) this.#listen(stream);
    } catch (error) {
      this.#stopListening();
      throw error;
    }
    return () => {
      if (this.#onMessage === take) this.#stopListening();
    };
  }

  [Symbol.asyncIterator](): AsyncIterator<MediaMessage, undefined> {
    return {
      next: () => this.#next(),
      return: async () => {
        // What hinders the close shows in the end of the connection.
        this.close().catch(() => {});
        this.#unread.length = 0;
        return NO_MESSAGE;
      },
    };
  }

  pause(isPaused: boolean, positionMs?: number): void {
    this.#wantsPause = isPaused;
    this.#current?.pause(isPaused, positionMs);
  }

  async seek(positionMs: number, options?: StreamCallOptions): Promise<void> {
    await this.#standing().seek(positionMs, options);
  }

  append(name: string, options?: Pick<PlayRequest, "startMs" | "durationMs">): void {
    this.#standing().append(name, options);
  }

  receiveAudio(isEnabled: boolean): void {
    this.#wantsAudio = isEnabled;
    this.#current?.receiveAudio(isEnabled);
  }

  receiveVideo(isEnabled: boolean): void {
    this.#wantsVideo = isEnabled;
    this.#current?.receiveVideo(isEnabled);
  }

  async close(): Promise<void> {
    const current = this.#current;
    this.#keeper.close();
    await current?.close();
    await this.ended;
  }

  /** A recording goes on where it was: behind what still waits to be taken. */
  #nextOptions(): PlayStreamOptions {
    const { startMs = -2000, durationMs = -1 } = this.#options;
    this.#askedMs = Math.max(startMs, this.#positionMs());
    const playedMs = this.#askedMs - startMs;
    if (startMs < 0 || playedMs <= 0) return this.#options;
    const leftMs = durationMs < 0 ? durationMs : Math.max(0, durationMs - playedMs);
    return { ...this.#options, startMs: this.#askedMs, durationMs: leftMs };
  }

  /** Within the recording, without the pauses that `#time` counts. */
  #positionMs(): number {
    if (this.#progress === undefined) return 0;
    const { stream, askedMs, firstMs } = this.#progress;
    const { messages, lastTimestamp } = stream.statistics;
    if (messages === 0) return askedMs;
    const beginsAtZero = (firstMs ?? lastTimestamp) < Math.min(BEGINS_AT_ZERO_MS, askedMs / 2);
    return beginsAtZero ? askedMs + lastTimestamp : Math.max(askedMs, lastTimestamp);
  }

  #attach(stream: PlayStream): void {
    const before = this.#current;
    if (this.#unread.length > 0 || this.#counter.messages > 0) this.#counter.reconnects++;
    this.#current = stream;
    this.#progress = { stream, askedMs: this.#askedMs, firstMs: undefined };
    this.#unread.push({ stream, iterator: stream[Symbol.asyncIterator]() });
    // A stream that moves: what has come over the old connection can still be taken.
    before?.close().catch(() => {});
    if (!this.#wantsAudio) stream.receiveAudio(false);
    if (!this.#wantsVideo) stream.receiveVideo(false);
    if (this.#wantsPause) stream.pause(true);
    if (this.#onMessage !== undefined) {
      // All of those before has been taken.
      this.#unread.splice(0, this.#unread.length - 1);
      this.#listen(stream);
    }
    this.#changed();
  }

  #listen(stream: PlayStream): void {
    this.#stops.push(stream.onMessage((message) => this.#onMessage?.(this.#take(message, stream))));
  }

  #stopListening(): void {
    for (const stop of this.#stops.splice(0)) stop();
    this.#onMessage = undefined;
  }

  async #next(): Promise<NextMessage> {
    if (this.#isReading || this.#onMessage !== undefined) throw readError();
    this.#isReading = true;
    try {
      return await this.#nextOfAny();
    } finally {
      this.#isReading = false;
    }
  }

  async #nextOfAny(): Promise<NextMessage> {
    for (;;) {
      const [unread] = this.#unread;
      if (unread === undefined) {
        if (this.#end?.error !== undefined) throw this.#end.error;
        if (this.#end !== undefined) return NO_MESSAGE;
        await this.#change.promise;
        continue;
      }
      // Its end, in order or not, is the keeper's affair.
      const next = await unread.iterator.next().catch(() => NO_MESSAGE);
      if (next.done !== true) return { done: false, value: this.#take(next.value, unread.stream) };
      if (this.#unread[0] === unread) this.#unread.shift();
    }
  }

  #take(message: MediaMessage, stream: PlayStream): MediaMessage {
    if (stream !== this.#timed) this.#time.restart();
    this.#timed = stream;
    if (stream === this.#progress?.stream && message.kind !== "data" && !message.isConfig) {
      this.#progress.firstMs ??= message.timestamp;
    }
    this.#counter.count(message.kind, message.timestamp, message.payload.length);
    return this.#time.join(message, this.#needs.clock.nowMs());
  }

  #standing(): PlayStream {
    if (this.#current !== undefined) return this.#current;
    throw this.#end?.error ?? clientError("connection.closed", "the stream has no connection now");
  }

  #changed(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers<void>();
  }

  #finish(end: StreamEnd): void {
    this.#end = end;
    this.#current = undefined;
    this.#resolveEnded(end);
    this.#changed();
  }
}

function readError(): Error {
  return new Error("the play stream has a reader already: use one for await, or one onMessage");
}
