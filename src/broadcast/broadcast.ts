import { configSlot } from "../formats/flv/classify.ts";
import type { MediaMessage } from "../formats/flv/media-message.ts";
import { Audience } from "./audience.ts";
import { type BroadcastCounters, countMessage, createCounters } from "./broadcast-counters.ts";
import { DEFAULT_FLUSH_POLICY, type FlushPolicy } from "./flush-policy.ts";
import { FlvCopy } from "./flv-copy.ts";
import type { HealthMeter } from "./health/health-meter.ts";
import type { HealthReport } from "./health/health-report.ts";
import { JoinPoint } from "./join-point.ts";
import { DEFAULT_LAG_LIMITS, type LagLimits } from "./lag-policy.ts";
import { MessageLog } from "./message-log.ts";
import type {
  BusyNamePolicy,
  Publication,
  PublicationEnd,
  Publisher,
  PublishResult,
  Subscriber,
} from "./publication.ts";
import { nameInUse } from "./refusals.ts";
import { type RelayOutput, Relays } from "./relays.ts";
import type { SegmentPool } from "./segment-pool.ts";
import { Timeline } from "./timeline.ts";
import { type Track, Tracks } from "./tracks.ts";
import { Viewer, type ViewerNotice, type ViewerOutput, type ViewerWants } from "./viewer.ts";
import { ViewerSource } from "./viewer-source.ts";

export type BroadcastOptions = {
  /** @default "takeover-when-stale" */
  readonly busyName: BusyNamePolicy;
  /** A publisher that sent nothing for this long may be replaced. @default 5_000 */
  readonly staleAfterMs: number;
  /** How long viewers wait for a publisher whose connection broke. @default 10_000 */
  readonly graceMs: number;
  /** The most bytes kept for newcomers since the newest keyframe. @default 64 MiB */
  readonly maxGopBytes: number;
  /** The most messages kept for newcomers, and for viewers that are behind. @default 100_000 */
  readonly maxLogMessages: number;
  /** The most bytes of configurations and metadata kept for newcomers. @default 1 MiB */
  readonly maxConfigBytes: number;
  /** Payload bytes of a chunk as it stands in the log: what players are told. @default 65_536 */
  readonly chunkSize: number;
  readonly flush: FlushPolicy;
  readonly lag: LagLimits;
  /** Where the log takes its memory from. @default a pool of its own */
  readonly segments?: SegmentPool;
  /** Asked to call `startPass` in so many milliseconds; 0 = after the bytes at hand are read. */
  readonly schedule: (broadcast: Broadcast, delayMs: number) => void;
};

export const DEFAULT_BROADCAST_OPTIONS: Omit<BroadcastOptions, "schedule"> = {
  busyName: "takeover-when-stale",
  staleAfterMs: 5_000,
  graceMs: 10_000,
  maxGopBytes: 64 * 1024 * 1024,
  maxLogMessages: 100_000,
  maxConfigBytes: 1024 * 1024,
  chunkSize: 65_536,
  flush: DEFAULT_FLUSH_POLICY,
  lag: DEFAULT_LAG_LIMITS,
};

/** How much is written between two looks at what nobody needs any more. */
const TRIM_STEP_BYTES = 32 * 1024;
/** How often a publisher that waits for a name looks whether the present one has sent something. */
const UNDECIDED_MS = 100;
const WANTS_ALL: ViewerWants = { wantsAudio: true, wantsVideo: true };

type Current = {
  readonly publisher: Publisher;
  readonly publication: Publication;
  readonly sinceMs: number;
  lastWriteMs: number;
};

/**
 * One name under which somebody publishes and many watch. Messages are written once into a log; viewers are cursors on
 * it. Knows no socket and no clock: the time comes in as an argument, what is due goes out through `schedule`.
 */
