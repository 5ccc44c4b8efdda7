import { encodeUtf8 } from "./utf8.ts";

/** Bytes written one after the other, big-endian unless a name says otherwise, into a buffer that grows. */
export class ByteWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  u8(value: number): void {
    const at = this.#grow(1);
    this.#view.setUint8(at, value);
  }

  u16(value: number): void {
    const at = this.#grow(2);
    this.#view.setUint16(at, value);
  }

  i16(value: number): void {
    const at = this.#grow(2);
    this.#view.setInt16(at, value);
  }

  u24(value: number): void {
    const at = this.#grow(3);
    this.#view.setUint16(at, value >>> 8);
    this.#view.setUint8(at + 2, value);
  }

  u32(value: number): void {
    const at = this.#grow(4);
    this.#view.setUint32(at, value);
  }

  i32(value: number): void {
    const at = this.#grow(4);
    this.#view.setInt32(at, value);
  }

  u16LittleEndian(value: number): void {
    const at = this.#grow(2);
    this.#view.setUint16(at, value, true);
  }

  u32LittleEndian(value: number): void {
    const at = this.#grow(4);
    this.#view.setUint32(at, value, true);
  }

  f64(value: number): void {
    const at = this.#grow(8);
    this.#view.setFloat64(at, value);
  }

  bytes(bytes: Uint8Array): void {
    const at = this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** Writes the text without its length. */
  utf8(text: string): void {
    this.bytes(encodeUtf8(text));
  }

  /** Overwrites four bytes that were written before, for lengths that are known later. */
  patchU32(at: number, value: number): void {
    this.#view.setUint32(at, value);
  }

  /** What was written, as a view: valid until the next write. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** What was written, as bytes of their own; the writer is empty afterwards. */
  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return taken;
  }

  #grow(length: number): number {
    const at = this.#length;
    this.#length = at + length;
    // The view is taken anew before the write: callers take the offset first.
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, at));
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }
}
