import type { Broadcast } from "../broadcast/broadcast.ts";

/** Viewers served in one go; publishers are read in between. */
const SLICE_VIEWERS = 256;

/**
 * Carries out the passes that broadcasts ask for: a timer for what may wait, otherwise after the bytes at hand are read.
 * One pass of a broadcast runs at a time; what arrives during it goes out in the next.
 */
export class Flusher {
  readonly #nowMs: () => number;
  readonly #timers = new Map<Broadcast, NodeJS.Timeout>();
  /** Passes to begin or to go on with, the one that waits longest first. */
  readonly #due: Broadcast[] = [];
  /** Of these, the ones that have begun. */
  readonly #running = new Set<Broadcast>();
  /** Asked for while a pass was running, and when that is due. */
  readonly #nextDueMs = new Map<Broadcast, number>();
  #isArmed = false;
  #isClosed = false;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  readonly schedule = (broadcast: Broadcast, delayMs: number): void => {
    if (this.#isClosed) return;
    if (this.#running.has(broadcast)) {
      this.#nextDueMs.set(broadcast, this.#nowMs() + delayMs);
      return;
    }
    const timer = this.#timers.get(broadcast);
    if (timer !== undefined) clearTimeout(timer);
    this.#timers.delete(broadcast);
    if (delayMs > 0) this.#timers.set(broadcast, setTimeout(this.#onTimer, delayMs, broadcast));
    else this.#enqueue(broadcast);
  };

  /** No pass is begun from here on. */
  close(): void {
    this.#isClosed = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#due.length = 0;
  }

  readonly #onTimer = (broadcast: Broadcast): void => {
    this.#timers.delete(broadcast);
    this.#enqueue(broadcast);
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
