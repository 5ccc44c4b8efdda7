/** A worker that lived for this long has not died at its start. */
const STEADY_MS = 60_000;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 10_000;

/** How long to wait before a worker that died is replaced: not at all, then longer each time while it keeps dying. */
export class RestartDelay {
  #deathsInARow = 0;

  /** It died after `livedMs`. Returns the delay. */
  after(livedMs: number): number {
    this.#deathsInARow = livedMs < STEADY_MS ? this.#deathsInARow + 1 : 1;
    if (this.#deathsInARow === 1) return 0;
    return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (this.#deathsInARow - 2));
  }
}
