/** Below this many bytes, moving the state costs more than the faster loop saves. */
const SHORT_BYTES = 256;

/**
 * Where a long run works: V8 makes better code for an array that is always the same one (bench/rc4.ts). It holds somebody's
 * state during a call only.
 */
const WORKING_STATE = new Uint8Array(256);

const IS_LITTLE_ENDIAN: boolean = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** One direction of RTMPE: RC4, which has long been broken and hides nothing from who wants to know. */
export class Rc4 {
  readonly #state = new Uint8Array(256);
  #i = 0;
  #j = 0;

  /** Takes 1 to 256 bytes of key. */
  constructor(key: Uint8Array) {
    const state = this.#state;
    for (let index = 0; index < 256; index++) state[index] = index;
    let j = 0;
    for (let i = 0; i < 256; i++) {
      const x = state[i] as number;
      j = (j + x + (key[i % key.length] as number)) & 255;
      state[i] = state[j] as number;
      state[j] = x;
    }
  }

  /** Encrypts or decrypts in place. Every byte of the stream must come once, in order. */
  apply(bytes: Uint8Array): void {
    if (bytes.length < SHORT_BYTES || !IS_LITTLE_ENDIAN) return this.#applyToBytes(bytes, 0, bytes.length);
    const start = -bytes.byteOffset & 3;
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + start, (bytes.length - start) >>> 2);
    this.#applyToBytes(bytes, 0, start);
    this.#applyToWords(words);
    this.#applyToBytes(bytes, start + words.length * 4, bytes.length);
  }

  /** Throws so many bytes of the key stream away. */
  skip(byteLength: number): void {
    this.apply(new Uint8Array(byteLength));
  }

  #applyToBytes(bytes: Uint8Array, start: number, end: number): void {
    const state = this.#state;
    let i = this.#i;
    let j = this.#j;
    for (let at = start; at < end; at++) {
      i = (i + 1) & 255;
      const x = state[i] as number;
      j = (j + x) & 255;
      const y = state[j] as number;
      state[j] = x;
      state[i] = y;
      bytes[at] = (bytes[at] as number) ^ (state[(x + y) & 255] as number);
    }
    this.#i = i;
    this.#j = j;
  }

  /** The same for four bytes in each round, written out. */
  #applyToWords(words: Int32Array): void {
    const state = WORKING_STATE;
    state.set(this.#state);
    let i = this.#i;
    let j = this.#j;
    for (let at = 0; at < words.length; at++) {
      i = (i + 1) & 255;
      let x = state[i] as number;
      j = (j + x) & 255;
      let y = state[j] as number;
      state[j] = x;
      state[i] = y;
      let word = state[(x + y) & 255] as number;
      i = (i + 1) & 255;
      x = state[i] as number;
      j = (j + x) & 255;
      y = state[j] as number;
      state[j] = x;
      state[i] = y;
      word |= (state[(x + y) & 255] as number) << 8;
      i = (i + 1) & 255;
      x = state[i] as number;
      j = (j + x) & 255;
      y = state[j] as number;
      state[j] = x;
      state[i] = y;
      word |= (state[(x + y) & 255] as number) << 16;
      i = (i + 1) & 255;
      x = state[i] as number;
      j = (j + x) & 255;
      y = state[j] as number;
      state[j] = x;
      state[i] = y;
      word |= (state[(x + y) & 255] as number) << 24;
      words[at] = (words[at] as number) ^ word;
    }
    this.#i = i;
    this.#j = j;
    this.#state.set(state);
  }
}
