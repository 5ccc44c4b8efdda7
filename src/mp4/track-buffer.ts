import { AudioClock } from "./audio-clock.ts";
import type { MediaSample, TimedSample, TrackConfig } from "./track.ts";

/**
 * Gives the samples of one track their times in ticks. One sample is held back until the next tells how long it lasts,
 * so that samples follow each other without gap or overlap; what is missing in between makes the sample before it
 * longer. It keeps all that is not taken: its user sets the bound.
 */
export class TrackBuffer {
  readonly config: TrackConfig;
  readonly #audioClock: AudioClock | undefined;
  #ready: TimedSample[] = [];
  #held: Placed | undefined;
  /** Where the last sample that is ready ends. */
  #end = Number.NEGATIVE_INFINITY;
  /** How long the last picture was that the next one ended. */
  #usualDuration = 0;

  constructor(config: TrackConfig) {
    this.config = config;
    this.#audioClock = config.kind === "audio" ? new AudioClock(config.timescale) : undefined;
    this.#usualDuration = Math.round(config.timescale / USUAL_PICTURES_PER_SECOND);
  }

  /** The decode time of the sample held back, in ticks: nothing before it is still to come. Undefined without one. */
  get heldDecodeTime(): number | undefined {
    return this.#held?.decodeTime;
  }

  /** Samples that can be taken. */
  get readyCount(): number {
    return this.#ready.length;
  }

  /** Takes the next sample; the one before it becomes ready. */
  push(sample: MediaSample): void {
    const placed = this.#place(sample);
    if (this.#held !== undefined) {
      const duration = placed.decodeTime - this.#held.decodeTime;
      this.#makeReady(this.#held, duration);
      if (this.config.kind === "video") this.#usualDuration = Math.min(duration, this.config.timescale);
    }
    this.#held = placed;
  }

  /** Takes out the samples that are ready, or those of them that begin before a time in ticks. */
  take(beforeDecodeTime: number = Number.POSITIVE_INFINITY): TimedSample[] {
    const found = this.#ready.findIndex(({ decodeTime }) => decodeTime >= beforeDecodeTime);
    return this.#ready.splice(0, found < 0 ? this.#ready.length : found);
  }

  /**
   * Makes the sample ready that is held back, as long as usual: at the end of a track, or where the next one is late.
   * A sample that comes later leaves a gap then.
   */
  release(): void {
    if (this.#held === undefined) return;
    this.#makeReady(this.#held, Math.max(1, this.#held.frameTicks || this.#usualDuration));
    this.#held = undefined;
  }

  #makeReady({ decodeTime, compositionOffset, sample }: Placed, duration: number): void {
    const { bytes, isKeyframe } = sample;
    this.#ready.push({ decodeTime, duration, compositionOffset, bytes, isKeyframe });
    this.#end = decodeTime + duration;
  }

  #place(sample: MediaSample): Placed {
    const { timescale } = this.config;
    const { decodeTimeMs, frameTicks } = sample;
    // A sample without a duration would share its time with the next, which some players take for a mistake.
    const earliest = this.#held === undefined ? this.#end : this.#held.decodeTime + 1;
    const exact = this.#audioClock?.place(decodeTimeMs, Math.max(1, frameTicks));
    const decodeTime = Math.max(exact ?? Math.round((decodeTimeMs * timescale) / 1000), earliest);
    if (exact !== undefined) return { decodeTime, compositionOffset: 0, frameTicks, sample };
    // The picture is shown when the publisher says, wherever its decode time had to go.
    const presentation = Math.round(((decodeTimeMs + sample.compositionOffsetMs) * timescale) / 1000);
    return { decodeTime, compositionOffset: presentation - decodeTime, frameTicks: 0, sample };
  }
}

type Placed = {
  readonly decodeTime: number;
  readonly compositionOffset: number;
  readonly frameTicks: number;
  readonly sample: MediaSample;
};

/** Taken for a track of a single picture, which has no distance to another. */
const USUAL_PICTURES_PER_SECOND = 25;
