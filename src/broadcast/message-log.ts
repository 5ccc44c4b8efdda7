import type { MediaMessage } from "../formats/flv/media-message.ts";
import { MessageType } from "../rtmp/message/message.ts";
import { LOG_STREAM_ID, type LogForm, rtmpForm } from "./log-form.ts";
import type { LogSegment } from "./log-segment.ts";
import { MIN_SEGMENT_BYTES, SegmentPool } from "./segment-pool.ts";

/** One message in the log: where its bytes stand, and what decides whether a slow viewer gets it. */
export type LogEntry = {
  /** Position of its first byte, counted from the first byte of the log. */
  readonly offset: number;
  /** Bytes with headers. */
  readonly length: number;
  readonly payloadLength: number;
  readonly type: number;
  /** Milliseconds on the broadcast's own timeline, not wrapped. */
  readonly timestamp: number;
  readonly isKeyframe: boolean;
  readonly isConfig: boolean;
  readonly isDisposable: boolean;
  readonly trackId: number;
  /** When it was written, by the clock of whoever writes. */
  readonly writtenAtMs: number;
};

export type MessageLogOptions = {
  /** The most payload bytes of a chunk in the log: announced to every player. @default 65_536 */
  readonly chunkSize: number;
  /** The most memory that is taken at a time; it is at least 32 KiB, and an eighth of what is kept. @default 512 KiB */
  readonly maxSegmentBytes: number;
  /** Where memory comes from and goes to. @default a pool of its own */
  readonly segments: SegmentPool;
};

/** Of what is kept, the part that a segment has: it can only be let go as a whole. */
const SEGMENT_FRACTION = 8;

/**
 * The messages of a broadcast as bytes, RTMP unless another form is given, each written once in final form: for itself, and
 * with absolute timestamp, so that every viewer may start or skip at any message. Positions count on for ever; `trim` lets old segments go, whose
 * memory is written again then: views are valid until that, unless `lend` was called for what they show.
 */
export class MessageLog {
  readonly #form: LogForm;
  readonly #maxSegmentBytes: number;
  readonly #pool: SegmentPool;
  readonly #segments: LogSegment[] = [];
  /** The newest segment. */
  #last: LogSegment | undefined;
  #head = 0;
  #tail = 0;
  #newestAtMs = 0;

  constructor(options?: Partial<MessageLogOptions>, form: LogForm = rtmpForm(options?.chunkSize ?? 65_536)) {
    this.#form = form;
    this.#maxSegmentBytes = options?.maxSegmentBytes ?? 512 * 1024;
    this.#pool = options?.segments ?? new SegmentPool();
  }

  /** The position behind the newest message. */
  get head(): number {
    return this.#head;
  }

  /** When the newest message was written; 0 before any. */
  get newestAtMs(): number {
    return this.#newestAtMs;
  }

  /** The position of the oldest message that is still there. */
  get tail(): number {
    return this.#tail;
  }

