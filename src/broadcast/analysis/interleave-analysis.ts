/** How audio and video of a broadcast stand to each other. Positive means that audio is ahead. */
export type InterleaveReport = {
  /** Greatest difference of the newest audio and the newest video at any moment, in ms: what a player must hold. */
  readonly greatestMs: number;
  /** The mean difference, in ms. */
  readonly meanMs: number;
  /** By how much the difference grew while it was watched, in ms: the two clocks run apart. */
  readonly driftMs: number;
};

/** Too short a time shows no drift: frames come and go in steps. */
const LEAST_DRIFT_TIME_MS = 2000;

/** Sums up the difference of two times. The drift is the slope of the line that fits best. */
export class InterleaveAnalysis {
  #count = 0;
  #greatestMs = 0;
  #firstMs = 0;
  #lastMs = 0;
  #sumTime = 0;
  #sumDifference = 0;
  #sumTimeSquared = 0;
  #sumProduct = 0;

  /** The newest times of both, counted on without wrapping. */
  add(audioMs: number, videoMs: number): void {
    const nowMs = Math.max(audioMs, videoMs);
    if (this.#count === 0) this.#firstMs = nowMs;
    this.#lastMs = Math.max(this.#lastMs, nowMs);
    const time = nowMs - this.#firstMs;
    const difference = audioMs - videoMs;
    this.#count++;
    this.#greatestMs = Math.max(this.#greatestMs, Math.abs(difference));
    this.#sumTime += time;
    this.#sumDifference += difference;
    this.#sumTimeSquared += time * time;
    this.#sumProduct += time * difference;
  }

  /** Undefined until both have come. */
  get report(): InterleaveReport | undefined {
    if (this.#count === 0) return undefined;
    const meanMs = this.#sumDifference / this.#count;
    return { greatestMs: this.#greatestMs, meanMs, driftMs: this.#drift() };
  }

  #drift(): number {
    const durationMs = this.#lastMs - this.#firstMs;
    const scale = this.#count * this.#sumTimeSquared - this.#sumTime ** 2;
    if (durationMs < LEAST_DRIFT_TIME_MS || scale <= 0) return 0;
    return ((this.#count * this.#sumProduct - this.#sumTime * this.#sumDifference) / scale) * durationMs;
  }
}
