import type { MediaMessage } from "../formats/flv/media-message.ts";
import type { LogEntry } from "./message-log.ts";

/** Numbers kept of each message, in this order: where it begins, payload length, time, when it was written, and the rest in one. */
const FIELDS = 5;
const FIRST_MESSAGES = 32;
/** Messages are longer as a rule: an index that had to grow beyond that is not kept for the next ones. */
const USUAL_MESSAGE_BYTES = 128;

const KEYFRAME = 1 << 8;
const CONFIG = 1 << 9;
const DISPOSABLE = 1 << 10;
const TRACK_SHIFT = 16;

/**
 * A stretch of a log: bytes of whole messages, and an index of them in plain numbers. An object for each message would
 * live for seconds, which is what costs a garbage collector most.
 */
export class LogSegment {
  /** Position of its first byte in the log. */
  start = 0;
  /** How many of its bytes are written. */
  used = 0;
  /** How many messages it has. */
  count = 0;
  /** Somebody keeps views of it, for as long as only the garbage collector knows: it must not be written again. */
  isLent = false;
  readonly bytes: Uint8Array;
  #index = new Float64Array(FIRST_MESSAGES * FIELDS);

  constructor(byteLength: number) {
    this.bytes = new Uint8Array(byteLength);
  }

  /** Memory that its index takes. */
  get indexBytes(): number {
    return this.#index.byteLength;
  }

  /** The position behind its last message. */
  get end(): number {
    return this.start + this.used;
  }

  /** Empties it, to begin at another position. */
  restart(start: number): void {
    this.start = start;
    this.used = 0;
    this.count = 0;
    const usualMessages = Math.max(FIRST_MESSAGES, this.bytes.length / USUAL_MESSAGE_BYTES);
    if (this.#index.length > usualMessages * FIELDS) this.#index = new Float64Array(FIRST_MESSAGES * FIELDS);
  }

  /** Takes up a message whose `length` bytes stand behind the ones before. */
  note(length: number, type: number, message: MediaMessage, timestamp: number, writtenAtMs: number): void {
    const at = this.count * FIELDS;
    if (at === this.#index.length) this.#growIndex();
    const index = this.#index;
    index[at] = this.end;
    index[at + 1] = message.payload.length;
    index[at + 2] = timestamp;
    index[at + 3] = writtenAtMs;
    index[at + 4] = packed(type, message);
    this.count++;
    this.used += length;
  }

  entry(message: number): LogEntry {
    const at = message * FIELDS;
    const offset = this.#field(at);
    const end = message + 1 < this.count ? this.#field(at + FIELDS) : this.end;
    const traits = this.#field(at + 4);
    return {
      offset,
      length: end - offset,
      payloadLength: this.#field(at + 1),
      type: traits & 0xff,
      timestamp: this.#field(at + 2),
      isKeyframe: (traits & KEYFRAME) !== 0,
      isConfig: (traits & CONFIG) !== 0,
      isDisposable: (traits & DISPOSABLE) !== 0,
      trackId: traits >>> TRACK_SHIFT,
      writtenAtMs: this.#field(at + 3),
    };
  }

  /** The first message that begins at or behind a position; `count` if there is none. */
  firstAtOrBehind(offset: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#field(middle * FIELDS) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #field(at: number): number {
    return this.#index[at] as number;
  }

  #growIndex(): void {
    const larger = new Float64Array(this.#index.length * 2);
    larger.set(this.#index);
    this.#index = larger;
  }
}

function packed(type: number, { isKeyframe, isConfig, isDisposable, trackId }: MediaMessage): number {
  const flags = (isKeyframe ? KEYFRAME : 0) | (isConfig ? CONFIG : 0) | (isDisposable ? DISPOSABLE : 0);
  return type | flags | (trackId << TRACK_SHIFT);
}
