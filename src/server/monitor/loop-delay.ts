/** Half a minute, where the ticks are half a second apart. */
const KEPT = 60;

/**
 * How late a server's own timer comes. That timer is there anyway: measuring with a closer one would wake an idle process
 * up, and one that runs only while somebody asks would know nothing of the seconds before.
 */
export class LoopDelay {
  readonly #intervalMs: number;
  readonly #delaysMs = new Float64Array(KEPT);
  #count = 0;
  #lastMs: number | undefined;

  /** How far apart the ticks are meant to be. */
  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  tick(nowMs: number): void {
    if (this.#lastMs !== undefined) {
      this.#delaysMs[this.#count++ % KEPT] = Math.max(0, nowMs - this.#lastMs - this.#intervalMs);
    }
    this.#lastMs = nowMs;
  }

  /** The delay that `fraction` of the ticks did not exceed, to a tenth of a millisecond. */
  percentile(fraction: number): number {
    const delays = this.#delaysMs.slice(0, Math.min(this.#count, KEPT)).sort();
    const delay = delays[Math.max(0, Math.ceil(delays.length * fraction) - 1)] ?? 0;
    return Math.round(delay * 10) / 10;
  }
}
