/** How many requests may be kept whose predecessor has not come: another TCP connection was faster. */
export const MAX_REQUESTS_BEHIND_A_GAP = 16;

/**
 * Where a request stands among those of its session:
 * - `in-line`: the next one, or behind others that have all come;
 * - `behind-gap`: at least one before it has not come;
 * - `again`: one with this number has come, and is not worked off;
 * - `last`: the newest that is worked off, once more; its answer may have been lost;
 * - `old`: one before that;
 * - `too-far`: so many are missing before it that they are not waited for.
 */
export type RequestPlace = "in-line" | "behind-gap" | "again" | "last" | "old" | "too-far";

/**
 * The numbers of a session's requests: they say in which order bodies belong, whatever the TCP connections did. Numbers
 * start at 0, or at 1 where the client counts its `open` too.
 */
export class RequestOrder {
  /** The lowest that is not worked off; undefined before the first request. */
  #next: number | undefined;
  #first = 0;
  /** The lowest that has not come. */
  #missing = 0;
  readonly #behindGap = new Set<number>();

  /** The request that is to be worked off now: come or not. Undefined before the first. */
  get next(): number | undefined {
    return this.#next;
  }

  /** The request that others wait for; undefined if all before the newest have come. */
  get missing(): number | undefined {
    return this.#behindGap.size > 0 ? this.#missing : undefined;
  }

  /** Tells the place of a request that has come, and counts it as come if it is a new one. */
  place(sequence: number): RequestPlace {
    if (this.#next === undefined) this.#begin(sequence);
    const next = this.#next ?? 0;
    if (sequence < next) return sequence === next - 1 && next > this.#first ? "last" : "old";
    if (sequence < this.#missing || this.#behindGap.has(sequence)) return "again";
    if (sequence > this.#missing) return this.#placeBehindGap(sequence);
    do this.#missing++;
    while (this.#behindGap.delete(this.#missing));
    return "in-line";
  }

  /** The next request is worked off. */
  advance(): void {
    this.#next = (this.#next ?? 0) + 1;
  }

  #begin(sequence: number): void {
    this.#first = sequence === 1 ? 1 : 0;
    this.#next = this.#first;
    this.#missing = this.#first;
  }

  #placeBehindGap(sequence: number): RequestPlace {
    if (sequence - this.#missing > MAX_REQUESTS_BEHIND_A_GAP) return "too-far";
    this.#behindGap.add(sequence);
    return "behind-gap";
  }
}
