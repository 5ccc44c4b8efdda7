import type { AmfValue } from "../formats/amf/amf-value.ts";
import type { MediaMessage } from "../formats/flv/media-message.ts";
import type { ClientDataEvent } from "../rtmp/session/client-events.ts";
import type { PlayOptions as PlayRequest } from "../rtmp/session/client-session.ts";
import { decodeStatus, type Status } from "../rtmp/session/status.ts";
import { clientError } from "./client-error.ts";
import { type CloseReason, closedError, endWithConnection, type StreamEnd } from "./close-reason.ts";
import { MessageReader, NO_MESSAGE } from "./message-reader.ts";
import { type PendingAnswer, pendingAnswer } from "./pending-answer.ts";
import { rejectOnAbort } from "./reject-on-abort.ts";
import { StatusError } from "./status-error.ts";
import { StreamCounter, type StreamStatistics } from "./stream-counter.ts";
import { isRefusal, type StreamPort, type StreamReceiver } from "./stream-port.ts";

/** Takes the values of a data message: `onCuePoint`, `onTextData`, and whatever a publisher sends by `sendData`. */
export type DataHandler = (...values: readonly AmfValue[]) => void;

export type PlayStreamOptions = PlayRequest & {
  /** Gives up when aborted, and then closes the stream. */
  readonly signal?: AbortSignal;
  /** How much of a recording the server may send ahead. @default 3000 */
  readonly bufferMs?: number;
  /** While more than this waits to be taken, nothing is read from the connection. @default 4 MiB */
  readonly maxWaitingBytes?: number;
  /**
   * Called at once with each status of the stream, ahead of the media that waits: `NetStream.Play.PublishNotify` and
   * `….UnpublishNotify` when a publisher comes and goes, `….Stop`, `….Complete`.
   */
  readonly onStatus?: (status: Status) => void;
  /** Called by name with the values of data messages as they arrive, which come as messages too. A throw ends the connection. */
  readonly handlers?: Readonly<Record<string, DataHandler>>;
};

/** How long to wait for an answer on a stream. */
export type StreamCallOptions = {
  /** @default `timeouts.answerMs` of the connection */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
};

/**
 * What the server sends under one name. Take it by `for await`, one message at a time, each with a payload of its own;
 * or by `onMessage`, without copies. What nobody takes waits, and in the end holds up the whole connection.
 */
export type PlayStream = AsyncIterable<MediaMessage> & {
  /** Never rejects. A publisher that leaves does not end the stream: another may come. */
  readonly ended: Promise<StreamEnd>;
  readonly statistics: StreamStatistics;
  /** Ends when the stream does, and throws where that was not in order. Leaving the loop closes the stream. */
  [Symbol.asyncIterator](): AsyncIterator<MediaMessage, undefined>;
  /**
   * Hands each message over as it arrives, and first what has been waiting; a payload is valid during the call, and a
   * throw ends the connection, or reaches the caller for what has been waiting. Instead of `for await`. Returns a function that undoes it.
   */
  onMessage(take: (message: MediaMessage) => void): () => void;
  /**
   * Asks the server to stop sending for a while, or to go on. A live stream goes on at its newest keyframe, a recording at
   * `positionMs`. @default the timestamp of the last message
   */
  pause(isPaused: boolean, positionMs?: number): void;
  /** Goes on with a recording from there; what waits from before is dropped. Rejects with a `StatusError` for a live stream. */
  seek(positionMs: number, options?: StreamCallOptions): Promise<void>;
  /** Has the server play another stream when this one is at its end. */
  append(name: string, options?: Pick<PlayRequest, "startMs" | "durationMs">): void;
  /** Whether the server is to send audio. */
  receiveAudio(isEnabled: boolean): void;
  /** Whether the server is to send video; when it does again, then from a keyframe on. */
  receiveVideo(isEnabled: boolean): void;
  /** Stops playing. What has arrived can still be taken. The connection stays. */
  close(): Promise<void>;
};

const DEFAULT_MAX_WAITING_BYTES = 4 * 1024 * 1024;

