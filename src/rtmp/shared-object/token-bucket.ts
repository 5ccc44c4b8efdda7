/** Counts something against a rate: as much as comes in a second may come at once. Knows no clock. */
export class TokenBucket {
  readonly #perSecond: number;
  #left: number;
  #filledAtMs: number | undefined;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#left = perSecond;
  }

  /** Whether so much more is within the rate; it is counted then. What costs more than a second holds costs all of it. */
  take(nowMs: number, cost = 1): boolean {
    this.#fill(nowMs);
    const price = Math.min(cost, this.#perSecond);
    if (this.#left < price || this.#left === 0) return false;
    this.#left -= price;
    return true;
  }

  /** Any monotonic clock will do. */
  #fill(nowMs: number): void {
    const elapsedMs = Math.max(0, nowMs - (this.#filledAtMs ?? nowMs));
    this.#filledAtMs = nowMs;
    this.#left = Math.min(this.#perSecond, this.#left + (elapsedMs * this.#perSecond) / 1000);
  }
}