export class Broadcast {
  /** `app/key`. */
  readonly name: string;
  readonly counters: BroadcastCounters;
  readonly #options: BroadcastOptions;
  readonly #log: MessageLog;
  readonly #timeline = new Timeline();
  readonly #joinPoint: JoinPoint;
  readonly #tracks = new Tracks();
  readonly #audience: Audience;
  readonly #relays = new Relays();
  readonly #subscribers = new Set<Subscriber>();
  readonly #viewerSource: ViewerSource;
  /** For viewers by HTTP, while there are any. */
  #flv: FlvCopy | undefined;
  #current: Current | undefined;
  /** Of the present publication, or the last one. */
  #health: HealthMeter | undefined;
  #graceEndsMs: number | undefined;
  #hasBeenPublished = false;
  /** Where the log's head was at the last look at what nobody needs. */
  #trimmedAt = 0;

  constructor(name: string, options: Partial<BroadcastOptions> & Pick<BroadcastOptions, "schedule">) {
    this.name = name;
    this.#options = { ...DEFAULT_BROADCAST_OPTIONS, ...options };
    this.#log = new MessageLog(this.#options);
    this.#joinPoint = new JoinPoint(this.#log, this.#options);
    this.#viewerSource = new ViewerSource(this.#log, this.#joinPoint, this.#options.lag);
    this.#audience = new Audience(this.#options.flush, (delayMs) => this.#options.schedule(this, delayMs));
    this.counters = createCounters(this.#timeline.counters);
  }

  /** "live" with a publisher, "waiting" while viewers wait for a lost one, otherwise "idle". */
  get state(): "live" | "waiting" | "idle" {
    if (this.#current !== undefined) return "live";
    return this.#graceEndsMs === undefined ? "idle" : "waiting";
  }

  get viewerCount(): number {
    return this.#audience.size;
  }

  /** To viewers that are there, and to those that have left. */
  get sentBytes(): number {
    return this.counters.sentBytes + this.#audience.sentBytes;
  }

  /** Memory that its logs hold. */
  get heldBytes(): number {
    return this.#log.heldBytes + (this.#flv?.log.heldBytes ?? 0);
  }

  /** Nobody publishes, waits, watches or subscribes: it may be forgotten. */
  get isUnused(): boolean {
    return this.state === "idle" && !this.isWatched && this.#relays.size === 0;
  }

  /** Somebody watches or subscribes here: relays to other processes do not count. */
  get isWatched(): boolean {
    return this.#audience.size > 0 || this.#subscribers.size > 0;
  }

  /** Somebody gets what is published, in this process or another. */
  get hasAudience(): boolean {
    return this.isWatched || this.#relays.size > 0;
  }

  /** Who publishes now. */
  get publisher(): Publisher | undefined {
    return this.#current?.publisher;
  }

  /** When its publication began, by the clock of whoever publishes. */
  get publishedAtMs(): number | undefined {
    return this.#current?.sinceMs;
  }

  /** What the publication carries, in words. */
  get tracks(): readonly Track[] {
    return this.#tracks.list;
  }

  /** The newest `onMetaData`, as a message's payload; undefined where there is none. Stays as it is: do not change it. */
  get metadata(): Uint8Array | undefined {
    return this.#joinPoint.dataPayload("onMetaData");
  }

  /** How well the present publication goes, or went at its end until there is another; undefined where nobody meters it. */
  healthAt(nowMs: number): HealthReport | undefined {
    return this.#health?.report(nowMs);
  }

  /** After an undecided answer, `waitingSinceMs` is the time of the first attempt. */
  publish(publisher: Publisher, nowMs: number, waitingSinceMs?: number): PublishResult {
    const objection = this.#current === undefined ? undefined : this.#objection(this.#current, nowMs, waitingSinceMs);
    if (objection !== undefined) return objection;
    const replaced = this.#current;
    const isReturn = replaced !== undefined || this.#graceEndsMs !== undefined;
    this.#relays.serveAll();
    this.#current = undefined;
    this.#graceEndsMs = undefined;
    replaced?.publisher.health?.ended(nowMs);
    replaced?.publisher.replaced(publisher);

    this.counters.publications++;
    if (isReturn) this.counters.returns++;
    this.#timeline.startPublication(nowMs, this.#options.graceMs, publisher.isRelay);
    this.#joinPoint.startPublication();
    this.#tracks.clear();
    this.#health = publisher.health;
    this.#health?.started(this.counters.timeline, nowMs);
    const publication = this.#createPublication(this.#hasBeenPublished);
    this.#hasBeenPublished = true;
    this.#current = { publisher, publication, sinceMs: nowMs, lastWriteMs: nowMs };
    if (!isReturn) this.#notifyAll("publish");
    this.#relays.started();
    return { kind: "accepted", publication, isReturn };
  }

  /**
   * Adds a viewer: it gets configurations and metadata, then the newest keyframe and what followed, as soon as its output
   * is ready, which it is as a rule.
   */
  join(output: ViewerOutput, wanted: ViewerWants = WANTS_ALL): Viewer {
    return this.#add(new Viewer(this.#viewerSource, output, wanted));
  }

  /** The same with FLV tags, which the output puts behind a header of its own. */
  joinFlv(output: Extract<ViewerOutput, { readonly kind: "bytes" }>, wanted: ViewerWants = WANTS_ALL): Viewer {
    this.#flv ??= new FlvCopy(this.#log, this.#joinPoint, this.#options.lag, this.#options);
    return this.#add(new Viewer(this.#flv.source, output, wanted));
  }

  leave(viewer: Viewer): void {
    if (this.#audience.remove(viewer)) this.counters.sentBytes += viewer.sentBytes;
    this.#relays.remove(viewer);
  }

  /** As `join`, for another process where others watch: it is no viewer, and its output says when it is served. */
  relay(output: RelayOutput): Viewer {
    const viewer = new Viewer(this.#viewerSource, output, WANTS_ALL);
    if (this.state !== "idle") output.started();
    this.#relays.add(viewer, output);
    viewer.serve();
    this.#current?.publisher.watched?.();
    return viewer;
  }

  /** Continues a paused viewer at the newest place that can be joined. */
  resume(viewer: Viewer): void {
    viewer.resume();
  }

  /** Starts with the configurations and what came since the newest keyframe. Returns a function that unsubscribes. */
  subscribe(subscriber: Subscriber): () => void {
    for (const message of this.#joinPoint.messages()) subscriber.write(message);
    this.#subscribers.add(subscriber);
    this.#current?.publisher.watched?.();
    return () => this.#subscribers.delete(subscriber);
  }

  /** Begins to serve the viewers that are due; `continuePass` goes on. */
  startPass(): void {
    this.#audience.startPass();
  }

  /** Looks at up to `count` viewers; false when the pass is over. */
  continuePass(nowMs: number, count: number): boolean {
    return this.#audience.continuePass(nowMs, count);
  }

  /** What is due by time: the end of a grace time, viewers that took nothing for too long. Call about once a second. */
  tick(nowMs: number): void {
    if (this.#graceEndsMs !== undefined && nowMs >= this.#graceEndsMs) {
      this.#graceEndsMs = undefined;
      this.#announceEnd();
    }
    this.#audience.tick(nowMs);
    this.#relays.tick(nowMs);
    if (this.#flv?.isOver(this.#audience.has(this.#flv.source), nowMs)) this.#dropFlv();
    this.#trim();
  }

  /** Nobody uses it any more: its memory may serve others. Nothing may be written afterwards. */
  giveBack(): void {
    this.#log.trim(this.#log.head);
    this.#dropFlv();
  }

  #add(viewer: Viewer): Viewer {
    this.#audience.add(viewer);
    viewer.serve();
    this.#current?.publisher.watched?.();
    return viewer;
  }

  #dropFlv(): void {
    this.#flv?.log.trim(this.#flv.log.head);
    this.#flv = undefined;
  }

  /** Who publishes is not said: it is nobody else's business. */
  #objection(current: Current, nowMs: number, waitingSinceMs: number | undefined): PublishResult | undefined {
    if (current.publisher.isRelay) return undefined;
    const refused: PublishResult = { kind: "refused", reason: nameInUse(this.name) };
    switch (this.#options.busyName) {
      case "takeover":
        return undefined;
      case "refuse":
        return refused;
      case "takeover-when-stale":
        if (nowMs - current.lastWriteMs >= this.#options.staleAfterMs) return undefined;
        if (waitingSinceMs !== undefined && current.lastWriteMs > waitingSinceMs) return refused;
        return { kind: "undecided", retryInMs: UNDECIDED_MS };
    }
  }

  #createPublication(isContinuation: boolean): Publication {
    const isOver = (): boolean => this.#current?.publication !== publication;
    const openTracks = new Set<number>();
    const publication: Publication = {
      get isOver(): boolean {
        return isOver();
      },
      write: (message, nowMs) => {
        const current = this.#current;
        if (current?.publication !== publication) return;
        current.lastWriteMs = nowMs;
        if (isContinuation && message.kind === "video" && !message.isConfig) {
          if (message.isKeyframe) openTracks.add(message.trackId);
          else if (!openTracks.has(message.trackId)) return this.#drop();
        }
        this.#write(message, nowMs);
      },
      clearData: (name) => {
        if (isOver()) return;
        this.#joinPoint.clearData(name);
        this.#relays.cleared(name);
      },
      end: (reason, nowMs) => {
        if (!isOver()) this.#end(reason, nowMs);
      },
    };
    return publication;
  }

  #drop(): void {
    this.counters.droppedMessages++;
  }

  #write(message: MediaMessage, nowMs: number): void {
    countMessage(this.counters, message);
    const timestamp = this.#timeline.timestampOf(message, nowMs);
    if (message.isConfig) this.#joinPoint.storeConfig(configSlot(message), message);
    const position = this.#log.append(message, timestamp, nowMs);
    this.#joinPoint.note(message, timestamp, position);
    this.#flv?.append(message, timestamp, nowMs, position);
    const track = this.#tracks.note(message);
    if (track !== undefined) this.#noteTrack(track, nowMs);
    this.#health?.note(message, timestamp, nowMs);
    if (this.#subscribers.size > 0) {
      const onTimeline = { ...message, timestamp };
      for (const subscriber of this.#subscribers) subscriber.write(onTimeline);
    }
    if (this.#log.head - this.#trimmedAt >= TRIM_STEP_BYTES) this.#trim();
    this.#audience.wake(message.kind === "video" && !message.isConfig, nowMs);
    if (this.#relays.size > 0) this.#relays.wake();
  }

  #noteTrack(track: Track, nowMs: number): void {
    this.#current?.publisher.track?.(track);
    this.#health?.noteTrack(track, nowMs);
  }

  #end(reason: Exclude<PublicationEnd, "replaced">, nowMs: number): void {
    this.#current = undefined;
    this.#health?.ended(nowMs);
    this.#audience.serveAll();
    this.#relays.serveAll();
    if (reason === "lost" && this.#options.graceMs > 0) this.#graceEndsMs = nowMs + this.#options.graceMs;
    else this.#announceEnd();
  }

  /** The publisher is gone for good: viewers and subscribers are told, and newcomers wait for the next one. */
  #announceEnd(): void {
    this.#joinPoint.startPublication();
    const ended = [...this.#subscribers];
    this.#subscribers.clear();
    for (const subscriber of ended) subscriber.end();
    this.#notifyAll("unpublish");
  }

  #notifyAll(notice: ViewerNotice): void {
    this.#audience.notifyAll(notice);
    this.#relays.notifyAll(notice);
  }

  /**
   * Lets go of what neither newcomers nor viewers within their limit need. Never while a viewer is served, or the views
   * that its output has just taken could be overwritten before it is known whether it keeps them.
   */
  #trim(): void {
    const { head } = this.#log;
    this.#trimmedAt = head;
    const oldest = Math.min(this.#audience.oldestPosition(this.#viewerSource), this.#relays.oldestPosition(head));
    this.#log.trim(Math.min(this.#neededFrom(this.#log, oldest), this.#joinPoint.position));
    this.#viewerSource.trim();
    const flv = this.#flv;
    flv?.trim(this.#neededFrom(flv.log, this.#audience.oldestPosition(flv.source)));
  }

  /** From where on a log is needed by viewers within their limit, of whom the furthest behind stands at `oldest`. */
  #neededFrom(log: MessageLog, oldest: number): number {
    const { lag, maxLogMessages } = this.#options;
    return Math.max(oldest, log.head - lag.maxLagBytes, log.positionOfLast(maxLogMessages));
  }
}
