type TrackTimes = { first: number; last: number; steps: number };

/**
 * Timestamps of one source after another, on one clock: rounds of a clip, or a broadcast whose connection was lost. The
 * first frame of a source goes where the source before it would have gone on; all else keeps its distance from that.
 * 32 bits of a timestamp count.
 */
export class StreamClock {
  /** Of the current source. */
  readonly #tracks = new Map<string, TrackTimes>();
  /** Where the source's first frame goes. */
  #base: number;
  /** Nothing of the source goes before this. */
  #floor: number;
  /** The source's first timestamp. */
  #first: number | undefined;
  #newest: number;
  /** The newest timestamp as it came, counted on. */
  #lastRaw = 0;

  /** `startMs` is where the first frame goes; what comes behind it with a smaller timestamp goes to `floorMs` at the least. */
  constructor(startMs = 0, floorMs: number = startMs) {
    this.#base = startMs;
    this.#floor = floorMs;
    this.#newest = startMs;
  }

  /** The newest time that was given out, counted on without wrapping. */
  get newestMs(): number {
    return this.#newest;
  }

  /** Where a next source would begin: behind the last frame of each track by its mean step. */
  get endMs(): number {
    const ends = Array.from(this.#tracks.values(), ({ first, last, steps }) => {
      const stepMs = steps === 0 ? 1 : Math.max(1, (last - first) / steps);
      return Math.round(last + stepMs);
    });
    return Math.max(this.#newest, ...ends);
  }

  /** The time of a frame; `track` tells which others are its neighbours. */
  at(timestamp: number, track: string): number {
    const time = this.beside(timestamp);
    this.#lastRaw = this.#unwrap(timestamp);
    this.#first ??= timestamp;
    this.#newest = Math.max(this.#newest, time);
    const times = this.#tracks.get(track);
    if (times === undefined) this.#tracks.set(track, { first: time, last: time, steps: 0 });
    else this.#tracks.set(track, { first: times.first, last: Math.max(times.last, time), steps: times.steps + 1 });
    return time;
  }

  /** The time of anything that is no frame: it moves nothing. */
  beside(timestamp: number): number {
    if (this.#first === undefined) return this.#base;
    return Math.max(this.#floor, this.#base + this.#unwrap(timestamp) - this.#first);
  }

  /** The source goes on where it was: this timestamp of it is that time. */
  align(timestamp: number, timeMs: number): void {
    this.#base = timeMs;
    this.#first = timestamp;
    this.#lastRaw = timestamp;
  }

  /** The next frame begins a new source. */
  restart(): void {
    if (this.#first === undefined) return;
    this.#base = this.endMs;
    this.#floor = this.#base;
    this.#newest = this.#base;
    this.#first = undefined;
    this.#tracks.clear();
  }

  #unwrap(timestamp: number): number {
    return this.#first === undefined ? timestamp : this.#lastRaw + ((timestamp - this.#lastRaw) | 0);
  }
}
