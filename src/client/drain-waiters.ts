/** Those who wait until less is queued. */
export class DrainWaiters {
  readonly #queuedBytes: () => number;
  readonly #waiting = new Set<{ readonly maxQueuedBytes: number; readonly resolve: () => void }>();
  #isOver = false;

  constructor(queuedBytes: () => number) {
    this.#queuedBytes = queuedBytes;
  }

  /** Resolves when no more than `maxQueuedBytes` are queued, or `release` is called. */
  wait(maxQueuedBytes: number): Promise<void> {
    if (this.#isOver || this.#queuedBytes() <= maxQueuedBytes) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.add({ maxQueuedBytes, resolve });
    return promise;
  }

  /** To be called when the queue has become shorter. */
  drained(): void {
    const queuedBytes = this.#queuedBytes();
    for (const waiter of this.#waiting) {
      if (queuedBytes > waiter.maxQueuedBytes) continue;
      this.#waiting.delete(waiter);
      waiter.resolve();
    }
  }

  /** Nobody waits from here on. */
  release(): void {
    this.#isOver = true;
    for (const { resolve } of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
