import { type FlushPolicy, flushDelayMs, groupCount } from "./flush-policy.ts";
import type { Viewer, ViewerNotice } from "./viewer.ts";

/**
 * Who watches a broadcast, and when each is served. A pass serves all viewers, or one group of them where the policy
 * merges; it runs in slices, between which viewers may come and go.
 */
export class Audience {
  readonly #flush: FlushPolicy;
  /** How many viewers each group has. */
  readonly #groupSizes: number[];
  /** Asked to start a pass in so many milliseconds. */
  readonly #schedule: (delayMs: number) => void;
  readonly #viewers: Viewer[] = [];
  #joined = 0;
  #scheduledForMs: number | undefined;
  /** When the pass that was begun last was due: merging passes keep to their intervals, however late timers are. */
  #passDueMs = Number.NEGATIVE_INFINITY;
  #passGroup = 0;
  /** The next to be looked at: all before it have had their turn. */
  #passIndex = 0;
  /** How many groups have yet to get what was written last. */
  #groupsDue = 0;

  constructor(flush: FlushPolicy, schedule: (delayMs: number) => void) {
    this.#flush = flush;
    this.#groupSizes = new Array<number>(groupCount(flush)).fill(0);
    this.#schedule = schedule;
  }

  get size(): number {
    return this.#viewers.length;
  }

  add(viewer: Viewer): void {
    viewer.group = this.#joined++ % this.#groupSizes.length;
    this.#resize(viewer.group, 1);
    viewer.index = this.#viewers.push(viewer) - 1;
  }

  /** Nobody is passed over because of this, during a pass either. */
  remove(viewer: Viewer): void {
    let gap = viewer.index;
    if (this.#viewers[gap] !== viewer) return;
    this.#resize(viewer.group, -1);
    if (gap < this.#passIndex) {
      this.#passIndex--;
      this.#move(this.#passIndex, gap);
      gap = this.#passIndex;
    }
    const last = this.#viewers.length - 1;
    // The last has moved already where the gap is its place.
    if (gap < last) this.#move(last, gap);
    this.#viewers.pop();
    viewer.index = -1;
  }

  /** Something was written: asks for the pass that sends it. */
  wake(isVideoFrame: boolean, nowMs: number): void {
    if (this.#viewers.length === 0) return;
    if (this.#groupSizes.length > 1) this.#groupsDue = this.#groupSizes.length;
    if (this.#flush.kind === "merge") this.#scheduleMerge(nowMs);
    else this.#scheduleAt(nowMs + flushDelayMs(this.#flush, isVideoFrame), nowMs);
  }

  startPass(): void {
    this.#passDueMs = this.#scheduledForMs ?? this.#passDueMs;
    this.#scheduledForMs = undefined;
    this.#passIndex = 0;
    const groupsAhead = this.#groupsAhead();
    this.#passGroup = (this.#passGroup + groupsAhead) % this.#groupSizes.length;
    this.#groupsDue = Math.max(0, this.#groupsDue - groupsAhead);
  }

  /** Looks at up to `count` viewers; false when the pass is over. */
  continuePass(nowMs: number, count: number): boolean {
    for (let looks = 0; looks < count; looks++) {
      const viewer = this.#viewers[this.#passIndex];
      if (viewer === undefined) break;
      // Moved on first: one that leaves because it is served makes room for another.
      this.#passIndex++;
      if (viewer.group === this.#passGroup) viewer.serve();
    }
    if (this.#passIndex < this.#viewers.length) return true;
    if (this.#groupsDue > 0) this.#scheduleMerge(nowMs);
    return false;
  }

  /** Serves everybody at once: for the end of a publication. */
  serveAll(): void {
    for (const viewer of this.#viewers.slice()) viewer.serve();
  }

  notifyAll(notice: ViewerNotice): void {
    for (const viewer of this.#viewers.slice()) viewer.notify(notice);
  }

  tick(nowMs: number): void {
    for (const viewer of this.#viewers.slice()) viewer.tick(nowMs);
  }

  /** Where the viewer stands that is furthest behind; `head` without any. */
  oldestPosition(head: number): number {
    let oldest = head;
    for (const viewer of this.#viewers) oldest = Math.min(oldest, viewer.position);
    return oldest;
  }

  /** How far it is to the next group that has viewers: 1 where there is but one group. */
  #groupsAhead(): number {
    const groups = this.#groupSizes.length;
    let ahead = 1;
    while (ahead < groups && this.#groupSizes[(this.#passGroup + ahead) % groups] === 0) ahead++;
    return ahead;
  }

  #resize(group: number, by: number): void {
    this.#groupSizes[group] = (this.#groupSizes[group] ?? 0) + by;
  }

  #move(from: number, to: number): void {
    const viewer = this.#viewers[from];
    if (viewer === undefined) return;
    this.#viewers[to] = viewer;
    viewer.index = to;
  }

  #scheduleMerge(nowMs: number): void {
    const stepMs = flushDelayMs(this.#flush, false);
    const delayMs = stepMs * this.#groupsAhead();
    const dueMs = this.#passDueMs + delayMs;
    const isInStep = dueMs > nowMs - stepMs;
    this.#scheduleAt(isInStep ? Math.max(nowMs, dueMs) : nowMs + delayMs, nowMs);
  }

  #scheduleAt(dueMs: number, nowMs: number): void {
    if (this.#scheduledForMs !== undefined && this.#scheduledForMs <= dueMs) return;
    this.#scheduledForMs = dueMs;
    this.#schedule(dueMs - nowMs);
  }
}
