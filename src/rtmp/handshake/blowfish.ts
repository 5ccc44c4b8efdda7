import { BLOWFISH_BOXES, BLOWFISH_SUBKEYS } from "./blowfish-tables.ts";

const ROUNDS = 16;

/** The two halves of a block: words of 32 bits, with a sign or without. */
type Halves = { left: number; right: number };

/** Blowfish with one key. The making takes 521 encryptions, so keep it. */
export class Blowfish {
  readonly #subkeys = BLOWFISH_SUBKEYS.slice();
  readonly #boxes = BLOWFISH_BOXES.slice();

  /** Takes 1 to 56 bytes of key. */
  constructor(key: Uint8Array) {
    this.#mixIn(key);
    const halves: Halves = { left: 0, right: 0 };
    for (const table of [this.#subkeys, this.#boxes]) {
      for (let at = 0; at < table.length; at += 2) {
        this.#encrypt(halves);
        table[at] = halves.left;
        table[at + 1] = halves.right;
      }
    }
  }

  /** Encrypts 8 bytes in place. RTMPE takes them as two little-endian words. */
  encryptBlock(block: Uint8Array): void {
    const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
    const halves: Halves = { left: view.getUint32(0, true), right: view.getUint32(4, true) };
    this.#encrypt(halves);
    view.setUint32(0, halves.left, true);
    view.setUint32(4, halves.right, true);
  }

  /** The key is repeated over the subkeys, big-endian. */
  #mixIn(key: Uint8Array): void {
    let at = 0;
    for (const [index, subkey] of this.#subkeys.entries()) {
      let word = 0;
      for (let count = 0; count < 4; count++) word = (word << 8) | (key[at++ % key.length] as number);
      this.#subkeys[index] = subkey ^ word;
    }
  }

  #encrypt(halves: Halves): void {
    let { left, right } = halves;
    for (let round = 0; round < ROUNDS; round++) {
      const mixed = left ^ (this.#subkeys[round] as number);
      left = right ^ this.#scramble(mixed);
      right = mixed;
    }
    halves.left = right ^ (this.#subkeys[ROUNDS + 1] as number);
    halves.right = left ^ (this.#subkeys[ROUNDS] as number);
  }

  /** Each byte of the word, from the top, chooses in one of the boxes. */
  #scramble(word: number): number {
    const boxes = this.#boxes;
    const first = boxes[word >>> 24] as number;
    const second = boxes[256 + ((word >>> 16) & 255)] as number;
    const third = boxes[512 + ((word >>> 8) & 255)] as number;
    const fourth = boxes[768 + (word & 255)] as number;
    return ((first + second) ^ third) + fourth;
  }
}
