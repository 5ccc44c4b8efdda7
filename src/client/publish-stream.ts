import { concatBytes } from "../bytes/concat.ts";
import { AmfEcmaArray, type AmfEncodable, type AmfValue } from "../formats/amf/amf-value.ts";
import type { MediaMessage } from "../formats/flv/media-message.ts";
import { normalizeDataMessage } from "../formats/flv/script-data.ts";
import { encodeData } from "../rtmp/message/data.ts";
import { MessageType } from "../rtmp/message/message.ts";
import type { PublishType } from "../rtmp/session/server-events.ts";
import { createStatus, type Status } from "../rtmp/session/status.ts";
import { clientError } from "./client-error.ts";
import { type CloseReason, closedError, endWithConnection, type StreamEnd } from "./close-reason.ts";
import type { PendingAnswer } from "./pending-answer.ts";
import { StatusError } from "./status-error.ts";
import { StreamCounter, type StreamStatistics } from "./stream-counter.ts";
import { isRefusal, type StreamPort, type StreamReceiver } from "./stream-port.ts";

export type PublishStreamOptions = {
  /** Whether the server records: from the start, or behind what there is. @default "live" */
  readonly type?: PublishType;
  /** Gives up when aborted, and then closes the stream. */
  readonly signal?: AbortSignal;
  /** Called with each status of the stream, `NetStream.Publish.Start` first. */
  readonly onStatus?: (status: Status) => void;
};

/** What `write` takes; a message of a play stream or of an FLV file fits. */
export type OutgoingMedia = Pick<MediaMessage, "kind" | "timestamp" | "payload">;

/** What this side sends under one name. */
export type PublishStream = {
  /** Never rejects. */
  readonly ended: Promise<StreamEnd>;
  readonly statistics: StreamStatistics;
  /** Nothing more can be sent. */
  readonly isOver: boolean;
  /**
   * Sends a message; its payload, an FLV tag body, may be used again at once. Timestamps go out modulo 2^32. False when
   * `ready` should be awaited before the next one; also when the stream is over, and then the message is dropped. Throws
   * `publish.queue` when too much waits. Data that is named onMetaData goes out as `setMetadata` sends it.
   */
  write(message: OutgoingMedia): boolean;
  /** Sends the body of a data message as it is. @default timestamp: the last one */
  writeData(payload: Uint8Array, timestamp?: number): boolean;
  /** Tells the server what the stream is: width, height, codecs, …. It keeps that for later players. */
  setMetadata(values: Readonly<Record<string, AmfEncodable>>): boolean;
  /** Sends values to all players, in time with the media: cue points, captions, anything. */
  sendData(name: string, ...values: readonly AmfEncodable[]): boolean;
  /** Resolves when `write` may go on, rejects when the stream is over. */
  ready(): Promise<void>;
  /** Ends the stream, and resolves when all of it has been sent. The connection stays. */
  close(): Promise<void>;
};

/** A published stream of one connection. */
export class NetPublishStream implements PublishStream {
  readonly ended: Promise<StreamEnd>;
  readonly #port: StreamPort;
  readonly #id: number;
  readonly #started: PendingAnswer<void>;
  readonly #onStatus: ((status: Status) => void) | undefined;
  readonly #counter = new StreamCounter();
  readonly #resolveEnded: (end: StreamEnd) => void;
  readonly #receiver: StreamReceiver = {
    receiveStatus: (status) => this.#receiveStatus(status),
    receiveMedia() {},
    receiveData() {},
    disconnect: (reason) => this.#disconnect(reason),
  };
  #end: StreamEnd | undefined;
  #isStarted = false;

  /** `attach` registers what the connection calls; `started` settles with the server's answer. */
  constructor(
    port: StreamPort,
    id: number,
    started: PendingAnswer<void>,
    options: PublishStreamOptions,
    attach: (receiver: StreamReceiver) => void,
  ) {
    const { promise, resolve } = Promise.withResolvers<StreamEnd>();
    this.ended = promise;
    this.#resolveEnded = resolve;
    this.#port = port;
    this.#id = id;
    this.#started = started;
    this.#onStatus = options.onStatus;
    attach(this.#receiver);
  }

  write({ kind, timestamp, payload }: OutgoingMedia): boolean {
    return this.#send(kind, timestamp, kind === "data" ? asMetadata(payload) : payload);
  }

  writeData(payload: Uint8Array, timestamp: number = this.#counter.lastTimestamp): boolean {
    return this.#send("data", timestamp, payload);
  }

  setMetadata(values: Readonly<Record<string, AmfEncodable>>): boolean {
    // FFmpeg reads an ECMA array early (docs/interop.md). What stands in it is encoded as anything else.
    const metadata = new AmfEcmaArray(Object.entries(values) as [string, AmfValue][]);
    return this.sendData("@setDataFrame", "onMetaData", metadata);
  }

  sendData(name: string, ...values: readonly AmfEncodable[]): boolean {
    const { payload } = encodeData(this.#id, 0, name, ...values);
    return this.writeData(payload);
  }

  get isOver(): boolean {
    return this.#end !== undefined;
  }

  get statistics(): StreamStatistics {
    return this.#counter.statistics(this.#port.queuedBytes, this.#port.lagMs);
  }

  async ready(): Promise<void> {
    if (this.#end === undefined) await this.#port.drained(this.#port.highWaterBytes);
    if (this.#end !== undefined)
      throw this.#end.error ?? clientError("connection.closed", `the stream is over: ${this.#end.description}`);
  }

  async close(): Promise<void> {
    this.#finish({ kind: "closed", description: "closed by the application" });
    await this.#port.sent();
  }

  #send(kind: MediaMessage["kind"], timestamp: number, payload: Uint8Array): boolean {
    const port = this.#port;
    if (this.#end !== undefined) return false;
    port.sendMedia({ type: MESSAGE_TYPES[kind], timestamp: timestamp >>> 0, streamId: this.#id, payload });
    this.#counter.count(kind, timestamp, payload.length);
    return port.queuedBytes <= port.highWaterBytes;
  }

  #receiveStatus(status: Status): void {
    if (status.code === "NetStream.Publish.Start") {
      this.#isStarted = true;
      this.#started.resolve();
    } else if (isRefusal(status)) {
      const error = new StatusError("publish", status);
      this.#started.reject(error);
      this.#finish({ kind: "refused", description: error.message, status, error });
    }
    this.#onStatus?.(status);
  }

  #disconnect(reason: CloseReason): void {
    this.#started.reject(reason.kind === "server" && !this.#isStarted ? silentRefusal(reason) : closedError(reason));
    this.#finish(endWithConnection(reason));
  }

  #finish(end: StreamEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#port.deleteStream(this.#id);
    this.#resolveEnded(end);
  }
}

/** YouTube, Facebook and Twitch close without a word when the key is wrong: docs/interop.md. */
function silentRefusal(reason: CloseReason): StatusError {
  const description = `${reason.description} instead of answering: the stream key may be wrong.`;
  return new StatusError("publish", { ...createStatus("NetStream.Publish.Rejected", description), info: undefined });
}

/** Adobe's server keeps metadata for later players only if it is told to set it. */
export function asMetadata(payload: Uint8Array): Uint8Array {
  const data = normalizeDataMessage(payload, false);
  if (data.kind !== "plain" || data.name !== "onMetaData") return payload;
  return concatBytes([SET_DATA_FRAME, payload]);
}

const MESSAGE_TYPES = { audio: MessageType.Audio, video: MessageType.Video, data: MessageType.Data } as const;

const SET_DATA_FRAME: Uint8Array = encodeData(0, 0, "@setDataFrame").payload;
