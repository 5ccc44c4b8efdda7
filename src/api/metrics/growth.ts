/** By how much totals have grown since they were last looked at: counters of Prometheus take only that. */
export class Growth {
  #before: ReadonlyMap<string, number> = new Map();
  #now = new Map<string, number>();

  /**
   * A total that is smaller than it was counts from where it is then: the process that it was of has gone, say, and
   * what it had counted was added already. One that is new counts from 0.
   */
  of(name: string, total: number): number {
    this.#now.set(name, total);
    return Math.max(0, total - (this.#before.get(name) ?? 0));
  }

  /** One look is over: forgets the totals that were not there. */
  next(): void {
    this.#before = this.#now;
    this.#now = new Map();
  }
}