  /** Memory that the log holds. */
  get heldBytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.bytes.length, 0);
  }

  /** Writes a message, its payload copied, at a time that may exceed 32 bits. Returns its position. */
  append(message: MediaMessage, timestamp: number, writtenAtMs: number): number {
    const { payload } = message;
    const type = messageTypeOf(message.kind);
    const length = this.#form.lengthOf(type, timestamp, payload.length);
    const segment = this.#segmentFor(length);
    this.#form.write(segment.bytes, segment.used, type, timestamp, payload);
    segment.note(length, type, message, timestamp, writtenAtMs);
    const position = this.#head;
    this.#newestAtMs = writtenAtMs;
    this.#head += length;
    return position;
  }

  /** A message as bytes of its own, as they would stand in the log, for players on that message stream. */
  encode({ kind, payload }: MediaMessage, timestamp: number, streamId: number): Uint8Array {
    const type = messageTypeOf(kind);
    const bytes = new Uint8Array(this.#form.lengthOf(type, timestamp, payload.length));
    this.#form.write(bytes, 0, type, timestamp, payload);
    if (streamId !== LOG_STREAM_ID) this.#form.setStreamId(bytes, 0, streamId);
    return bytes;
  }

  /** The oldest position behind which there are at least `count` messages, or all: as exact as segments are. */
  positionOfLast(count: number): number {
    let messages = 0;
    for (let index = this.#segments.length - 1; index >= 0; index--) {
      const segment = this.#segments[index] as LogSegment;
      messages += segment.count;
      if (messages >= count) return segment.start;
    }
    return this.tail;
  }

  /** Lets go of the segments that lie wholly before `offset`: what they hold may be overwritten, unless it was lent. */
  trim(offset: number): void {
    let count = 0;
    for (const segment of this.#segments) {
      if (segment.end > offset) break;
      this.#pool.release(segment);
      count++;
    }
    if (count === 0) return;
    this.#segments.splice(0, count);
    this.#last = this.#segments.at(-1);
    this.#tail = this.#segments[0]?.start ?? this.#head;
  }

  /** Somebody keeps views of what lies there: its memory is never written again, and belongs to the garbage collector. */
  lend(from: number, to: number): void {
    for (let index = this.#segmentIndexAt(from); index < this.#segments.length; index++) {
      const segment = this.#segments[index] as LogSegment;
      if (segment.start >= to) break;
      segment.isLent = true;
    }
  }

  /** The bytes from one position to another, as views; both must lie between tail and head, at borders of messages. */
  views(from: number, to: number): readonly Uint8Array[] {
    const pieces: Uint8Array[] = [];
    for (let index = this.#segmentIndexAt(from); index < this.#segments.length; index++) {
      const segment = this.#segments[index] as LogSegment;
      if (segment.start >= to) break;
      const start = Math.max(from, segment.start) - segment.start;
      const end = Math.min(to, segment.end) - segment.start;
      if (end > start) pieces.push(segment.bytes.subarray(start, end));
    }
    return pieces;
  }

  /** As `views`, but copied and with another message stream id: for the second and later streams of a connection. */
  viewsFor(streamId: number, from: number, to: number): readonly Uint8Array[] {
    const pieces = this.views(from, to);
    if (streamId === LOG_STREAM_ID) return pieces;
    const copies = pieces.map((piece) => piece.slice());
    let piece = 0;
    let pieceStart = from;
    for (const entry of this.entries(from, to)) {
      while (entry.offset >= pieceStart + (copies[piece]?.length ?? 0)) {
        pieceStart += copies[piece]?.length ?? 0;
        piece++;
      }
      this.#form.setStreamId(copies[piece] as Uint8Array, entry.offset - pieceStart, streamId);
    }
    return copies;
  }

  /** The messages that begin at or behind `from` and before `to`. */
  *entries(from: number, to: number = this.#head): Generator<LogEntry> {
    for (let index = this.#segmentIndexAt(from); index < this.#segments.length; index++) {
      const segment = this.#segments[index] as LogSegment;
      if (segment.start >= to) return;
      for (let message = segment.firstAtOrBehind(from); message < segment.count; message++) {
        const entry = segment.entry(message);
        if (entry.offset >= to) return;
        yield entry;
      }
    }
  }

  /** The message at or behind a position; undefined at the head. */
  entryAt(offset: number): LogEntry | undefined {
    for (const entry of this.entries(offset)) return entry;
    return undefined;
  }

  /** A message's payload without headers: a view where it lies in one piece, as `views`, otherwise a copy. */
  payload({ offset, timestamp, payloadLength }: LogEntry): Uint8Array {
    const segment = this.#segments[this.#segmentIndexAt(offset)] as LogSegment;
    return this.#form.payloadOf(segment.bytes, offset - segment.start, timestamp, payloadLength);
  }

  /** The message as it was written, its payload as `payload` has it. */
  message(entry: LogEntry): MediaMessage {
    const { type, timestamp, isKeyframe, isConfig, isDisposable, trackId } = entry;
    return { kind: kindOf(type), timestamp, payload: this.payload(entry), isKeyframe, isConfig, isDisposable, trackId };
  }

  #segmentFor(length: number): LogSegment {
    const last = this.#last;
    if (last !== undefined && last.bytes.length - last.used >= length) return last;
    const kept = Math.min((this.#head - this.#tail) / SEGMENT_FRACTION, this.#maxSegmentBytes);
    const segment = this.#pool.take(Math.max(length, kept, MIN_SEGMENT_BYTES), this.#maxSegmentBytes, this.#head);
    this.#segments.push(segment);
    this.#last = segment;
    return segment;
  }

  #segmentIndexAt(offset: number): number {
    let low = 0;
    let high = this.#segments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const segment = this.#segments[middle] as LogSegment;
      if (segment.end <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The RTMP message type of a media message. */
export function messageTypeOf(kind: "audio" | "video" | "data"): MessageType {
  if (kind === "audio") return MessageType.Audio;
  return kind === "video" ? MessageType.Video : MessageType.Data;
}

function kindOf(messageType: number): MediaMessage["kind"] {
  if (messageType === MessageType.Audio) return "audio";
  return messageType === MessageType.Video ? "video" : "data";
}
