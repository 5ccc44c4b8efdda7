import { ProtocolError } from "../errors.ts";

/** A cursor over bits, the most significant of a byte first: `bytes.truncated` beyond the end. */
export class BitReader {
  readonly #bytes: Uint8Array;
  #bitOffset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get remainingBits(): number {
    return this.#bytes.length * 8 - this.#bitOffset;
  }

  /** The next 0 to 32 bits as an unsigned number. */
  bits(count: number): number {
    const end = this.#require(count);
    let value = 0;
    for (let at = this.#bitOffset; at < end; ) {
      const taken = Math.min(8 - (at & 7), end - at);
      const byte = this.#bytes[at >> 3] ?? 0;
      const shift = 8 - (at & 7) - taken;
      // A product, since a shift by 32 places would shift by none.
      value = value * 2 ** taken + ((byte >> shift) & ((1 << taken) - 1));
      at += taken;
    }
    this.#bitOffset = end;
    return value;
  }

  flag(): boolean {
    return this.bits(1) === 1;
  }

  skip(count: number): void {
    this.#bitOffset = this.#require(count);
  }

  /** Skips to the next whole byte. */
  alignToByte(): void {
    this.#bitOffset = (this.#bitOffset + 7) & ~7;
  }

  /** Exp-Golomb `ue(v)`, 0 to 2^32 - 2; `media.header` beyond. ITU-T H.264 section 9.1. */
  unsignedExpGolomb(): number {
    let zeros = 0;
    while (!this.flag()) {
      zeros++;
      if (zeros > 31) throw new ProtocolError("media.header", "an Exp-Golomb number has more than 32 bits");
    }
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  /** Exp-Golomb `se(v)`. ITU-T H.264 section 9.1.1. */
  signedExpGolomb(): number {
    const code = this.unsignedExpGolomb();
    return code % 2 === 1 ? (code + 1) / 2 : 0 - code / 2;
  }

  #require(count: number): number {
    const end = this.#bitOffset + count;
    if (end > this.#bytes.length * 8) {
      throw new ProtocolError("bytes.truncated", `${count} bits expected, ${this.remainingBits} left`, {
        byteOffset: this.#bitOffset >> 3,
      });
    }
    return end;
  }
}
