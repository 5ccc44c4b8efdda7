/** What a reader remembers of one chunk stream: its last header and the message that it carries. RTMP 1.0 section 5.3.1. */
export type IncomingChunkStream = {
  readonly id: number;
  /** Of the message that was begun last, unsigned 32 bits. */
  timestamp: number;
  /** What a format 3 chunk adds when it begins a message. After format 0 that is its timestamp. */
  delta: number;
  length: number;
  type: number;
  streamId: number;
  /** The last header of formats 0-2 had an extended timestamp: the value below, as it stood there. */
  hasExtendedTimestamp: boolean;
  extendedTimestamp: number;
  /** A message is begun and not complete. */
  isPartial: boolean;
  /** Bytes of that message in `buffer`; the buffer may be longer, and is kept for the next message. */
  received: number;
  buffer: Uint8Array;
};

const NO_BYTES = new Uint8Array(0);
const FIRST_BUFFER_BYTES = 1024;
/** What one connection keeps in buffers for its next messages. */
const MAX_RETAINED_BYTES = 4 * 1024 * 1024;

export function createIncomingChunkStream(id: number): IncomingChunkStream {
  return {
    id,
    timestamp: 0,
    delta: 0,
    length: 0,
    type: 0,
    // librtmp begins chunk stream 2 with format 1, which has no stream id: docs/interop.md.
    streamId: 0,
    hasExtendedTimestamp: false,
    extendedTimestamp: 0,
    isPartial: false,
    received: 0,
    buffer: NO_BYTES,
  };
}

/**
 * The unfinished messages of one connection. Buffers grow with the bytes that arrive, never by the announced length, and
 * are used again: at most twice the unfinished bytes plus 4 MiB are held.
 */
export class MessageAssembly {
  #partialBytes = 0;
  #bufferBytes = 0;

  /** Bytes held in unfinished messages. */
  get partialBytes(): number {
    return this.#partialBytes;
  }

  append(stream: IncomingChunkStream, input: Uint8Array, from: number, to: number): void {
    const needed = stream.received + to - from;
    if (needed > stream.buffer.length) this.#grow(stream, needed);
    stream.buffer.set(input.subarray(from, to), stream.received);
    stream.received = needed;
    this.#partialBytes += to - from;
  }

  /** The whole message, valid until the chunk stream gets its next bytes. */
  finish(stream: IncomingChunkStream): Uint8Array {
    const payload = stream.buffer.subarray(0, stream.received);
    this.discard(stream);
    return payload;
  }

  discard(stream: IncomingChunkStream): void {
    this.#partialBytes -= stream.received;
    stream.received = 0;
    stream.isPartial = false;
    if (this.#bufferBytes <= MAX_RETAINED_BYTES) return;
    this.#bufferBytes -= stream.buffer.length;
    stream.buffer = NO_BYTES;
  }

  #grow(stream: IncomingChunkStream, needed: number): void {
    const length = Math.min(stream.length, Math.max(needed, stream.buffer.length * 2, FIRST_BUFFER_BYTES));
    const larger = new Uint8Array(length);
    larger.set(stream.buffer.subarray(0, stream.received));
    this.#bufferBytes += length - stream.buffer.length;
    stream.buffer = larger;
  }
}
