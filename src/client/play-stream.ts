import type { MediaMessage } from "../formats/flv/media-message.ts";
import type { ClientDataEvent } from "../rtmp/session/client-events.ts";
import type { PlayOptions as PlayRequest } from "../rtmp/session/client-session.ts";
import { decodeStatus, type Status } from "../rtmp/session/status.ts";
import { type CloseReason, closedError, endWithConnection, type StreamEnd } from "./close-reason.ts";
import { copyOf, MessageQueue } from "./message-queue.ts";
import type { PendingAnswer } from "./pending-answer.ts";
import { StatusError } from "./status-error.ts";
import { isRefusal, type StreamPort, type StreamReceiver } from "./stream-port.ts";

export type PlayStreamOptions = PlayRequest & {
  /** How much of a recording the server may send ahead. @default 3000 */
  readonly bufferMs?: number;
  /** While more than this waits to be taken, nothing is read from the connection. @default 4 MiB */
  readonly maxWaitingBytes?: number;
  /**
   * Called at once with each status of the stream, ahead of the media that waits: `NetStream.Play.PublishNotify` and
   * `….UnpublishNotify` when a publisher comes and goes, `….Stop`, `….Complete`.
   */
  readonly onStatus?: (status: Status) => void;
};

const DEFAULT_MAX_WAITING_BYTES = 4 * 1024 * 1024;

type Next = IteratorResult<MediaMessage, undefined>;
const DONE: Next = { done: true, value: undefined };

/**
 * What the server sends under one name. Take it by `for await`, one message at a time, each with a payload of its own;
 * or by `onMessage`, without copies. What nobody takes waits, and in the end holds up the whole connection.
 */
