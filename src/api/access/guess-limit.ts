/** How often a network may be wrong at once. */
const MAX_WRONG = 10;
/** After which it may be wrong once more. */
const FORGIVE_MS = 6_000;
/** Networks that are told apart; further ones share one count. */
const MAX_NETWORKS = 10_000;
const ALL_OTHERS = "";

/** How many wrong tokens come from where: whoever guesses has to wait. Knows no clock. */
export class GuessLimit {
  /** By network: when all of its wrong tokens will be forgiven. */
  readonly #forgivenAtMs = new Map<string, number>();

  /** How long that network has to wait before it may try another token, in milliseconds; 0: not at all. */
  waitMs(network: string, nowMs: number): number {
    const forgivenAtMs = this.#forgivenAtMs.get(this.#nameOf(network)) ?? nowMs;
    return Math.max(0, forgivenAtMs - nowMs - (MAX_WRONG - 1) * FORGIVE_MS);
  }

  wrong(network: string, nowMs: number): void {
    if (this.#forgivenAtMs.size >= MAX_NETWORKS) this.#forget(nowMs);
    const name = this.#nameOf(network);
    const forgivenAtMs = Math.max(nowMs, this.#forgivenAtMs.get(name) ?? nowMs) + FORGIVE_MS;
    this.#forgivenAtMs.set(name, forgivenAtMs);
  }

  #nameOf(network: string): string {
    const isKnown = this.#forgivenAtMs.has(network) || this.#forgivenAtMs.size < MAX_NETWORKS;
    return isKnown ? network : ALL_OTHERS;
  }

  #forget(nowMs: number): void {
    for (const [network, forgivenAtMs] of this.#forgivenAtMs) {
      if (forgivenAtMs <= nowMs) this.#forgivenAtMs.delete(network);
    }
  }
}
