import type { MediaMessage } from "../../formats/flv/media-message.ts";
import type { MediaSample, TrackConfig, TrackName } from "../../mp4/track.ts";
import { TrackReader } from "../../mp4/track-reader.ts";
import { Rendition } from "./rendition.ts";
import { TrackTitles } from "./track-titles.ts";

export type SegmenterOptions = {
  readonly segmentMs: number;
  readonly partMs: number;
  /** How many segments a playlist names. */
  readonly segments: number;
  /** The most bytes kept, of all renditions. */
  readonly maxBytes: number;
  /** Told once of each track that HLS cannot carry. */
  onUnsupported(unsupported: Unsupported): void;
};

export type Unsupported = { readonly track: TrackName; readonly codec: string; readonly reason: string };

/** How long the first segment may get, while it is not known how far apart keyframes are. */
const MAX_FIRST_SEGMENT_MS = 12_000;
/** Where the first segment is much longer than wanted, and by chance: encoders have 250 pictures between keyframes at most. */
const USUAL_LONG_SECONDS = 10;
/** A segment may be so much longer than a whole number of seconds, and so much shorter than wanted. */
const ROUNDING_SECONDS = 0.4;
const NEARLY = 0.9;
/** The open segment is cut where it alone has this share of the memory: as much may come until it is. */
const OPEN_SHARE = 4;
/** What one track is behind the others counts as missing then. */
const LATE_MS = 1_000;
/** Time that no track has anything for, where samples usually come more often: the media does not go on. */
const HOLE_MS = 1_000;
const HOLE_SAMPLES = 4;

/**
 * Makes segments and parts of a broadcast's messages, the same ones for all its tracks: they end at keyframes of the first
 * video track. Knows no clock: the time of day comes with each message.
 */
export class Segmenter {
  readonly titles: TrackTitles = new TrackTitles();
  readonly #options: SegmenterOptions;
  readonly #reader = new TrackReader();
  readonly #renditions = new Map<string, Rendition>();
  readonly #newConfigs = new Map<Rendition, TrackConfig>();
  readonly #usualStepMs = new Map<Rendition, { lastMs: number; stepMs: number }>();
  readonly #unsupported = new Map<string, Unsupported>();
  #boundaries = 0;
  #lastBoundaryMs: number | undefined;
  #lastKeyframeMs: number | undefined;
  #longestGopMs = 0;
  #newestMs = Number.NEGATIVE_INFINITY;
  #timelineStartMs = Number.POSITIVE_INFINITY;
  #targetDuration: number | undefined;
  #isEnded = false;

  constructor(options: SegmenterOptions) {
    this.#options = options;
  }

