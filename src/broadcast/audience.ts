import { type FlushPolicy, flushDelayMs, groupCount } from "./flush-policy.ts";
import type { Viewer, ViewerNotice } from "./viewer.ts";
import { ViewerGroup } from "./viewer-group.ts";
import type { ViewerSource } from "./viewer-source.ts";

/**
 * Who watches a broadcast, and when each is served. A pass serves all viewers, or one group of them where the policy
 * merges; it runs in slices, between which viewers may come and go.
 */
export class Audience {
  readonly #flush: FlushPolicy;
  readonly #groups: readonly ViewerGroup[];
  /** Asked to start a pass in so many milliseconds. */
  readonly #schedule: (delayMs: number) => void;
  #joined = 0;
  #size = 0;
  #scheduledForMs: number | undefined;
  /** When the pass that was begun last was due: merging passes keep to their intervals, however late timers are. */
  #passDueMs = Number.NEGATIVE_INFINITY;
  /** Which group the pass serves. */
  #passGroup = 0;
  /** How many groups have yet to get what was written last. */
  #groupsDue = 0;

  constructor(flush: FlushPolicy, schedule: (delayMs: number) => void) {
    this.#flush = flush;
    this.#groups = Array.from({ length: groupCount(flush) }, () => new ViewerGroup());
    this.#schedule = schedule;
  }

  get size(): number {
    return this.#size;
  }

  /** To all of them so far. */
  get sentBytes(): number {
    return this.#groups.reduce((sum, group) => sum + group.sentBytes, 0);
  }

  add(viewer: Viewer): void {
    const group = this.#groups[this.#joined++ % this.#groups.length];
    group?.add(viewer);
    viewer.group = group;
    this.#size++;
  }

  /** False for one that is not there. */
  remove(viewer: Viewer): boolean {
    if (viewer.group === undefined) return false;
    viewer.group.remove(viewer);
    viewer.group = undefined;
    this.#size--;
    return true;
  }

  /** Something was written: asks for the pass that sends it. */
  wake(isVideoFrame: boolean, nowMs: number): void {
    if (this.#size === 0) return;
    if (this.#groups.length > 1) this.#groupsDue = this.#groups.length;
    if (this.#flush.kind === "merge") this.#scheduleMerge(nowMs);
    else this.#scheduleAt(nowMs + flushDelayMs(this.#flush, isVideoFrame), nowMs);
  }

  startPass(): void {
    this.#passDueMs = this.#scheduledForMs ?? this.#passDueMs;
    this.#scheduledForMs = undefined;
    const groupsAhead = this.#groupsAhead();
    this.#passGroup = (this.#passGroup + groupsAhead) % this.#groups.length;
    this.#groupsDue = Math.max(0, this.#groupsDue - groupsAhead);
    this.#groups[this.#passGroup]?.startRound();
  }

  /** Serves up to `count` viewers; false when the pass is over. */
  continuePass(nowMs: number, count: number): boolean {
    if (this.#groups[this.#passGroup]?.serveSome(count)) return true;
    if (this.#groupsDue > 0) this.#scheduleMerge(nowMs);
    return false;
  }

  /** Serves everybody at once: for the end of a publication. */
  serveAll(): void {
    for (const group of this.#groups) for (const viewer of group.list()) viewer.serve();
  }

  notifyAll(notice: ViewerNotice): void {
    for (const group of this.#groups) for (const viewer of group.list()) viewer.notify(notice);
  }

  tick(nowMs: number): void {
    for (const group of this.#groups) for (const viewer of group.list()) viewer.tick(nowMs);
  }

  /** Where the viewer of that source stands that is furthest behind; its head without any. */
  oldestPosition(source: ViewerSource): number {
    let oldest = source.log.head;
    for (const group of this.#groups) oldest = group.oldestPosition(source, oldest);
    return oldest;
  }

  /** Whether somebody reads from that source. */
  has(source: ViewerSource): boolean {
    return this.#groups.some((group) => group.list().some((viewer) => viewer.readsFrom(source)));
  }

  /** How far it is to the next group that has viewers: 1 where there is but one group. */
  #groupsAhead(): number {
    const groups = this.#groups.length;
    let ahead = 1;
    while (ahead < groups && this.#groups[(this.#passGroup + ahead) % groups]?.size === 0) ahead++;
    return ahead;
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
