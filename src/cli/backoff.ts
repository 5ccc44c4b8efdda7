const FIRST_DELAY_MS = 250;
const LAST_DELAY_MS = 5000;

/** How long to wait before a next try: longer each time, up to 5 s. */
export class Backoff {
  #delayMs: number = FIRST_DELAY_MS;

  /** In ms. */
  next(): number {
    const delayMs = this.#delayMs;
    this.#delayMs = Math.min(delayMs * 2, LAST_DELAY_MS);
    return delayMs;
  }

  /** A try went well. */
  reset(): void {
    this.#delayMs = FIRST_DELAY_MS;
  }
}
