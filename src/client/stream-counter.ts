import type { MediaMessage } from "../formats/flv/media-message.ts";

/** What a stream has carried so far. */
export type StreamStatistics = {
  /** Audio, video and data messages, sent or received. */
  readonly messages: number;
  /** Bytes of their payloads. */
  readonly audioBytes: number;
  readonly videoBytes: number;
  readonly dataBytes: number;
  /** Of the last audio or video message, in milliseconds. */
  readonly lastTimestamp: number;
  /** Bytes that wait: to be taken from a play stream, or to be sent on the connection of a published one. */
  readonly waitingBytes: number;
  /** How far the server is behind what was published, by its acknowledgements; undefined until its first, and for play streams. */
  readonly lagMs: number | undefined;
  /** Messages that were not sent because the connection was lost; 0 for play streams. */
  readonly droppedMessages: number;
  /** How often the stream went on over another connection. */
  readonly reconnects: number;
};

/** Counts what a stream carries. */
export class StreamCounter {
  droppedMessages = 0;
  reconnects = 0;
  #messages = 0;
  #lastTimestamp = 0;
  readonly #bytes: Record<MediaMessage["kind"], number> = { audio: 0, video: 0, data: 0 };

  get messages(): number {
    return this.#messages;
  }

  get lastTimestamp(): number {
    return this.#lastTimestamp;
  }

  count(kind: MediaMessage["kind"], timestamp: number, byteLength: number): void {
    this.#messages++;
    this.#bytes[kind] += byteLength;
    if (kind !== "data") this.#lastTimestamp = timestamp;
  }

  statistics(waitingBytes: number, lagMs?: number): StreamStatistics {
    const { audio: audioBytes, video: videoBytes, data: dataBytes } = this.#bytes;
    const { messages, lastTimestamp, droppedMessages, reconnects } = this;
    return {
      messages,
      audioBytes,
      videoBytes,
      dataBytes,
      lastTimestamp,
      waitingBytes,
      lagMs,
      droppedMessages,
      reconnects,
    };
  }
}
