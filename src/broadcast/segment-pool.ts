import { LogSegment } from "./log-segment.ts";

/** The shortest segment. */
export const MIN_SEGMENT_BYTES: number = 32 * 1024;

/** Longer ones are made for one message, and would seldom serve another. */
const MAX_KEPT_BYTES = 512 * 1024;
/** What has waited for so long without being needed is let go. */
const IDLE_MS = 10_000;
/** So much may wait in any case; beyond that as much as half of what is in use. */
const MIN_FREE_LIMIT_BYTES = 1024 * 1024;

/**
 * Segments that logs have done with, for the next that need some: fresh memory costs its clearing, a page fault for each
 * 4 KiB, and a garbage collector that takes it for a reason to run. All broadcasts of a server share one pool, so that what
 * one lets go at its keyframe serves the others until theirs.
 */
export class SegmentPool {
  readonly #free = new Map<number, LogSegment[]>();
  #freeBytes = 0;
  #usedBytes = 0;
  /** The least that was free since the last look: nobody needed as much. */
  #idleBytes = 0;
  #lookedAtMs: number | undefined;

  /** Memory that waits to be used again. */
  get freeBytes(): number {
    return this.#freeBytes;
  }

  /** A segment of at least so many bytes, rounded up to a power of two while that is at most `maxBytes`. */
  take(byteLength: number, maxBytes: number, start: number): LogSegment {
    const length = byteLength > maxBytes ? byteLength : Math.min(powerOfTwo(byteLength), maxBytes);
    this.#usedBytes += length;
    const segment = this.#free.get(length)?.pop();
    if (segment === undefined) {
      const fresh = new LogSegment(length);
      fresh.restart(start);
      return fresh;
    }
    this.#freeBytes -= length;
    this.#idleBytes = Math.min(this.#idleBytes, this.#freeBytes);
    segment.restart(start);
    return segment;
  }

  /** Takes back a segment that nobody reads any more. One that is lent is left to the garbage collector. */
  release(segment: LogSegment): void {
    const { length } = segment.bytes;
    this.#usedBytes -= length;
    const maxFreeBytes = Math.max(MIN_FREE_LIMIT_BYTES, this.#usedBytes / 2);
    if (this.#freeBytes > maxFreeBytes) this.#drop(this.#freeBytes - maxFreeBytes);
    if (segment.isLent || length > MAX_KEPT_BYTES || this.#freeBytes + length > maxFreeBytes) return;
    segment.restart(0);
    const free = this.#free.get(length);
    if (free === undefined) this.#free.set(length, [segment]);
    else free.push(segment);
    this.#freeBytes += length;
  }

  /** Lets go of what was not needed for some time. Call now and then. */
  tick(nowMs: number): void {
    this.#lookedAtMs ??= nowMs;
    if (nowMs - this.#lookedAtMs < IDLE_MS) return;
    this.#lookedAtMs = nowMs;
    this.#drop(this.#idleBytes);
    this.#idleBytes = this.#freeBytes;
  }

  #drop(byteCount: number): void {
    let left = byteCount;
    for (const [length, free] of this.#free) {
      while (left >= length && free.pop() !== undefined) {
        left -= length;
        this.#freeBytes -= length;
      }
      if (free.length === 0) this.#free.delete(length);
    }
  }
}

function powerOfTwo(byteLength: number): number {
  let length = MIN_SEGMENT_BYTES;
  while (length < byteLength) length *= 2;
  return length;
}
