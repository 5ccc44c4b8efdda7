import { Broadcast, type BroadcastOptions } from "./broadcast.ts";
import { SegmentPool } from "./segment-pool.ts";

/** All broadcasts of a server by name. A broadcast exists while somebody publishes, waits, watches or subscribes. */
export class BroadcastDirectory {
  readonly #options: Partial<BroadcastOptions> & Pick<BroadcastOptions, "schedule">;
  readonly #maxBroadcasts: number;
  readonly #broadcasts = new Map<string, Broadcast>();
  readonly #segments: SegmentPool;

  constructor(options: Partial<BroadcastOptions> & Pick<BroadcastOptions, "schedule">, maxBroadcasts = 10_000) {
    this.#segments = options.segments ?? new SegmentPool();
    this.#options = { ...options, segments: this.#segments };
    this.#maxBroadcasts = maxBroadcasts;
  }

  get size(): number {
    return this.#broadcasts.size;
  }

  get(name: string): Broadcast | undefined {
    return this.#broadcasts.get(name);
  }

  /**
   * The broadcast of that name, made if it is new; undefined when there are too many. Those that are published and those
   * that are only waited for are counted apart, so that players of names that nobody publishes keep no publisher out.
   */
  open(name: string, purpose: "publish" | "watch"): Broadcast | undefined {
    const found = this.#broadcasts.get(name);
    if (found !== undefined) return found;
    if (this.#broadcasts.size >= this.#maxBroadcasts) this.#forgetUnused();
    if (this.#broadcasts.size >= this.#maxBroadcasts && this.#count(purpose) >= this.#maxBroadcasts) return undefined;
    const broadcast = new Broadcast(name, this.#options);
    this.#broadcasts.set(name, broadcast);
    return broadcast;
  }

  /** Ends grace times, closes stuck viewers, forgets what is unused. Call about once a second. */
  tick(nowMs: number): void {
    for (const broadcast of this.#broadcasts.values()) broadcast.tick(nowMs);
    this.#forgetUnused();
    this.#segments.tick(nowMs);
  }

  [Symbol.iterator](): IterableIterator<Broadcast> {
    return this.#broadcasts.values();
  }

  #count(purpose: "publish" | "watch"): number {
    let published = 0;
    for (const { state } of this.#broadcasts.values()) if (state !== "idle") published++;
    return purpose === "publish" ? published : this.#broadcasts.size - published;
  }

  #forgetUnused(): void {
    for (const [name, broadcast] of this.#broadcasts) {
      if (!broadcast.isUnused) continue;
      broadcast.giveBack();
      this.#broadcasts.delete(name);
    }
  }
}
