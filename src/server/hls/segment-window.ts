import type { Segment } from "./segment.ts";

/** The whole segments of a rendition: those that playlists name, and for as long again those that clients may still fetch. */
export class SegmentWindow {
  /** How many a playlist names. */
  readonly #size: number;
  #named: Segment[] = [];
  #past: Segment[] = [];
  #heldBytes = 0;
  #discontinuitySequence = 0;
  #totals = { bytes: 0, seconds: 0, peakBitrate: 0 };

  constructor(size: number) {
    this.#size = size;
  }

  /** Those that a playlist names, oldest first. */
  get named(): readonly Segment[] {
    return this.#named;
  }

  /** Of those that can be fetched. */
  get numbers(): readonly number[] {
    return [...this.#past, ...this.#named].map(({ number }) => number);
  }

  /** The oldest that can be fetched. */
  get oldest(): Segment | undefined {
    return this.#past[0] ?? this.#named[0];
  }

  /** What is kept here. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** How many discontinuities were before the ones that a playlist names. */
  get discontinuitySequence(): number {
    return this.#discontinuitySequence;
  }

  /** Of all that there ever were, gaps left out. */
  get totals(): { readonly bytes: number; readonly seconds: number; readonly peakBitrate: number } {
    return this.#totals;
  }

  find(number: number): Segment | undefined {
    const hasNumber = (segment: Segment): boolean => segment.number === number;
    return this.#named.find(hasNumber) ?? this.#past.find(hasNumber);
  }

  add(segment: Segment): void {
    this.#named.push(segment);
    this.#heldBytes += segment.byteLength;
    this.#count(segment);
    if (this.#named.length > this.#size) this.#leave();
    // As long again as they were named: RFC 8216bis section 6.2.2.
    if (this.#past.length > this.#size) this.forgetOldest();
  }

  /** Forgets the oldest, unless it is the last that a playlist can name. Returns whether there was one. */
  forgetOldest(): boolean {
    if (this.#past.length === 0 && this.#named.length > 1) this.#leave();
    const forgotten = this.#past.shift();
    this.#heldBytes -= forgotten?.byteLength ?? 0;
    return forgotten !== undefined;
  }

  /** Those that playlists name become others of the same numbers. */
  replaceNamed(change: (segment: Segment) => Segment): void {
    this.#named = this.#named.map((segment) => {
      const changed = change(segment);
      this.#heldBytes += changed.byteLength - segment.byteLength;
      return changed;
    });
  }

  /** The bytes of a segment are kept elsewhere from now on. */
  moveOut(number: number): void {
    for (const list of [this.#named, this.#past]) {
      const index = list.findIndex((segment) => segment.number === number);
      const segment = list[index];
      if (segment === undefined) continue;
      this.#heldBytes -= segment.byteLength;
      list[index] = { ...segment, parts: [], byteLength: 0 };
    }
  }

  #leave(): void {
    const left = this.#named.shift();
    if (left === undefined) return;
    if (left.isDiscontinuous) this.#discontinuitySequence++;
    this.#past.push(left);
  }

  #count({ durationSeconds, byteLength, isGap }: Segment): void {
    if (isGap || durationSeconds <= 0) return;
    this.#totals.bytes += byteLength;
    this.#totals.seconds += durationSeconds;
    this.#totals.peakBitrate = Math.max(this.#totals.peakBitrate, (byteLength * 8) / durationSeconds);
  }
}