  /** Video first, then by track id. */
  get renditions(): readonly Rendition[] {
    return [...this.#renditions.values()].filter(({ segments }) => segments.length > 0).sort(inOrder);
  }

  rendition(name: string): Rendition | undefined {
    return this.#renditions.get(name);
  }

  /** Tracks that HLS cannot carry. */
  get unsupported(): readonly Unsupported[] {
    return [...this.#unsupported.values()];
  }

  /** No track that came so far can be carried. */
  get hasOnlyUnsupported(): boolean {
    return this.#unsupported.size > 0 && this.#renditions.size === 0;
  }

  /** In whole seconds; undefined until there is something to play, and the same from then on. */
  get targetDuration(): number | undefined {
    return this.#targetDuration;
  }

  /** The time of day at the start of the broadcast's timeline, in milliseconds since 1970. */
  get timelineStartMs(): number {
    return this.#timelineStartMs;
  }

  get newestMs(): number {
    return this.#newestMs;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  get heldBytes(): number {
    let bytes = 0;
    for (const rendition of this.#renditions.values()) bytes += rendition.heldBytes;
    return bytes;
  }

  /** Counts up with each change of what playlists say. */
  get changes(): number {
    let changes = 0;
    for (const rendition of this.#renditions.values()) changes += rendition.changes;
    return changes;
  }

  /** The message's time is on the broadcast's timeline. */
  write(message: MediaMessage, timeOfDayMs: number): void {
    if (message.kind === "data") this.titles.note(message.payload);
    for (const event of this.#reader.read(message)) {
      switch (event.kind) {
        case "config":
          this.#configure(event.config);
          break;
        case "sample":
          this.#sample(event.track, event.sample, timeOfDayMs);
          break;
        case "unsupported":
          this.#refuse(event);
          break;
      }
    }
  }

  /** Nothing more comes. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    for (const rendition of this.#renditions.values()) rendition.end();
    this.#decide();
  }

  #configure(config: TrackConfig): void {
    const name = nameOf(config);
    const rendition = this.#renditions.get(name);
    this.#unsupported.delete(name);
    if (rendition === undefined) this.#begin(name, config);
    else if (rendition.hasSamples) this.#newConfigs.set(rendition, config);
    else rendition.configure(config);
  }

  #begin(name: string, config: TrackConfig): void {
    const rendition = new Rendition(config, this.#boundaries, this.#options);
    this.#renditions.set(name, rendition);
    if (this.#targetDuration !== undefined) rendition.decide(this.#targetDuration + ROUNDING_SECONDS);
  }

  #refuse({ track, codec, reason }: Unsupported): void {
    this.#unsupported.set(nameOf(track), { track, codec, reason });
    this.#options.onUnsupported({ track, codec, reason });
  }

  #sample(track: TrackName, sample: MediaSample, timeOfDayMs: number): void {
    const rendition = this.#renditions.get(nameOf(track));
    if (rendition === undefined) return;
    const timeMs = sample.decodeTimeMs;
    if (this.#standsStill(rendition, timeMs)) return;
    if (this.#targetDuration === undefined) {
      this.#timelineStartMs = Math.min(this.#timelineStartMs, timeOfDayMs - timeMs);
    }
    const isHole = this.#isHole(rendition, timeMs);
    if (isHole) for (const other of this.#renditions.values()) other.release();
    const config = this.#newConfigs.get(rendition);
    if (isHole || config !== undefined) this.#cutAt(timeMs, true, isHole ? this.#newestMs : timeMs);
    else if (this.#isTimeToCut(rendition, sample)) this.#cutAt(timeMs, false);
    if (isHole) for (const other of this.#renditions.values()) other.settle(timeMs);
    if (config !== undefined) {
      this.#newConfigs.delete(rendition);
      rendition.settle(timeMs);
      rendition.configure(config);
    }
    this.#lastBoundaryMs ??= timeMs;
    this.#newestMs = Math.max(this.#newestMs, timeMs);
    rendition.push(sample);
    for (const other of this.#renditions.values()) if (other !== rendition) other.settle(timeMs - LATE_MS);
    this.#decide();
    this.#bound();
  }

  #cutAt(timeMs: number, isDiscontinuous: boolean, endMs: number = timeMs): void {
    this.#boundaries++;
    this.#lastBoundaryMs = timeMs;
    for (const rendition of this.#renditions.values()) rendition.cutAt({ timeMs, endMs, isDiscontinuous });
  }

  #isTimeToCut(rendition: Rendition, { decodeTimeMs, isKeyframe }: MediaSample): boolean {
    if (this.#lastBoundaryMs === undefined) return false;
    const elapsedMs = decodeTimeMs - this.#lastBoundaryMs;
    const { segmentMs, maxBytes } = this.#options;
    const maxMs = this.#maxSegmentMs;
    if (rendition === this.#leader && isKeyframe) {
      const gopMs = this.#noteKeyframe(rendition, decodeTimeMs);
      if (elapsedMs >= NEARLY * segmentMs) return true;
      // The next keyframe would come too late.
      if (elapsedMs > 0 && rendition.track.kind === "video" && elapsedMs + gopMs > maxMs) return true;
    }
    return elapsedMs >= maxMs || (elapsedMs > 0 && rendition.openBytes > maxBytes / OPEN_SHARE);
  }

  /** Its time does not go on, so that no segment ends and nothing is forgotten: more of it is not kept. */
  #standsStill(rendition: Rendition, timeMs: number): boolean {
    const isBehind = this.#lastBoundaryMs !== undefined && timeMs <= this.#lastBoundaryMs;
    return isBehind && rendition.openBytes > this.#options.maxBytes / OPEN_SHARE;
  }

  /** Returns how far apart keyframes are at most. */
  #noteKeyframe({ track }: Rendition, timeMs: number): number {
    if (track.kind !== "video") return 0;
    if (this.#lastKeyframeMs !== undefined) {
      this.#longestGopMs = Math.max(this.#longestGopMs, Math.min(timeMs - this.#lastKeyframeMs, MAX_FIRST_SEGMENT_MS));
    }
    this.#lastKeyframeMs = timeMs;
    return this.#longestGopMs;
  }

  get #maxSegmentMs(): number {
    return this.#targetDuration === undefined ? MAX_FIRST_SEGMENT_MS : (this.#targetDuration + ROUNDING_SECONDS) * 1000;
  }

  /** The rendition whose keyframes decide: video before sound, and the default track before others. */
  get #leader(): Rendition | undefined {
    let leader: Rendition | undefined;
    for (const rendition of this.#renditions.values()) {
      if (leader === undefined || inOrder(rendition, leader) < 0) leader = rendition;
    }
    return leader;
  }

