/** Who holds the updates of an object together. Owners have names, and a time by which they must have let go. */
export class UpdateLocks {
  readonly #maxLockMs: number;
  readonly #held = new Map<string, { readonly depth: number; readonly untilMs: number }>();

  constructor(maxLockMs: number) {
    this.#maxLockMs = maxLockMs;
  }

  get isHeld(): boolean {
    return this.#held.size > 0;
  }

  /** May be repeated: an owner's time counts from its first lock. */
  lock(owner: string, nowMs: number): void {
    const { depth, untilMs } = this.#held.get(owner) ?? { depth: 0, untilMs: nowMs + this.#maxLockMs };
    this.#held.set(owner, { depth: depth + 1, untilMs });
  }

  /** False if the owner holds no lock, or not any more. */
  unlock(owner: string): boolean {
    const held = this.#held.get(owner);
    if (held === undefined) return false;
    if (held.depth === 1) this.#held.delete(owner);
    else this.#held.set(owner, { ...held, depth: held.depth - 1 });
    return true;
  }

  /** Takes the locks of those whose time is over. Returns their names. */
  breakExpired(nowMs: number): string[] {
    const expired = Array.from(this.#held)
      .filter(([, { untilMs }]) => untilMs <= nowMs)
      .map(([owner]) => owner);
    for (const owner of expired) this.#held.delete(owner);
    return expired;
  }

  breakAll(): string[] {
    const owners = Array.from(this.#held.keys());
    this.#held.clear();
    return owners;
  }
}
