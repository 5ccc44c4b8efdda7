import { ByteReader } from "../../bytes/byte-reader.ts";
import { ProtocolError } from "../../errors.ts";
import { decodeTagHeader, kindOfTagType, TAG_HEADER_BYTES, TAG_TRAILER_BYTES, type TagHeader } from "./tag.ts";

export type FlvTag = Omit<TagHeader, "dataBytes" | "streamId"> & {
  /** A view that is valid until the next `push`. Copy it to keep it. */
  readonly data: Uint8Array;
  /** Where the tag starts in the file. */
  readonly byteOffset: number;
};

export type FlvReaderOptions = {
  /** Search the next plausible tag after damage, where the reader would throw `flv.tag` otherwise. @default false */
  readonly resynchronize: boolean;
  /** The longest data of a tag. @default 16 MiB, which is all that a tag can say */
  readonly maxTagBytes: number;
};

/** What the head of a file says; the two flags are often wrong. FLV 10.1 section E.2. */
export type FlvHeader = { readonly version: number; readonly hasAudio: boolean; readonly hasVideo: boolean };

/** A header may be longer than it is today, but not without bound. */
export const MAX_FLV_HEADER_BYTES = 65_536;

const DEFAULT_OPTIONS: FlvReaderOptions = { resynchronize: false, maxTagBytes: 16 * 1024 * 1024 };
const FIXED_HEADER_BYTES = 9;

/**
 * An FLV file or stream, pushed in pieces of any size. Wrong sizes behind tags do not matter, and a last tag that is
 * cut is not given out. Tags may be encrypted or of any time order.
 */
export class FlvReader {
  readonly #options: FlvReaderOptions;
  #buffer: Uint8Array = new Uint8Array(4096);
  /** What waits in the buffer. */
  #start = 0;
  #end = 0;
  /** Where the buffer starts in the file. */
  #fileOffset = 0;
  #header: FlvHeader | undefined;
  /** Bytes to pass over before the next tag: what is left of the header, or of a tag's trailer. */
  #bytesToSkip = 0;
  #isSearching = false;
  #isComplete = false;
  #skippedBytes = 0;

  constructor(options: Partial<FlvReaderOptions> = {}) {
    this.#options = { ...DEFAULT_OPTIONS, ...options };
  }

  /** Undefined until enough bytes were pushed and `next` was called. */
  get header(): FlvHeader | undefined {
    return this.#header;
  }

  /** Bytes of damaged places that were passed over. */
  get skippedBytes(): number {
    return this.#skippedBytes;
  }

  /** Bytes that wait for more: at the end of a file, those of a tag that was cut. */
  get pendingBytes(): number {
    return this.#end - this.#start;
  }

  /** Copies the bytes. */
  push(bytes: Uint8Array): void {
    if (this.#end + bytes.length > this.#buffer.length) this.#makeRoom(bytes.length);
    this.#buffer.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** No more bytes will come. After damage, `next` then looks for whole tags in what is left; a cut one is not given out. */
  end(): void {
    this.#isComplete = true;
  }

  /** Undefined when more bytes are needed. Throws `flv.signature` or `flv.tag`. */
  next(): FlvTag | undefined {
    if (this.#header === undefined && !this.#readHeader()) return undefined;
    for (;;) {
      if (!this.#skip()) return undefined;
      const waiting = this.#buffer.subarray(this.#start, this.#end);
      const header = decodeTagHeader(waiting);
      if (header === undefined) return undefined;
      const problem = this.#problemOf(header);
      if (problem !== undefined) {
        this.#passDamage(problem);
        continue;
      }
      const end = TAG_HEADER_BYTES + header.dataBytes;
      if (this.#isSearching) {
        // Garbage must not look like a tag: the right size has to stand behind it.
        const isWhole = waiting.length >= end + TAG_TRAILER_BYTES;
        if (!isWhole && !this.#isComplete) return undefined;
        if (!isWhole || new ByteReader(waiting.subarray(end)).u32() !== end) {
          this.#passDamage("garbage");
          continue;
        }
      }
      if (waiting.length < end) return undefined;
      return this.#take(header, waiting.subarray(TAG_HEADER_BYTES, end));
    }
  }

  #take(header: TagHeader, data: Uint8Array): FlvTag {
    const byteOffset = this.#fileOffset + this.#start;
    this.#isSearching = false;
    this.#start += TAG_HEADER_BYTES + data.length;
    this.#bytesToSkip = TAG_TRAILER_BYTES;
    const { type, isEncrypted, timestamp } = header;
    return { type, isEncrypted, timestamp, data, byteOffset };
  }

  #readHeader(): boolean {
    if (this.pendingBytes < FIXED_HEADER_BYTES) return false;
    const reader = new ByteReader(this.#buffer.subarray(this.#start, this.#end));
    const signature = reader.u24();
    const version = reader.u8();
    const flags = reader.u8();
    const headerBytes = reader.u32();
    if (signature !== 0x464c56 || headerBytes < FIXED_HEADER_BYTES || headerBytes > MAX_FLV_HEADER_BYTES) {
      throw new ProtocolError("flv.signature", "the bytes do not start as an FLV file does", { byteOffset: 0 });
    }
    this.#header = { version, hasAudio: (flags & 4) !== 0, hasVideo: (flags & 1) !== 0 };
    this.#bytesToSkip = headerBytes + TAG_TRAILER_BYTES;
    return true;
  }

  #skip(): boolean {
    const skipped = Math.min(this.#bytesToSkip, this.pendingBytes);
    this.#start += skipped;
    this.#bytesToSkip -= skipped;
    return this.#bytesToSkip === 0;
  }

  #problemOf(header: TagHeader): string | undefined {
    if (kindOfTagType(header.type) === undefined) return `a tag of type ${header.type}`;
    return header.dataBytes > this.#options.maxTagBytes ? `a tag of ${header.dataBytes} bytes` : undefined;
  }

  #makeRoom(length: number): void {
    const waiting = this.#buffer.subarray(this.#start, this.#end);
    // Moving less than half of the buffer to its front keeps the cost of a byte constant.
    const needed = waiting.length + length;
    const isRoomy = needed <= this.#buffer.length && waiting.length <= this.#buffer.length / 2;
    const buffer = isRoomy ? this.#buffer : new Uint8Array(Math.max(needed, 2 * this.#buffer.length));
    buffer.set(waiting);
    this.#buffer = buffer;
    this.#fileOffset += this.#start;
    this.#end -= this.#start;
    this.#start = 0;
  }

  #passDamage(problem: string): void {
    if (!this.#options.resynchronize) {
      throw new ProtocolError("flv.tag", problem, { byteOffset: this.#fileOffset + this.#start });
    }
    this.#isSearching = true;
    this.#start += 1;
    this.#skippedBytes += 1;
  }
}
