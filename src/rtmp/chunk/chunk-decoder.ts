import { concatBytes } from "../../bytes/concat.ts";
import { ProtocolError, type ProtocolErrorCode } from "../../errors.ts";
import { type Message, MessageType } from "../message/message.ts";
import { basicHeaderLengthOf, type ChunkFormat, chunkStreamIdAt, formatOf } from "./basic-header.ts";
import { type ChunkLimits, DEFAULT_CHUNK_LIMITS } from "./chunk-limits.ts";
import { checkChunkSize, DEFAULT_CHUNK_SIZE, HISTORIC_AUDIO_CHUNK_SIZE } from "./chunk-size.ts";
import { ExtendedTimestampDetector } from "./extended-timestamp.ts";
import { createIncomingChunkStream, type IncomingChunkStream, MessageAssembly } from "./incoming-chunk-stream.ts";
import { EXTENDED_TIMESTAMP, messageHeaderLength, u24At } from "./message-header.ts";
import { plainBytes } from "./plain-bytes.ts";

export type ChunkDecoderOptions = {
  /** What the peer may make us hold. @default DEFAULT_CHUNK_LIMITS */
  readonly limits?: ChunkLimits;
  /**
   * A header in the middle of a message that does not fit it is an error. Otherwise the message is dropped, and the
   * header begins a new one. @default false
   */
  readonly isStrict?: boolean;
  /** The first RTMP generation: 64 bytes a chunk for audio, until the peer sets a chunk size. @default false */
  readonly historicChunkSizes?: boolean;
  /** How many bytes of the connection came before the first chunk: for the positions in errors. @default 0 */
  readonly firstByteOffset?: number;
};

/** Basic header, message header and extended timestamp. */
const MAX_HEADER_LENGTH = 3 + 11 + 4;
/** A header byte of a continuation weighs as much as this many payload bytes. */
const OVERHEAD_WEIGHT = 8;

/** From here on the basic header has two bytes or three. RTMP 1.0 section 5.3.1.1. */
const FAR_STREAM_ID = 64;

const NO_BYTES = new Uint8Array(0);
const NO_VIEW = new DataView(NO_BYTES.buffer);

/** Chunks of all chunk streams of one direction of a connection, made messages again. RTMP 1.0 section 5.3. */
export class ChunkDecoder {
  /** May be replaced at any time, such as when the peer has been accepted. */
  limits: ChunkLimits;
  readonly #isStrict: boolean;
  #chunkSize = DEFAULT_CHUNK_SIZE;
  #audioChunkSize: number;

  #input: Uint8Array = NO_BYTES;
  #view: DataView = NO_VIEW;
  #at = 0;
  /** The input is a copy of ours. */
  #isInputRetained = false;
  /** The position of the first byte of the input in the connection. */
  #inputOffset: number;
  /** The beginning of a header whose rest has not arrived. */
  readonly #carry = new Uint8Array(MAX_HEADER_LENGTH);
  readonly #carryView = new DataView(this.#carry.buffer);
  #carryLength = 0;

  /** By id, those whose basic header is one byte: all that nearly every peer uses. */
  readonly #nearStreams: (IncomingChunkStream | undefined)[] = [];
  #farStreams: Map<number, IncomingChunkStream> | undefined;
  #streamCount = 0;
  readonly #assembly = new MessageAssembly();
  readonly #extendedTimestamps = new ExtendedTimestampDetector();
  /** The chunk stream of the chunk whose payload comes next, and how much of it is left. */
  #current: IncomingChunkStream | undefined;
  #chunkLeft = 0;
  #headerOverhead = 0;

  constructor(options: ChunkDecoderOptions = {}) {
    this.limits = options.limits ?? DEFAULT_CHUNK_LIMITS;
    this.#isStrict = options.isStrict ?? false;
    this.#audioChunkSize = options.historicChunkSizes ? HISTORIC_AUDIO_CHUNK_SIZE : DEFAULT_CHUNK_SIZE;
    this.#inputOffset = options.firstByteOffset ?? 0;
  }

  /** Bytes held in unfinished messages. */
  get partialBytes(): number {
    return this.#assembly.partialBytes;
  }

  /** Whether the peer's format 3 chunks repeat the extended timestamp; undefined until it has shown. */
  get repeatsExtendedTimestamp(): boolean | undefined {
    return this.#extendedTimestamps.isRepeated;
  }

  /** The bytes must not change until `next` has returned undefined, or `retainInput` was called. */
  push(bytes: Uint8Array): void {
    const isAllRead = this.#at === this.#input.length;
    this.#replaceInput(isAllRead ? plainBytes(bytes) : concatBytes([this.#input.subarray(this.#at), bytes]));
    this.#isInputRetained = !isAllRead;
  }

