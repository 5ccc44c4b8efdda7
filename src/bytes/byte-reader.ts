import { ProtocolError } from "../errors.ts";
import { decodeUtf8 } from "./utf8.ts";

/** A cursor over bytes, big-endian unless a name says otherwise. It alone checks bounds: `bytes.truncated` beyond the end. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Bytes read so far. */
  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  u8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  i8(): number {
    return this.#view.getInt8(this.#advance(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#advance(2));
  }

  i16(): number {
    return this.#view.getInt16(this.#advance(2));
  }

  u24(): number {
    const at = this.#advance(3);
    return (this.#view.getUint16(at) << 8) | this.#view.getUint8(at + 2);
  }

  i24(): number {
    return (this.u24() << 8) >> 8;
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4));
  }

  i32(): number {
    return this.#view.getInt32(this.#advance(4));
  }

  u16LittleEndian(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  u32LittleEndian(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  f64(): number {
    return this.#view.getFloat64(this.#advance(8));
  }

  /** The next byte, not consumed; undefined at the end. */
  peekU8(): number | undefined {
    return this.#bytes[this.#offset];
  }

  /** The next `length` bytes, as a view of the input. */
  bytes(length: number): Uint8Array {
    const at = this.#advance(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** All bytes left, as a view of the input. */
  rest(): Uint8Array {
    return this.bytes(this.remaining);
  }

  utf8(length: number): string {
    return decodeUtf8(this.bytes(length));
  }

  skip(length: number): void {
    this.#advance(length);
  }

  #advance(length: number): number {
    const at = this.#offset;
    if (length > this.#bytes.length - at) {
      throw new ProtocolError("bytes.truncated", `${length} bytes expected, ${this.#bytes.length - at} left`, {
        byteOffset: at,
      });
    }
    this.#offset = at + length;
    return at;
  }
}
