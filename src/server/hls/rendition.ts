import { encodeInitSegment } from "../../mp4/init-segment.ts";
import type { MediaSample, TimedSample, TrackConfig, TrackName } from "../../mp4/track.ts";
import { TrackBuffer } from "../../mp4/track-buffer.ts";
import { createPart, hasRoomFor, type PartRoom, splitIntoParts } from "./part.ts";
import { fittingPartSeconds } from "./part-length.ts";
import type { OpenSegment, Part, Segment } from "./segment.ts";
import { SegmentWindow } from "./segment-window.ts";

/** Where a segment of every rendition ends and the next begins. */
export type Boundary = {
  /** On the broadcast's timeline, in milliseconds. */
  readonly timeMs: number;
  /** Where the segment before it ends for a track that has nothing more: at the boundary, or before a pause. */
  readonly endMs: number;
  readonly isDiscontinuous: boolean;
};

export type RenditionLimits = {
  /** How many segments a playlist names. */
  readonly segments: number;
  readonly partMs: number;
};

/** How much later than a boundary another video track's keyframe may come. */
const LATE_KEYFRAME_SECONDS = 0.3;
/** A part is long enough to be ended with this much of its target. RFC 8216bis section 4.4.3.7. */
const LEAST_OF_TARGET = 0.85;
/** Where pictures are so seldom that no number of them fills a part well: room for timestamps that are not even. */
const SELDOM_ROOM = 1.05;

/** One track as HLS has it: its samples become parts, and these segments. */
export class Rendition {
  /** "v0", "a1": kind, and the id of the track. */
  readonly name: string;
  readonly track: TrackName;
  /** The segments that are whole. */
  readonly window: SegmentWindow;
  /** By number: those that some segment needs. */
  readonly #inits = new Map<number, Uint8Array>();
  readonly #boundaries: Boundary[] = [];
  #config: TrackConfig;
  #buffer: TrackBuffer;
  #hasNewConfig = true;
  #parts: Part[] = [];
  #partSamples: TimedSample[] = [];
  /** The samples of each part, until it is known how long parts shall be. */
  #drafts: (readonly TimedSample[])[] | undefined = [];
  #number: number;
  #initNumber = -1;
  #isDiscontinuous = false;
  /** Where the last segment ended, in seconds; undefined before the first sample, and behind a discontinuity. */
  #startSeconds: number | undefined;
  #endSeconds = 0;
  #fragments = 0;
  #openBytes = 0;
  #pendingBytes = 0;
  #partLimit: number;
  #maxSegmentSeconds = Number.POSITIVE_INFINITY;
  #isEnded = false;
  #sampleCount = 0;
  /** Counts up with each change of what a playlist says. */
  changes = 0;

  constructor(config: TrackConfig, firstNumber: number, limits: RenditionLimits) {
    const { kind, trackId } = config;
    this.name = `${kind === "video" ? "v" : "a"}${trackId}`;
    this.track = { kind, trackId };
    this.#config = config;
    this.#buffer = new TrackBuffer(config);
    this.#number = firstNumber;
    this.window = new SegmentWindow(limits.segments);
    this.#partLimit = limits.partMs / 1000;
  }

  /** Whole segments that a playlist names, oldest first. */
  get segments(): readonly Segment[] {
    return this.window.named;
  }