/** A play stream of one connection. */
export class NetPlayStream implements PlayStream {
  readonly ended: Promise<StreamEnd>;
  readonly #port: StreamPort;
  readonly #id: number;
  readonly #started: PendingAnswer<void>;
  readonly #options: PlayStreamOptions;
  readonly #handlers: ReadonlyMap<string, DataHandler>;
  readonly #reader: MessageReader;
  readonly #counter = new StreamCounter();
  readonly #resolveEnded: (end: StreamEnd) => void;
  readonly #receiver: StreamReceiver = {
    receiveStatus: (status) => this.#receiveStatus(status),
    receiveMedia: (message) => this.#receiveMedia(message),
    receiveData: (event) => this.#receiveData(event),
    disconnect: (reason) => this.#disconnect(reason),
  };
  #seeking: PendingAnswer<void> | undefined;
  /** Behind the one that plays. */
  #itemsLeft = 0;
  #end: StreamEnd | undefined;

  /** `attach` registers what the connection calls; `started` settles with the server's answer. */
  constructor(
    port: StreamPort,
    id: number,
    started: PendingAnswer<void>,
    options: PlayStreamOptions,
    attach: (receiver: StreamReceiver) => void,
  ) {
    const { promise, resolve } = Promise.withResolvers<StreamEnd>();
    const { maxWaitingBytes = DEFAULT_MAX_WAITING_BYTES, handlers = {} } = options;
    this.ended = promise;
    this.#resolveEnded = resolve;
    this.#port = port;
    this.#id = id;
    this.#started = started;
    this.#options = options;
    this.#handlers = new Map(Object.entries(handlers));
    this.#reader = new MessageReader(maxWaitingBytes, (isHeld) => port.holdReading(this.#receiver, isHeld));
    attach(this.#receiver);
  }

  get statistics(): StreamStatistics {
    return this.#counter.statistics(this.#reader.waitingBytes);
  }

  onMessage(take: (message: MediaMessage) => void): () => void {
    return this.#reader.onMessage(take);
  }

  [Symbol.asyncIterator](): AsyncIterator<MediaMessage, undefined> {
    return {
      next: () => this.#reader.next(),
      return: async () => {
        this.#finish({ kind: "closed", description: "closed by the application" });
        this.#reader.clear();
        return NO_MESSAGE;
      },
    };
  }

  pause(isPaused: boolean, positionMs: number = this.#counter.lastTimestamp): void {
    this.#port.session.pause(this.#id, isPaused, positionMs);
    this.#port.flush();
  }

  async seek(positionMs: number, options: StreamCallOptions = {}): Promise<void> {
    const { timeoutMs = this.#port.answerMs, signal } = options;
    signal?.throwIfAborted();
    if (!this.#port.session.seek(this.#id, positionMs)) throw this.#overError();
    this.#seeking?.reject(clientError("timeout.answer", "another seek came before the answer to this one"));
    const seeking = pendingAnswer<void>("the server did not answer seek", timeoutMs);
    this.#seeking = seeking;
    const stopListening = rejectOnAbort(signal, seeking.reject);
    this.#port.flush();
    try {
      await seeking.promise;
    } finally {
      stopListening();
      if (this.#seeking === seeking) this.#seeking = undefined;
    }
  }

  append(name: string, options: Pick<PlayRequest, "startMs" | "durationMs"> = {}): void {
    if (!this.#port.session.play(this.#id, name, { ...options, reset: false })) throw this.#overError();
    this.#itemsLeft++;
    this.#port.flush();
  }

  receiveAudio(isEnabled: boolean): void {
    this.#port.session.receiveAudio(this.#id, isEnabled);
    this.#port.flush();
  }

  receiveVideo(isEnabled: boolean): void {
    this.#port.session.receiveVideo(this.#id, isEnabled);
    this.#port.flush();
  }

  async close(): Promise<void> {
    this.#finish({ kind: "closed", description: "closed by the application" });
    await this.#port.sent();
  }

  #receiveMedia(message: MediaMessage): void {
    if (this.#end !== undefined) return;
    // Some servers send no Play.Start: docs/interop.md.
    this.#started.resolve();
    this.#counter.count(message.kind, message.timestamp, message.payload.length);
    this.#reader.push(message);
  }

  /** Some data is said to Flash Players, and belongs to no medium. */
  #receiveData({ name, values, message }: ClientDataEvent): void {
    if (this.#end !== undefined) return;
    this.#handlers.get(name)?.(...values);
    if (name === "|RtmpSampleAccess") return;
    if (name !== "onStatus" && name !== "onPlayStatus") return this.#receiveMedia(message);
    const status = decodeStatus(values[0]);
    if (status !== undefined) this.#receiveStatus(status);
  }

  #receiveStatus(status: Status): void {
    const { code } = status;
    if (isAboutSeek(code)) {
      this.#seeking?.reject(new StatusError("seek", status));
    } else if (isRefusal(status)) {
      const error = new StatusError("play", status);
      this.#started.reject(error);
      this.#finish({ kind: "refused", description: error.message, status, error });
    } else {
      this.#advance(status);
    }
    this.#options.onStatus?.(status);
  }

  #advance(status: Status): void {
    switch (status.code) {
      case "NetStream.Play.Start":
      case "NetStream.Play.PublishNotify":
        this.#started.resolve();
        return;
      case "NetStream.Seek.Notify":
        if (this.#seeking === undefined) return;
        this.#reader.clear();
        this.#seeking.resolve();
        return;
      case "NetStream.Play.Switch":
        if (this.#itemsLeft > 0) this.#itemsLeft--;
        return;
      case "NetStream.Play.Stop":
        // Of one item; what is at the end of all is Play.Complete.
        if (this.#itemsLeft === 0)
          this.#finish({ kind: "stopped", description: "the server stopped the stream", status });
        return;
      case "NetStream.Play.Complete":
        this.#finish({ kind: "complete", description: "the recording is at its end", status });
    }
  }

  #disconnect(reason: CloseReason): void {
    this.#started.reject(closedError(reason));
    this.#finish(endWithConnection(reason));
  }

  #finish(end: StreamEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#started.resolve();
    this.#seeking?.reject(this.#overError());
    this.#port.deleteStream(this.#id);
    this.#reader.end(end.error);
    this.#resolveEnded(end);
  }

  #overError(): Error {
    const { error, description = "nothing is played" } = this.#end ?? {};
    return error ?? clientError("connection.closed", `the stream is over: ${description}`);
  }
}

/** A seek that fails leaves the stream as it was. */
function isAboutSeek(code: string): boolean {
  return code === "NetStream.Seek.Failed" || code === "NetStream.Seek.InvalidTime";
}
