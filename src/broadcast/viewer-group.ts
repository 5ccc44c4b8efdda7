import type { Viewer } from "./viewer.ts";
import type { ViewerSource } from "./viewer-source.ts";

/** Viewers that are served together, one after another, in rounds during which some may come and go. */
export class ViewerGroup {
  readonly #viewers: Viewer[] = [];
  /** The next of this round: all before it have had their turn. */
  #next = 0;

  get size(): number {
    return this.#viewers.length;
  }

  /** To all of them so far. */
  get sentBytes(): number {
    let sum = 0;
    for (const viewer of this.#viewers) sum += viewer.sentBytes;
    return sum;
  }

  add(viewer: Viewer): void {
    viewer.index = this.#viewers.push(viewer) - 1;
  }

  /** Nobody is passed over because of this, during a round either. */
  remove(viewer: Viewer): void {
    let gap = viewer.index;
    if (this.#viewers[gap] !== viewer) return;
    if (gap < this.#next) {
      this.#next--;
      this.#move(this.#next, gap);
      gap = this.#next;
    }
    const last = this.#viewers.length - 1;
    // The last has moved already where the gap is its place.
    if (gap < last) this.#move(last, gap);
    this.#viewers.pop();
    viewer.index = -1;
  }

  startRound(): void {
    this.#next = 0;
  }

  /** Serves up to `count` of those that wait for their turn; false when all have had it. */
  serveSome(count: number): boolean {
    for (let served = 0; served < count; served++) {
      const viewer = this.#viewers[this.#next];
      if (viewer === undefined) return false;
      // Moved on first: one that leaves because it is served makes room for another.
      this.#next++;
      viewer.serve();
    }
    return this.#next < this.#viewers.length;
  }

  /** All of them as they are now: what they do meanwhile to this group changes nothing. */
  list(): readonly Viewer[] {
    return this.#viewers.slice();
  }

  /** The smaller of `limit` and where the viewer of that source stands that is furthest behind. */
  oldestPosition(source: ViewerSource, limit: number): number {
    let oldest = limit;
    for (const viewer of this.#viewers) if (viewer.readsFrom(source)) oldest = Math.min(oldest, viewer.position);
    return oldest;
  }

  #move(from: number, to: number): void {
    const viewer = this.#viewers[from];
    if (viewer === undefined) return;
    this.#viewers[to] = viewer;
    viewer.index = to;
  }
}
