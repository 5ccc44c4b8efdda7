/** Chance that comes out the same for the same seed. Nothing for secrets. */
export class SeededRandom {
  #state: number;

  /** Of one seed and different purposes come unrelated numbers. */
  constructor(seed: number, purpose = 0) {
    this.#state = (Math.imul(seed, 0x9e37_79b1) ^ Math.imul(purpose + 1, 0x85eb_ca6b)) >>> 0;
    // The first ones of seeds that are near each other are near each other, too.
    for (let index = 0; index < 4; index++) this.next();
  }

  /** From 0 to 1, without 1: mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** From `least` to `most`, without that. */
  between([least, most]: readonly [least: number, most: number]): number {
    return least + this.next() * (most - least);
  }

  /** From 0 to `count`, without that. */
  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  /** Of the values, each as likely as its weight says. */
  pick<Value>(weighted: readonly (readonly [value: Value, weight: number])[]): Value {
    let left = this.next() * weighted.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [value, weight] of weighted) {
      left -= weight;
      if (left < 0) return value;
    }
    throw new RangeError("nothing to pick from");
  }
}
