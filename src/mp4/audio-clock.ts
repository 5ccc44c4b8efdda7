/**
 * Decode times of sound from timestamps in whole milliseconds, which hit no frame exactly: each frame begins where the
 * one before it ends, and lasts what the codec says, so that nothing is heard at the seams. What the timestamps say
 * counts in the mean of many frames only. Where that mean drifts away by half a frame, since the publisher's clock and
 * its sound card disagree, the following frames are told a little longer or shorter (at most 1/128) until it fits
 * again; farther than a second, up to a half. Sound that is missing for more than two frames (or 50 ms) stays missing.
 */
export class AudioClock {
  readonly #timescale: number;
  /** Where the last frame ends; undefined before the first. */
  #end: number | undefined;
  /** The timestamps against `#end` in ticks, in the mean. */
  #drift = 0;
  #isCorrecting = false;

  constructor(timescale: number) {
    this.#timescale = timescale;
  }

  /** The decode time in ticks of the next frame: at least 1 tick behind that of the frame before. */
  place(timeMs: number, frameTicks: number): number {
    const time = (timeMs * this.#timescale) / 1000;
    const end = this.#end;
    const start = end === undefined || this.#isGap(time - end, frameTicks) ? this.#startAt(time) : end;
    const decodeTime = start + this.#correction(time - start, frameTicks);
    this.#end = decodeTime + frameTicks;
    return decodeTime;
  }

  #isGap(missing: number, frameTicks: number): boolean {
    return missing > Math.max(GAP_FRAMES * frameTicks, (GAP_MS * this.#timescale) / 1000);
  }

  #startAt(time: number): number {
    this.#drift = 0;
    this.#isCorrecting = false;
    return Math.round(time);
  }

  #correction(ahead: number, frameTicks: number): number {
    this.#drift += (ahead - this.#drift) / MEAN_FRAMES;
    const drift = Math.abs(this.#drift);
    if (drift > frameTicks * TOLERATED_FRAMES) this.#isCorrecting = true;
    else if (drift < frameTicks * CORRECTED_FRAMES) this.#isCorrecting = false;
    if (!this.#isCorrecting) return 0;
    const part = drift > this.#timescale ? FAR_CORRECTION : CORRECTION;
    const most = Math.min(drift, Math.max(1, Math.floor(frameTicks * part)), frameTicks - 1);
    const correction = Math.trunc(Math.sign(this.#drift) * most);
    this.#drift -= correction;
    return correction;
  }
}

const GAP_FRAMES = 2;
const GAP_MS = 50;
/** Frames in the mean: longer than the jitter of a network, shorter than a drift takes to be heard. */
const MEAN_FRAMES = 64;
/** The drift at which correction starts, and at which it ends. */
const TOLERATED_FRAMES = 1 / 2;
const CORRECTED_FRAMES = 1 / 8;
/** Parts of a frame by which it is told longer or shorter. */
const CORRECTION = 1 / 128;
const FAR_CORRECTION = 1 / 2;