  #isHole(rendition: Rendition, timeMs: number): boolean {
    const usual = this.#usualStepMs.get(rendition);
    let stepMs = 0;
    for (const other of this.#usualStepMs.values()) stepMs = Math.max(stepMs, other.stepMs);
    this.#usualStepMs.set(rendition, { lastMs: timeMs, stepMs: usual === undefined ? 0 : timeMs - usual.lastMs });
    const pauseMs = timeMs - this.#newestMs;
    if (stepMs === 0 || pauseMs <= HOLE_SAMPLES * stepMs) return false;
    // A shorter one is what the sample before it is stretched by, unless its segment would be too long then.
    return pauseMs > HOLE_MS || timeMs - (this.#lastBoundaryMs ?? timeMs) > this.#maxSegmentMs;
  }

  /** Once every track has a segment, it is known how long they are. */
  #decide(): void {
    if (this.#targetDuration !== undefined) return;
    const begun = [...this.#renditions.values()].filter(({ hasSamples }) => hasSamples);
    if (begun.length === 0 || begun.some(({ segments }) => segments.length === 0)) return;
    const longest = Math.max(...begun.flatMap(({ segments }) => segments.map((segment) => segment.durationSeconds)));
    const wanted = this.#options.segmentMs / 1000;
    const needed = Math.max(Math.ceil(wanted), Math.ceil(longest - ROUNDING_SECONDS));
    const isIrregular = longest > 1.5 * wanted && !isChosen(longest) && !this.#isEnded;
    this.#targetDuration = isIrregular ? Math.max(needed, USUAL_LONG_SECONDS) : needed;
    for (const rendition of this.#renditions.values()) rendition.decide(this.#targetDuration + ROUNDING_SECONDS);
  }

  #bound(): void {
    while (this.heldBytes > this.#options.maxBytes) {
      const oldest = [...this.#renditions.values()].sort((one, other) => one.oldestNumber - other.oldestNumber);
      if (!oldest.some((rendition) => rendition.forgetOldest())) return;
    }
  }
}

/** Whether somebody set that distance of keyframes: by halves of seconds, where encoders that choose themselves count pictures. */
function isChosen(seconds: number): boolean {
  return Math.abs(seconds - Math.round(seconds * 2) / 2) < CHOSEN_SECONDS;
}

const CHOSEN_SECONDS = 0.045;

function nameOf({ kind, trackId }: TrackName): string {
  return `${kind === "video" ? "v" : "a"}${trackId}`;
}

function inOrder(one: Rendition, other: Rendition): number {
  if (one.track.kind !== other.track.kind) return one.track.kind === "video" ? -1 : 1;
  return one.track.trackId - other.track.trackId;
}
