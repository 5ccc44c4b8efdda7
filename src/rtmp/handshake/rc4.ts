/** Below this many bytes, moving the state costs more than the faster loop saves. */
const SHORT_BYTES = 256;

/**
 * Where a long run works: V8 makes better code for an array that is always the same one (bench/micro.ts). It holds somebody's
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
    const pairCount = (bytes.length - start) >>> 3;
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + start, pairCount * 2);
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

  /**
   * The same for eight bytes in each round, written out. What the next byte needs of the state is read before the last of
   * the writes: waiting for that is what takes the time.
   */
  #applyToWords(words: Int32Array): void {
    const state = WORKING_STATE;
    state.set(this.#state);
    let i = (this.#i + 1) & 255;
    let j = this.#j;
    let x = state[i] as number;
    for (let at = 0; at < words.length; at += 2) {
      j = (j + x) & 255;
      let y = state[j] as number;
      state[i] = y;
      i = (i + 1) & 255;
      let next = i === j ? x : (state[i] as number);
      state[j] = x;
      let word = state[(x + y) & 255] as number;
      x = next;
      j = (j + x) & 255;
      y = state[j] as number;
      state[i] = y;
      i = (i + 1) & 255;
      next = i === j ? x : (state[i] as number);
      state[j] = x;
      word |= (state[(x + y) & 255] as number) << 8;
      x = next;
      j = (j + x) & 255;
      y = state[j] as number;
      state[i] = y;
      i = (i + 1) & 255;
      next = i === j ? x : (state[i] as number);
      state[j] = x;
      word |= (state[(x + y) & 255] as number) << 16;
      x = next;
      j = (j + x) & 255;
      y = state[j] as number;
      state[i] = y;
      i = (i + 1) & 255;
      next = i === j ? x : (state[i] as number);
      state[j] = x;
      word |= (state[(x + y) & 255] as number) << 24;
      x = next;
      words[at] = (words[at] as number) ^ word;
      j = (j + x) & 255;
      y = state[j] as number;
      state[i] = y;
      i = (i + 1) & 255;
      next = i === j ? x : (state[i] as number);
      state[j] = x;
      word = state[(x + y) & 255] as number;
      x = next;
      j = (j + x) & 255;
      y = state[j] as number;
      state[i] = y;
      i = (i + 1) & 255;
      next = i === j ? x : (state[i] as number);
      state[j] = x;
      word |= (state[(x + y) & 255] as number) << 8;
      x = next;
      j = (j + x) & 255;
      y = state[j] as number;
      state[i] = y;
      i = (i + 1) & 255;
      next = i === j ? x : (state[i] as number);
      state[j] = x;
      word |= (state[(x + y) & 255] as number) << 16;
      x = next;
      j = (j + x) & 255;
      y = state[j] as number;
      state[i] = y;
      i = (i + 1) & 255;
      next = i === j ? x : (state[i] as number);
      state[j] = x;
      word |= (state[(x + y) & 255] as number) << 24;
      x = next;
      words[at + 1] = (words[at + 1] as number) ^ word;
    }
    this.#i = (i - 1) & 255;
    this.#j = j;
    this.#state.set(state);
  }
}
