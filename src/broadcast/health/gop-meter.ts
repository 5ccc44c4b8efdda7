/** So many are remembered. */
const MAX_GOPS = 8;

/** How far keyframes are apart, in media time. */
export class GopMeter {
  readonly #lengths = new Float64Array(MAX_GOPS);
  #count = 0;
  #startMs = 0;
  #hasKeyframe = false;
  #hasPicture = false;
  #newestMs = 0;

  note(timestampMs: number, isKeyframe: boolean): void {
    if (!this.#hasPicture) this.#startMs = timestampMs;
    this.#hasPicture = true;
    this.#newestMs = timestampMs;
    if (!isKeyframe) return;
    if (this.#hasKeyframe) this.#lengths[this.#count++ % MAX_GOPS] = timestampMs - this.#startMs;
    this.#hasKeyframe = true;
    this.#startMs = timestampMs;
  }

  get hasKeyframe(): boolean {
    return this.#hasKeyframe;
  }

  /** Since the newest keyframe, or since the first picture where there was none. */
  get openMs(): number {
    return this.#newestMs - this.#startMs;
  }

  /** Undefined before the second keyframe. */
  get summary(): { readonly least: number; readonly mean: number; readonly most: number } | undefined {
    if (this.#count === 0) return undefined;
    const lengths = this.#lengths.subarray(0, Math.min(this.#count, MAX_GOPS));
    const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
    return { least: Math.min(...lengths), mean, most: Math.max(...lengths, this.openMs) };
  }
}
