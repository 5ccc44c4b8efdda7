/** Many numbers in a few. */
export type SpreadSummary = {
  readonly count: number;
  readonly least: number;
  readonly mean: number;
  readonly greatest: number;
  /** The value that came most often, the smaller one of two. */
  readonly usual: number;
};

/** Different values that are counted one by one; any further one counts in the other figures only. */
const MAX_COUNTED_VALUES = 256;

/** Sums numbers up in bounded memory. */
export class Spread {
  readonly #counts = new Map<number, number>();
  #count = 0;
  #sum = 0;
  #least = Number.POSITIVE_INFINITY;
  #greatest = Number.NEGATIVE_INFINITY;

  add(value: number): void {
    this.#count++;
    this.#sum += value;
    this.#least = Math.min(this.#least, value);
    this.#greatest = Math.max(this.#greatest, value);
    const count = this.#counts.get(value);
    if (count !== undefined || this.#counts.size < MAX_COUNTED_VALUES) this.#counts.set(value, (count ?? 0) + 1);
  }

  /** Undefined before the first value. */
  get summary(): SpreadSummary | undefined {
    if (this.#count === 0) return undefined;
    return {
      count: this.#count,
      least: this.#least,
      mean: this.#sum / this.#count,
      greatest: this.#greatest,
      usual: this.#usual(),
    };
  }

  #usual(): number {
    let usual = this.#least;
    let times = 0;
    for (const [value, count] of this.#counts) {
      if (count > times || (count === times && value < usual)) [usual, times] = [value, count];
    }
    return usual;
  }
}
