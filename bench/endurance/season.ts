/** The time that clients have: what waits is woken when it is over. */
export class Season {
  #isOver = false;
  readonly #wakers = new Set<() => void>();

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Waits for a time, for the end of the season, or for `other`, whichever comes first. */
  async wait(milliseconds: number, other?: Promise<unknown>): Promise<void> {
    if (this.#isOver) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, milliseconds);
    this.#wakers.add(resolve);
    void other?.then(() => resolve());
    await promise;
    clearTimeout(timer);
    this.#wakers.delete(resolve);
  }

  end(): void {
    this.#isOver = true;
    for (const wake of this.#wakers) wake();
  }
}