export class PlayStream implements AsyncIterable<MediaMessage> {
  /** Never rejects. A publisher that leaves does not end the stream: another may come. */
  readonly ended: Promise<StreamEnd>;
  readonly #port: StreamPort;
  readonly #id: number;
  readonly #started: PendingAnswer<void>;
  readonly #options: PlayStreamOptions;
  readonly #queue = new MessageQueue();
  readonly #resolveEnded: (end: StreamEnd) => void;
  readonly #receiver: StreamReceiver = {
    receiveStatus: (status) => this.#receiveStatus(status),
    receiveMedia: (message) => this.#receiveMedia(message),
    receiveData: (event) => this.#receiveData(event),
    disconnect: (reason) => this.#disconnect(reason),
  };
  #onMessage: ((message: MediaMessage) => void) | undefined;
  /** The reader that waits for the next message. */
  #reader: PromiseWithResolvers<Next> | undefined;
  #end: StreamEnd | undefined;
  #isHolding = false;
  #lastTimestamp = 0;

  /** `attach` registers what the connection calls; `started` settles with the server's answer. */
  constructor(
    port: StreamPort,
    id: number,
    started: PendingAnswer<void>,
    options: PlayStreamOptions,
    attach: (receiver: StreamReceiver) => void,
  ) {
    const { promise, resolve } = Promise.withResolvers<StreamEnd>();
    this.ended = promise;
    this.#resolveEnded = resolve;
    this.#port = port;
    this.#id = id;
    this.#started = started;
    this.#options = options;
    attach(this.#receiver);
  }

  /**
   * Hands each message over as it arrives, and first what has been waiting; a payload is valid during the call, and a
   * throw ends the connection, or reaches the caller for what has been waiting. Instead of `for await`. Returns a function that undoes it.
   */
  onMessage(take: (message: MediaMessage) => void): () => void {
    this.#checkUnread();
    this.#onMessage = take;
    try {
      for (let message = this.#queue.shift(); message !== undefined; message = this.#queue.shift()) take(message);
    } catch (error) {
      this.#onMessage = undefined;
      throw error;
    } finally {
      if (this.#queue.heldBytes <= this.#maxWaitingBytes / 2) this.#hold(false);
    }
    return () => {
      if (this.#onMessage === take) this.#onMessage = undefined;
    };
  }

  /** Ends when the stream does, and throws where that was not in order. Leaving the loop closes the stream. */
  [Symbol.asyncIterator](): AsyncIterator<MediaMessage, undefined> {
    return {
      next: () => this.#next(),
      return: async () => {
        this.#finish({ kind: "closed", description: "closed by the application" });
        this.#queue.clear();
        return DONE;
      },
    };
  }

  /** Asks the server to stop sending for a while. A live stream goes on at its newest keyframe. */
  pause(isPaused: boolean): void {
    this.#port.session.pause(this.#id, isPaused, this.#lastTimestamp);
    this.#port.flush();
  }

  /** Whether the server is to send audio. */
  receiveAudio(isEnabled: boolean): void {
    this.#port.session.receiveAudio(this.#id, isEnabled);
    this.#port.flush();
  }

  /** Whether the server is to send video; when it does again, then from a keyframe on. */
  receiveVideo(isEnabled: boolean): void {
    this.#port.session.receiveVideo(this.#id, isEnabled);
    this.#port.flush();
  }

  /** Stops playing. What has arrived can still be taken. The connection stays. */
  async close(): Promise<void> {
    this.#finish({ kind: "closed", description: "closed by the application" });
    await this.#port.sent();
  }

  #next(): Promise<Next> {
    this.#checkUnread();
    const message = this.#queue.shift();
    if (this.#queue.heldBytes <= this.#maxWaitingBytes / 2) this.#hold(false);
    if (message !== undefined) return Promise.resolve({ done: false, value: message });
    if (this.#end?.error !== undefined) return Promise.reject(this.#end.error);
    if (this.#end !== undefined) return Promise.resolve(DONE);
    this.#reader = Promise.withResolvers<Next>();
    return this.#reader.promise;
  }

  get #maxWaitingBytes(): number {
    return this.#options.maxWaitingBytes ?? DEFAULT_MAX_WAITING_BYTES;
  }

  #checkUnread(): void {
    if (this.#reader === undefined && this.#onMessage === undefined) return;
    throw new Error("the play stream has a reader already: use one for await, or one onMessage");
  }

  #receiveMedia(message: MediaMessage): void {
    if (this.#end !== undefined) return;
    // Some servers send no Play.Start: docs/interop.md.
    this.#started.resolve();
    this.#lastTimestamp = message.timestamp;
    if (this.#onMessage !== undefined) return this.#onMessage(message);
    const reader = this.#reader;
    if (reader !== undefined) {
      this.#reader = undefined;
      return reader.resolve({ done: false, value: copyOf(message) });
    }
    this.#queue.push(message);
    if (this.#queue.heldBytes > this.#maxWaitingBytes) this.#hold(true);
  }

  /** Some data is said to Flash Players, and belongs to no medium. */
  #receiveData({ name, values, message }: ClientDataEvent): void {
    if (name === "|RtmpSampleAccess") return;
    if (name !== "onStatus" && name !== "onPlayStatus") return this.#receiveMedia(message);
    const status = decodeStatus(values[0]);
    if (status !== undefined) this.#receiveStatus(status);
  }

  #receiveStatus(status: Status): void {
    const { code } = status;
    if (isRefusal(status) && !isAboutSeek(code)) {
      const error = new StatusError("play", status);
      this.#started.reject(error);
      this.#finish({ kind: "refused", description: error.message, status, error });
    } else if (code === "NetStream.Play.Start" || code === "NetStream.Play.PublishNotify") {
      this.#started.resolve();
    } else if (code === "NetStream.Play.Stop") {
      this.#finish({ kind: "stopped", description: "the server stopped the stream", status });
    } else if (code === "NetStream.Play.Complete") {
      this.#finish({ kind: "complete", description: "the recording is at its end", status });
    }
    this.#options.onStatus?.(status);
  }

  #disconnect(reason: CloseReason): void {
    this.#started.reject(closedError(reason));
    this.#finish(endWithConnection(reason));
  }

  #finish(end: StreamEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#started.resolve();
    this.#port.deleteStream(this.#id);
    this.#hold(false);
    const reader = this.#reader;
    this.#reader = undefined;
    if (end.error === undefined) reader?.resolve(DONE);
    else reader?.reject(end.error);
    this.#resolveEnded(end);
  }

  #hold(isHeld: boolean): void {
    if (this.#isHolding === isHeld) return;
    this.#isHolding = isHeld;
    this.#port.holdReading(this.#receiver, isHeld);
  }
}

/** A seek that fails leaves the stream as it was. */
function isAboutSeek(code: string): boolean {
  return code === "NetStream.Seek.Failed" || code === "NetStream.Seek.InvalidTime";
}