  get open(): OpenSegment | undefined {
    if (this.#isEnded) return undefined;
    return {
      number: this.#number,
      initNumber: this.#initNumber,
      startSeconds: this.#startSeconds ?? this.#endSeconds,
      parts: this.#parts,
      isDiscontinuous: this.#isDiscontinuous,
    };
  }

  /** Of the newest samples. */
  get config(): TrackConfig {
    return this.#config;
  }

  /** Some sample has been taken. */
  get hasSamples(): boolean {
    return this.#startSeconds !== undefined || this.#buffer.heldDecodeTime !== undefined || this.segments.length > 0;
  }

  /** Of everything that can be fetched. */
  get heldBytes(): number {
    return this.window.heldBytes + this.openBytes;
  }

  /** Of the segment that grows, with what is no part of it yet. */
  get openBytes(): number {
    return this.#openBytes + this.#pendingBytes;
  }

  get partTargetSeconds(): number {
    return this.#partLimit;
  }

  /** Bits in a second, of the segments so far, and pictures: for the multivariant playlist. */
  get rates(): { readonly peakBitrate: number; readonly averageBitrate: number; readonly samplesPerSecond: number } {
    const { bytes, seconds, peakBitrate } = this.window.totals;
    const length = Math.max(seconds, Number.EPSILON);
    return { peakBitrate, averageBitrate: (bytes * 8) / length, samplesPerSecond: this.#sampleCount / length };
  }

  init(number: number): Uint8Array | undefined {
    return this.#inits.get(number);
  }

  part(number: number, part: number): Part | undefined {
    return number === this.#number ? this.#parts[part] : this.window.find(number)?.parts[part];
  }

  /** What follows is coded otherwise. A boundary stands before it. */
  configure(config: TrackConfig): void {
    this.#buffer.release();
    this.#drain();
    this.#finishPart();
    this.#config = config;
    this.#buffer = new TrackBuffer(config);
    this.#hasNewConfig = true;
  }

  push(sample: MediaSample): void {
    // Nobody can start with what refers to pictures that are not there.
    if (!this.hasSamples && !sample.isKeyframe) return;
    this.#buffer.push(sample);
    this.#drain();
  }

  /** The next segment begins there: once a sample is that far. */
  cutAt(boundary: Boundary): void {
    this.#boundaries.push(boundary);
    this.#drain();
  }

  /** Nothing comes between what there is and a hole in the timeline. */
  release(): void {
    this.#buffer.release();
    this.#drain();
  }

  /** Nothing more comes from before that time: boundaries that wait for it are made. */
  settle(timeMs: number): void {
    if (!this.#hasBoundaryUntil(timeMs)) return;
    this.release();
    while (this.#hasBoundaryUntil(timeMs)) this.#cut(true);
  }

  /** From now on: no segment may be longer, and parts are as long as they have been. */
  decide(maxSegmentSeconds: number): void {
    this.#maxSegmentSeconds = maxSegmentSeconds;
    if (this.#fitParts()) return;
    const lengths = this.segments.flatMap(({ parts }) => parts.slice(0, -1).map((part) => part.durationSeconds));
    const longest = Math.max(0, ...lengths);
    if (longest > 0 && longest < LEAST_OF_TARGET * this.#partLimit) this.#partLimit = longest * SELDOM_ROOM;
  }

  /** Cuts all that there is anew where parts of another length leave no short rest. Returns whether it did. */
  #fitParts(): boolean {
    const drafts = this.#drafts;
    this.#drafts = undefined;
    const last = this.segments.at(-1);
    const { seconds } = this.window.totals;
    const partCount = this.segments.reduce((sum, { parts }) => sum + parts.length, this.#parts.length);
    // Another configuration already, or some was forgotten: it is no regular track.
    if (drafts === undefined || last === undefined || this.#sampleCount === 0 || seconds === 0) return false;
    if (this.#initNumber > 0 || partCount !== drafts.length) return false;
    const wanted = this.#partLimit;
    const closedSamples = drafts.slice(0, partCount - this.#parts.length).flat().length;
    const regular = { sampleSeconds: seconds / closedSamples, segmentSeconds: last.durationSeconds };
    this.#partLimit = fittingPartSeconds(wanted, regular);
    if (this.#partLimit === wanted) return false;
    this.#recut(drafts);
    return true;
  }

  /** What is there becomes parts of the new length; nobody has seen it. */
  #recut(drafts: readonly (readonly TimedSample[])[]): void {
    this.#fragments = 0;
    let from = 0;
    this.window.replaceNamed((segment) => {
      const samples = drafts.slice(from, from + segment.parts.length).flat();
      from += segment.parts.length;
      const parts = splitIntoParts(samples, this.#room).map((piece, index) => this.#makePart(piece, index === 0));
      const byteLength = parts.reduce((sum, { bytes }) => sum + bytes.length, 0);
      return { ...segment, parts, byteLength };
    });
    const open = [...drafts.slice(from).flat(), ...this.#partSamples];
    this.#sampleCount -= drafts.slice(from).flat().length;
    this.#parts = [];
    this.#openBytes = 0;
    this.#partSamples = [];
    this.#pendingBytes = 0;
    for (const sample of open) this.#add(sample);
    this.changes++;
  }

  /** The broadcast is over: what there is becomes the last segment. */
  end(): void {
    this.settle(Number.POSITIVE_INFINITY);
    this.release();
    this.#finishPart();
    if (this.#parts.length > 0) this.#closeSegment(this.#endSeconds);
    this.#isEnded = true;
    this.changes++;
  }

  /** Forgets the oldest segment, unless it is the last that a playlist can name. Returns whether there was one. */
  forgetOldest(): boolean {
    const isForgotten = this.window.forgetOldest();
    this.#drafts = undefined;
    this.#forgetInits();
    this.changes++;
    return isForgotten;
  }

  /** Number of the oldest segment that can be fetched. */
  get oldestNumber(): number {
    return this.window.oldest?.number ?? this.#number;
  }

  #hasBoundaryUntil(timeMs: number): boolean {
    const [boundary] = this.#boundaries;
    return boundary !== undefined && boundary.timeMs <= timeMs;
  }

  #drain(): void {
    for (const sample of this.#buffer.take()) {
      while (this.#reaches(sample.decodeTime, sample.duration, sample.isKeyframe)) this.#cut();
      this.#add(sample);
    }
    // What is held back begins a segment whenever it ends: the one before is whole already.
    const held = this.#buffer.heldDecodeTime;
    const last = this.#partSamples.at(-1);
    while (held !== undefined && this.#isLeadingTo(held)) this.#cut();
    const soon = (last?.duration ?? 0) / this.#config.timescale;
    const length = this.#partSeconds;
    if (length >= LEAST_OF_TARGET * this.#partLimit && length + soon > this.#partLimit + TINY) this.#finishPart();
  }

  /** Whether the sample is the first behind the next boundary. */
  #reaches(decodeTime: number, duration: number, isKeyframe: boolean): boolean {
    const [boundary, further] = this.#boundaries;
    if (boundary === undefined) return false;
    const { timescale } = this.#config;
    const seconds = decodeTime / timescale;
    const behind = seconds - boundary.timeMs / 1000;
    // Half a frame of sound, or of the pictures of another track, may stand on the other side.
    if (behind < -duration / timescale / 2) return false;
    if (this.track.kind === "audio" || isKeyframe || boundary.isDiscontinuous || further !== undefined) return true;
    const start = this.#startSeconds ?? seconds;
    return behind > LATE_KEYFRAME_SECONDS || seconds + duration / timescale - start > this.#maxSegmentSeconds;
  }

  /** For a sample of which only the decode time is known: at once where it stands on the boundary itself. */
  #isLeadingTo(decodeTime: number): boolean {
    const [boundary] = this.#boundaries;
    if (boundary === undefined) return false;
    return Math.abs(decodeTime / this.#config.timescale - boundary.timeMs / 1000) < EXACT_SECONDS;
  }

  get #room(): PartRoom {
    return { timescale: this.#config.timescale, partSeconds: this.#partLimit };
  }

  get #partSeconds(): number {
    const first = this.#partSamples[0];
    const last = this.#partSamples.at(-1);
    if (first === undefined || last === undefined) return 0;
    return (last.decodeTime + last.duration - first.decodeTime) / this.#config.timescale;
  }

  #add(sample: TimedSample): void {
    const { timescale } = this.#config;
    if (this.#partSamples.length > 0 && !hasRoomFor(this.#partSamples, sample, this.#room)) this.#finishPart();
    if (this.#hasNewConfig) {
      this.#hasNewConfig = false;
      this.#inits.set(++this.#initNumber, encodeInitSegment([this.#config]));
    }
    this.#startSeconds ??= sample.decodeTime / timescale;
    this.#partSamples.push(sample);
    this.#pendingBytes += sample.bytes.length + SAMPLE_COST_BYTES;
  }

  #makePart(samples: readonly TimedSample[], isSegmentStart: boolean): Part {
    const { timescale } = this.#config;
    return createPart(samples, { timescale, sequenceNumber: ++this.#fragments, isSegmentStart });
  }

  #finishPart(): void {
    const [first] = this.#partSamples;
    if (first === undefined) return;
    const samples = this.#partSamples;
    this.#partSamples = [];
    this.#pendingBytes = 0;
    this.#drafts?.push(samples);
    const part = this.#makePart(samples, this.#parts.length === 0);
    this.#parts.push(part);
    this.#endSeconds = first.decodeTime / this.#config.timescale + part.durationSeconds;
    this.#openBytes += part.bytes.length;
    this.#sampleCount += samples.length;
    this.changes++;
  }

  /** At the next boundary; `isLate` where no sample has come that stands behind it. */
  #cut(isLate = false): void {
    const boundary = this.#boundaries.shift();
    if (boundary === undefined) return;
    this.#finishPart();
    const isGap = this.#parts.length === 0;
    // A track that has begun nothing yet has no gap either: it begins with a later segment.
    if (isGap && this.segments.length === 0) this.#number++;
    else this.#closeSegment(isGap || isLate ? Math.max(boundary.endMs / 1000, this.#endSeconds) : this.#endSeconds);
    this.#isDiscontinuous = boundary.isDiscontinuous && this.segments.length > 0;
    if (!boundary.isDiscontinuous) return;
    this.#startSeconds = undefined;
    // A gap behind it begins there, not before the pause.
    this.#endSeconds = boundary.timeMs / 1000;
  }

  #closeSegment(endSeconds: number): void {
    const startSeconds = this.#startSeconds ?? this.#endSeconds;
    const parts = this.#parts;
    const byteLength = this.#openBytes;
    const segment: Segment = {
      number: this.#number,
      initNumber: this.#initNumber,
      startSeconds,
      durationSeconds: endSeconds - startSeconds,
      parts,
      byteLength,
      isDiscontinuous: this.#isDiscontinuous,
      isIndependent: parts[0]?.isIndependent ?? true,
      isGap: parts.length === 0,
    };
    this.window.add(segment);
    // Not all that there was can be cut anew any more.
    if (this.window.oldest !== this.segments[0]) this.#drafts = undefined;
    this.#forgetInits();
    this.#parts = [];
    this.#openBytes = 0;
    this.#number++;
    this.#startSeconds = endSeconds;
    this.#endSeconds = endSeconds;
    this.#isDiscontinuous = false;
    this.changes++;
  }

  #forgetInits(): void {
    const oldest = this.window.oldest?.initNumber ?? 0;
    for (const number of this.#inits.keys()) if (number < oldest) this.#inits.delete(number);
  }
}

/** What a sample holds beside its bytes: there may be very many that are empty. */
const SAMPLE_COST_BYTES = 256;
/** Of sums of seconds. */
const TINY = 1e-6;
/** Timestamps have whole milliseconds. */
const EXACT_SECONDS = 0.0006;