  /** The next whole message, its payload valid until the next `push` or `next`; undefined when more bytes are needed. */
  next(): Message | undefined {
    for (;;) {
      if (this.#current === undefined && !this.#readHeader()) return this.#letGo();
      const message = this.#readPayload();
      if (message !== undefined) return message;
      if (this.#current !== undefined) return this.#letGo();
    }
  }

  /** Copies what has not been read, so that the buffer that was pushed may be used again before `next` is done. */
  retainInput(): void {
    if (this.#isInputRetained) return;
    this.#replaceInput(this.#input.slice(this.#at));
    this.#isInputRetained = true;
  }

  /** Payload bytes in each chunk of the peer but the last of a message. */
  get chunkSize(): number {
    return this.#chunkSize;
  }

  /** From the next chunk on, also in the middle of a message. Ends the historic chunk sizes. RTMP 1.0 section 5.4.1. */
  setChunkSize(chunkSize: number): void {
    this.#chunkSize = checkChunkSize(chunkSize);
    this.#audioChunkSize = chunkSize;
  }

  /** Drops the unfinished message of a chunk stream; its last header stays in force. RTMP 1.0 section 5.4.2. */
  abort(chunkStreamId: number): void {
    const stream = this.#streamOf(chunkStreamId);
    if (stream !== undefined) this.#assembly.discard(stream);
  }

  /** All is read: an idle connection must not hold the buffer that it read last. */
  #letGo(): undefined {
    this.#inputOffset += this.#at;
    this.#at = 0;
    this.#input = NO_BYTES;
    this.#view = NO_VIEW;
  }

  #replaceInput(input: Uint8Array): void {
    this.#inputOffset += this.#at;
    this.#at = 0;
    this.#input = input;
    this.#view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  }

  /** Reads the header of the next chunk; false when more bytes are needed. */
  #readHeader(): boolean {
    if (this.#carryLength > 0) return this.#readCarriedHeader();
    const end = this.#input.length;
    const headerLength = this.#headerLength(this.#view, this.#at, end);
    if (headerLength === undefined) {
      this.#carry.set(this.#input.subarray(this.#at, end));
      this.#carryLength = end - this.#at;
      this.#at = end;
      return false;
    }
    this.#beginChunk(this.#view, this.#at, headerLength);
    this.#at += headerLength;
    return true;
  }

  #readCarriedHeader(): boolean {
    const carried = this.#carryLength;
    const taken = Math.min(this.#input.length - this.#at, MAX_HEADER_LENGTH - carried);
    this.#carry.set(this.#input.subarray(this.#at, this.#at + taken), carried);
    const headerLength = this.#headerLength(this.#carryView, 0, carried + taken);
    if (headerLength === undefined) {
      this.#carryLength += taken;
      this.#at += taken;
      return false;
    }
    this.#beginChunk(this.#carryView, 0, headerLength);
    this.#carryLength = 0;
    if (headerLength >= carried) this.#at += headerLength - carried;
    else this.#giveBack(this.#carry.subarray(headerLength, carried));
    return true;
  }

  /** Puts bytes before the input that turned out to be payload: no extended timestamp, as they might have been. */
  #giveBack(bytes: Uint8Array): void {
    this.#replaceInput(concatBytes([bytes, this.#input.subarray(this.#at)]));
    this.#inputOffset -= bytes.length;
  }

  /** Bytes of the chunk header at `at`; undefined when it does not end before `end`. */
  #headerLength(view: DataView, at: number, end: number): number | undefined {
    if (at >= end) return undefined;
    const first = view.getUint8(at);
    const format = formatOf(first);
    const basicLength = basicHeaderLengthOf(first);
    const shortLength = basicLength + messageHeaderLength(format);
    if (end - at < shortLength) return undefined;
    if (format === 3) {
      const stream = this.#streamOf(chunkStreamIdAt(view, at));
      if (stream === undefined || !stream.hasExtendedTimestamp) return shortLength;
      const fieldLength = this.#extendedTimestamps.fieldLength(view, at + basicLength, end, stream);
      return fieldLength === undefined ? undefined : shortLength + fieldLength;
    }
    const length = u24At(view, at + basicLength) === EXTENDED_TIMESTAMP ? shortLength + 4 : shortLength;
    return end - at < length ? undefined : length;
  }

