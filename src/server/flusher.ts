import type { Broadcast } from "../broadcast/broadcast.ts";

/** Viewers served in one go; publishers are read in between. */
const SLICE_VIEWERS = 256;
/** Timers count whole milliseconds: what is due within half of one is done now. */
const TIMER_SLACK_MS = 0.5;

/**
 * Carries out the passes that broadcasts ask for: at their time for what may wait, otherwise after the bytes at hand are
 * read. One pass of a broadcast runs at a time; what arrives during it goes out in the next. One timer serves all.
 */
export class Flusher {
  readonly #nowMs: () => number;
  /** What may wait, and until when. */
  readonly #waiting = new Map<Broadcast, number>();
  /** Passes to begin or to go on with, the one that waits longest first. */
  readonly #due: Broadcast[] = [];
  /** Of these, the ones that have begun. */
  readonly #running = new Set<Broadcast>();
  /** Asked for while a pass was running, and when that is due. */
  readonly #nextDueMs = new Map<Broadcast, number>();
  #timer: NodeJS.Timeout | undefined;
  #timerDueMs = Number.POSITIVE_INFINITY;
  #isArmed = false;
  #isClosed = false;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  readonly schedule = (broadcast: Broadcast, delayMs: number): void => {
    if (this.#isClosed) return;
    const dueMs = this.#nowMs() + delayMs;
    if (this.#running.has(broadcast)) {
      this.#nextDueMs.set(broadcast, dueMs);
    } else if (delayMs > 0) {
      this.#waiting.set(broadcast, dueMs);
      this.#wakeAt(dueMs, delayMs);
    } else {
      // The timer stays as it is: most passes come from pictures, ahead of the time until which sound may wait.
      this.#waiting.delete(broadcast);
      this.#enqueue(broadcast);
    }
  };

  /** No pass is begun from here on. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#waiting.clear();
    this.#due.length = 0;
  }

  #wakeAt(dueMs: number, delayMs: number): void {
    if (this.#timerDueMs <= dueMs) return;
    clearTimeout(this.#timer);
    this.#timerDueMs = dueMs;
    this.#timer = setTimeout(this.#onTimer, delayMs);
  }

  readonly #onTimer = (): void => {
    this.#timerDueMs = Number.POSITIVE_INFINITY;
    const nowMs = this.#nowMs();
    let nextDueMs = Number.POSITIVE_INFINITY;
    for (const [broadcast, dueMs] of this.#waiting) {
      if (dueMs > nowMs + TIMER_SLACK_MS) {
        nextDueMs = Math.min(nextDueMs, dueMs);
        continue;
      }
      this.#waiting.delete(broadcast);
      this.#enqueue(broadcast);
    }
    if (this.#waiting.size > 0) this.#wakeAt(nextDueMs, nextDueMs - nowMs);
  };

  #enqueue(broadcast: Broadcast): void {
    this.#due.push(broadcast);
    this.#arm();
  }

  #arm(): void {
    if (this.#isArmed || this.#due.length === 0) return;
    this.#isArmed = true;
    setImmediate(this.#runSlice);
  }

  /** One slice of the pass that waits longest; a pass that is not over goes to the end of the queue. */
  readonly #runSlice = (): void => {
    this.#isArmed = false;
    let budget = SLICE_VIEWERS;
    while (budget > 0) {
      const broadcast = this.#due.shift();
      if (broadcast === undefined) break;
      if (!this.#running.has(broadcast)) {
        this.#running.add(broadcast);
        broadcast.startPass();
      }
      budget -= Math.min(budget, Math.max(1, broadcast.viewerCount));
      if (broadcast.continuePass(this.#nowMs(), SLICE_VIEWERS)) this.#due.push(broadcast);
      else this.#finish(broadcast);
    }
    this.#arm();
  };

  #finish(broadcast: Broadcast): void {
    this.#running.delete(broadcast);
    const dueMs = this.#nextDueMs.get(broadcast);
    if (dueMs === undefined) return;
    this.#nextDueMs.delete(broadcast);
    this.schedule(broadcast, Math.max(0, dueMs - this.#nowMs()));
  }
}
