import { type Message, MessageType } from "../message/message.ts";
import { basicHeaderLength, type ChunkFormat, writeBasicHeader } from "./basic-header.ts";
import { checkChunkSize, DEFAULT_CHUNK_SIZE, HISTORIC_AUDIO_CHUNK_SIZE } from "./chunk-size.ts";
import { EXTENDED_TIMESTAMP, MAX_MESSAGE_LENGTH, writeMessageHeader, writeU32 } from "./message-header.ts";

export type ChunkEncoderOptions = {
  /** The first RTMP generation: 64 bytes a chunk for audio, until a Set Chunk Size. @default false */
  readonly historicChunkSizes?: boolean;
};

/** The last message header that went out on one chunk stream. */
type OutgoingChunkStream = {
  /** Of `#headerGeneration`: an older header is no longer what the reader saw last. */
  generation: number;
  timestamp: number;
  /** Undefined after format 0: whether format 3 then repeats its timestamp as delta is read both ways. */
  delta: number | undefined;
  length: number;
  type: number;
  streamId: number;
  /** The last header had an extended timestamp, so format 3 repeats this value. */
  extendedTimestamp: number | undefined;
};

/** Basic header, message header and extended timestamp. */
const MAX_HEADER_LENGTH = 3 + 11 + 4;
const MAX_CONTINUATION_HEADER_LENGTH = 3 + 4;
const MIN_BUFFER_BYTES = 256;
const NO_BYTES = new Uint8Array(0);

/**
 * Messages cut into chunks, with the shortest headers that all peers read alike. One encoder serves one direction of a
 * connection: all its bytes must be sent, in order. RTMP 1.0 section 5.3.
 */
export class ChunkEncoder {
  #chunkSize = DEFAULT_CHUNK_SIZE;
  #audioChunkSize: number;
  #buffer = NO_BYTES;
  #length = 0;
  #headerGeneration = 0;
  readonly #streams = new Map<number, OutgoingChunkStream>();

  constructor(options: ChunkEncoderOptions = {}) {
    this.#audioChunkSize = options.historicChunkSizes ? HISTORIC_AUDIO_CHUNK_SIZE : DEFAULT_CHUNK_SIZE;
  }

  /** Payload bytes in each chunk but the last of a message. */
  get chunkSize(): number {
    return this.#chunkSize;
  }

  /** Bytes written and not taken. */
  get length(): number {
    return this.#length;
  }

  /** Writes all chunks of a message; its payload is copied. */
  write(message: Message, chunkStreamId: number): void {
    this.reserve(this.encodedLengthAtMost(message.payload.length));
    let offset = 0;
    do offset = this.writeChunk(message, chunkStreamId, offset);
    while (offset < message.payload.length);
  }

  /**
   * Writes the chunk of a message that starts at `offset` of its payload and returns the offset of the next: the message
   * is out when that is its length. No other message may start on this chunk stream before. A Set Chunk Size that has
   * gone out holds for the chunks behind it.
   */
  writeChunk(message: Message, chunkStreamId: number, offset: number): number {
    const { type, payload } = message;
    const chunkSize = type === MessageType.Audio ? this.#audioChunkSize : this.#chunkSize;
    const end = Math.min(payload.length, offset + chunkSize);
    this.reserve(MAX_HEADER_LENGTH + end - offset);
    if (offset === 0) this.#writeStart(message, chunkStreamId);
    else this.#writeContinuation(chunkStreamId);
    this.#buffer.set(offset === 0 && end === payload.length ? payload : payload.subarray(offset, end), this.#length);
    this.#length += end - offset;
    if (type === MessageType.SetChunkSize && end === payload.length) this.#setChunkSize(payload);
    return end;
  }

  /** The most bytes that a message of this length can take at the present chunk size. */
  encodedLengthAtMost(payloadLength: number): number {
    const continuations = Math.ceil(payloadLength / Math.min(this.#chunkSize, this.#audioChunkSize));
    return MAX_HEADER_LENGTH + continuations * MAX_CONTINUATION_HEADER_LENGTH + payloadLength;
  }

  /** Makes room for so many more bytes at once. */
  reserve(byteLength: number): void {
    const needed = this.#length + byteLength;
    if (needed <= this.#buffer.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#buffer.length * 2, MIN_BUFFER_BYTES));
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
  }

  /** What was written since, in one piece that belongs to the caller; empty when nothing was. */
  takeOutput(): Uint8Array {
    const output = this.#buffer.subarray(0, this.#length);
    this.#buffer = NO_BYTES;
    this.#length = 0;
    return output;
  }

  /** Starts the next message of each chunk stream with a whole header, since others wrote on the connection. */
  restartHeaders(): void {
    this.#headerGeneration++;
  }

  #writeStart(message: Message, chunkStreamId: number): void {
    const { type, streamId, payload } = message;
    if (payload.length > MAX_MESSAGE_LENGTH) throw new RangeError(`a message of ${payload.length} bytes`);
    const timestamp = message.timestamp >>> 0;
    const stream = this.#streamOf(chunkStreamId);
    const delta = (timestamp - stream.timestamp) >>> 0;
    const isKnown = stream.generation === this.#headerGeneration;
    const format = isKnown ? chooseFormat(stream, message, delta) : 0;
    const field = format === 0 ? timestamp : delta;
    this.#length = writeBasicHeader(this.#buffer, this.#length, format, chunkStreamId);
    this.#length = writeMessageHeader(this.#buffer, this.#length, format, field, payload.length, type, streamId);
    stream.generation = this.#headerGeneration;
    stream.timestamp = timestamp;
    stream.delta = format === 0 ? undefined : delta;
    stream.length = payload.length;
    stream.type = type;
    stream.streamId = streamId;
    // Deltas never need the field: they would be sent as format 0.
    stream.extendedTimestamp = format === 0 && timestamp >= EXTENDED_TIMESTAMP ? timestamp : undefined;
  }

  #writeContinuation(chunkStreamId: number): void {
    const { extendedTimestamp } = this.#streamOf(chunkStreamId);
    this.#length = writeBasicHeader(this.#buffer, this.#length, 3, chunkStreamId);
    if (extendedTimestamp !== undefined) this.#length = writeU32(this.#buffer, this.#length, extendedTimestamp);
  }

  #streamOf(chunkStreamId: number): OutgoingChunkStream {
    const known = this.#streams.get(chunkStreamId);
    if (known !== undefined) return known;
    basicHeaderLength(chunkStreamId);
    const stream = createOutgoingChunkStream();
    this.#streams.set(chunkStreamId, stream);
    return stream;
  }

  #setChunkSize(payload: Uint8Array): void {
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
    this.#chunkSize = checkChunkSize(view.getUint32(0));
    this.#audioChunkSize = this.#chunkSize;
  }
}

function createOutgoingChunkStream(): OutgoingChunkStream {
  return {
    generation: -1,
    timestamp: 0,
    delta: undefined,
    length: 0,
    type: 0,
    streamId: 0,
    extendedTimestamp: undefined,
  };
}

/** Steps back and steps too long for three bytes go out as format 0, since readers disagree about extended deltas. */
function chooseFormat(stream: OutgoingChunkStream, message: Message, delta: number): ChunkFormat {
  if (stream.streamId !== message.streamId || delta >= EXTENDED_TIMESTAMP) return 0;
  if (stream.length !== message.payload.length || stream.type !== message.type) return 1;
  return stream.delta === delta ? 3 : 2;
}