  /** Takes over a header that is there as a whole. */
  #beginChunk(view: DataView, at: number, headerLength: number): void {
    const first = view.getUint8(at);
    const format = formatOf(first);
    const id = chunkStreamIdAt(view, at);
    const stream = this.#streamOf(id) ?? this.#openStream(id, format);
    const wasPartial = stream.isPartial;
    if (format === 3) {
      if (!wasPartial) this.#beginMessage(stream, (stream.timestamp + stream.delta) >>> 0, format);
    } else {
      this.#readMessageHeader(stream, format, view, at + basicHeaderLengthOf(first));
    }
    if (wasPartial) this.#countOverhead(stream, format, headerLength);
    this.#current = stream;
    const chunkSize = stream.type === MessageType.Audio ? this.#audioChunkSize : this.#chunkSize;
    this.#chunkLeft = Math.min(chunkSize, stream.length - stream.received);
  }

  #openStream(id: number, format: ChunkFormat): IncomingChunkStream {
    if (format >= 2) this.#fail("chunk.header", id, format, "no message came before it on this chunk stream");
    const { maxChunkStreams } = this.limits;
    if (this.#streamCount >= maxChunkStreams) {
      this.#fail("chunk.stream-limit", id, format, `more than ${maxChunkStreams} chunk streams`);
    }
    const stream = createIncomingChunkStream(id);
    this.#streamCount++;
    if (id < FAR_STREAM_ID) this.#nearStreams[id] = stream;
    else {
      this.#farStreams ??= new Map();
      this.#farStreams.set(id, stream);
    }
    return stream;
  }

  #streamOf(id: number): IncomingChunkStream | undefined {
    return id < FAR_STREAM_ID ? this.#nearStreams[id] : this.#farStreams?.get(id);
  }

  /** Formats 0-2. */
  #readMessageHeader(stream: IncomingChunkStream, format: ChunkFormat, view: DataView, at: number): void {
    const field = u24At(view, at);
    const isExtended = field === EXTENDED_TIMESTAMP;
    const value = isExtended ? view.getUint32(at + messageHeaderLength(format)) : field;
    const length = format < 2 ? u24At(view, at + 3) : stream.length;
    const type = format < 2 ? view.getUint8(at + 6) : stream.type;
    const fits = format !== 0 && length === stream.length && type === stream.type;
    stream.hasExtendedTimestamp = isExtended;
    stream.extendedTimestamp = value;
    // Some senders repeat a header in the middle of its message, where only format 3 is legal: docs/interop.md.
    if (stream.isPartial && fits) return;
    if (stream.isPartial) this.#dropMessage(stream, format);
    stream.length = length;
    stream.type = type;
    stream.delta = value;
    if (format === 0) stream.streamId = view.getUint32(at + 7, true);
    this.#beginMessage(stream, format === 0 ? value : (stream.timestamp + value) >>> 0, format);
  }

  #dropMessage(stream: IncomingChunkStream, format: ChunkFormat): void {
    if (this.#isStrict) this.#fail("chunk.header", stream.id, format, "a new header in the middle of a message");
    this.#assembly.discard(stream);
  }

  #beginMessage(stream: IncomingChunkStream, timestamp: number, format: ChunkFormat): void {
    const { maxMessageBytes } = this.limits;
    if (stream.length > maxMessageBytes) {
      this.#fail(
        "chunk.message-limit",
        stream.id,
        format,
        `${stream.length} bytes, but ${maxMessageBytes} are allowed`,
      );
    }
    stream.timestamp = timestamp;
    stream.isPartial = true;
  }

  /** Bounds what a chunk size of 1 costs, and messages that are begun again and again. */
  #countOverhead(stream: IncomingChunkStream, format: ChunkFormat, headerLength: number): void {
    this.#headerOverhead += OVERHEAD_WEIGHT * headerLength;
    if (this.#headerOverhead <= this.limits.maxHeaderOverheadBytes) return;
    this.#fail("chunk.overhead", stream.id, format, `chunks of ${this.#chunkSize} bytes are almost only headers`);
  }

  /** Reads what there is of the current chunk; a message when that completes one. */
  #readPayload(): Message | undefined {
    const stream = this.#current;
    if (stream === undefined) return undefined;
    const from = this.#at;
    const length = Math.min(this.#chunkLeft, this.#input.length - from);
    this.#at = from + length;
    this.#chunkLeft -= length;
    this.#headerOverhead = Math.max(0, this.#headerOverhead - length);
    if (this.#chunkLeft === 0) this.#current = undefined;
    if (stream.received === 0 && length === stream.length) {
      stream.isPartial = false;
      return toMessage(stream, this.#input.subarray(from, from + length));
    }
    if (length > 0) this.#append(stream, from, from + length);
    return stream.received === stream.length ? toMessage(stream, this.#assembly.finish(stream)) : undefined;
  }

  #append(stream: IncomingChunkStream, from: number, to: number): void {
    const { maxPartialBytes } = this.limits;
    if (this.#assembly.partialBytes + to - from > maxPartialBytes) {
      this.#fail("chunk.partial-limit", stream.id, 3, `more than ${maxPartialBytes} bytes in unfinished messages`);
    }
    this.#assembly.append(stream, this.#input, from, to);
  }

  #fail(code: ProtocolErrorCode, chunkStreamId: number, format: ChunkFormat, text: string): never {
    const byteOffset = this.#inputOffset + this.#at - this.#carryLength;
    const place = `chunk stream ${chunkStreamId}, format ${format}, byte ${byteOffset}`;
    throw new ProtocolError(code, `${place}: ${text}`, { byteOffset });
  }
}

function toMessage(stream: IncomingChunkStream, payload: Uint8Array): Message {
  return { type: stream.type, timestamp: stream.timestamp, streamId: stream.streamId, payload };
}
