import { clockMs, FLUSH_HEADER_BYTES, LENGTH_AT, messagesOf, sentAtMsOf } from "./link-load.ts";

/** As large as a segment of a broadcast's log. */
const SEGMENT_BYTES = 1024 * 1024;

/** What came to one worker. */
export type SinkFigures = {
  /** From the moment that a flush was given to be carried until all of it was there. */
  readonly delaysMs: readonly number[];
  readonly messages: number;
  readonly bytes: number;
  /** Flushes that were overwritten before they were read. */
  readonly lostFlushes: number;
};

/** Where flushes end, by whatever way: copied into the worker's own memory, as a broadcast's log would take them. */
export class FlushSink {
  readonly #segment = new Uint8Array(SEGMENT_BYTES);
  #delaysMs: number[] = [];
  #used = 0;
  #messages = 0;
  #bytes = 0;
  #lostFlushes = 0;

  /** Copies a part of a flush, or all of it. */
  store(bytes: Uint8Array): void {
    if (this.#used + bytes.length > SEGMENT_BYTES) this.#used = 0;
    this.#segment.set(bytes, this.#used);
    this.#used += bytes.length;
    this.#bytes += bytes.length;
  }

  /** All of a flush was stored. */
  flushEnded(sentAtMs: number, messages: number): void {
    this.#delaysMs.push(clockMs() - sentAtMs);
    this.#messages += messages;
  }

  lost(): void {
    this.#lostFlushes++;
  }

  /** What has come since the last call. */
  take(): SinkFigures {
    const figures = {
      delaysMs: this.#delaysMs,
      messages: this.#messages,
      bytes: this.#bytes,
      lostFlushes: this.#lostFlushes,
    };
    this.#delaysMs = [];
    this.#messages = 0;
    this.#bytes = 0;
    this.#lostFlushes = 0;
    return figures;
  }
}

/** Finds the flushes in the bytes of one connection. */
export class FlushReader {
  readonly #sink: FlushSink;
  readonly #header = new Uint8Array(FLUSH_HEADER_BYTES);
  readonly #view = new DataView(this.#header.buffer);
  #headerBytes = 0;
  #bytesLeft = 0;

  constructor(sink: FlushSink) {
    this.#sink = sink;
  }

  read(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#headerBytes < FLUSH_HEADER_BYTES) at += this.#readHeader(bytes, at);
      else at += this.#readBody(bytes, at);
    }
  }

  #readHeader(bytes: Uint8Array, at: number): number {
    const part = bytes.subarray(at, at + FLUSH_HEADER_BYTES - this.#headerBytes);
    this.#header.set(part, this.#headerBytes);
    this.#sink.store(part);
    this.#headerBytes += part.length;
    if (this.#headerBytes === FLUSH_HEADER_BYTES)
      this.#bytesLeft = this.#view.getUint32(LENGTH_AT) - FLUSH_HEADER_BYTES;
    return part.length;
  }

  #readBody(bytes: Uint8Array, at: number): number {
    const part = bytes.subarray(at, at + this.#bytesLeft);
    this.#sink.store(part);
    this.#bytesLeft -= part.length;
    if (this.#bytesLeft === 0) {
      this.#sink.flushEnded(sentAtMsOf(this.#view, 0), messagesOf(this.#view, 0));
      this.#headerBytes = 0;
    }
    return part.length;
  }
}
