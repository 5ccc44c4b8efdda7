import type { MediaMessage } from "../../formats/flv/media-message.ts";
import type { TimelineCounters } from "../timeline.ts";
import type { Track } from "../tracks.ts";
import { type DeclaredMedia, readDeclaredMedia } from "./declared-media.ts";
import { GopMeter } from "./gop-meter.ts";
import type { HealthFacts, NetworkConduct } from "./health-facts.ts";
import type { HealthReport } from "./health-report.ts";
import { sumWindow } from "./health-window.ts";
import { judgeHealth } from "./judge-health.ts";
import { Cell, SecondRing, WINDOW_SECONDS } from "./second-ring.ts";
import { describeTrackChange } from "./track-change.ts";
import { isAudioFrame, isVideoFrame, TrackMeter } from "./track-meter.ts";

export type HealthMeterOptions = {
  /** By so much this side may be late to read: no blame for the publisher. @default 0 */
  readonly ownDelayMs?: number;
  /** What the connection knows; asked at each report. */
  readonly network?: () => NetworkConduct;
};

/** What a publisher has in its buffers comes at once; until then nothing is said about its pace. */
const SETTLE_MS = 2000;
/** A longer step is a gap, where it is several usual ones too. */
const GAP_MS = 1000;
const GAP_STEPS = 5;
/** A step back that is longer is a jump, or a counter that began again: the timeline tells. */
const MAX_STEP_BACK_MS = 1000;
/** From so long the drift of audio and video is measured. */
const DRIFT_BASE_MS = 10_000;
/** A publisher may send metadata with each frame: later ones are not read. */
const MAX_METADATA_READ = 64;

/**
 * What is to be known of one publication to judge its health. Told of each message, it keeps numbers only, and allocates
 * nothing; a report sums them up. Knows no clock: the time comes in as an argument and never steps back.
 */
export class HealthMeter {
  readonly #options: HealthMeterOptions;
  readonly #ring = new SecondRing();
  readonly #video = new TrackMeter();
  readonly #audio = new TrackMeter();
  readonly #gops = new GopMeter();
  readonly #tracks: Track[] = [];
  #timeline: TimelineCounters = { steps: 0, jumps: 0, wraps: 0 };
  #timelineBefore: TimelineCounters = { steps: 0, jumps: 0, wraps: 0 };
  #lastJumps = 0;
  #lastWraps = 0;
  #startedAtMs = 0;
  #settledAtMs = 0;
  #lastAtMs = 0;
  #hasMedia = false;
  #firstMs = 0;
  #newestMs = 0;
  #newestAtMs = 0;
  #back = 0;
  #gaps = 0;
  /** The second of media that is not over, and its video bytes. */
  #mediaSecond = Number.NaN;
  #mediaSecondBytes = 0;
  #driftBaseSum = 0;
  #driftBaseCount = 0;
  #declared: DeclaredMedia | undefined;
  #metadataRead = 0;
  #change: { readonly text: string; readonly atMs: number } | undefined;
  #last: HealthReport | undefined;

  constructor(options: HealthMeterOptions = {}) {
    this.#options = options;
  }

  /** The publication begins; `timeline` counts what is put right in it, and may have counted before. */
  started(timeline: TimelineCounters, nowMs: number): void {
    this.#timeline = timeline;
    this.#timelineBefore = { ...timeline };
    this.#lastJumps = timeline.jumps;
    this.#lastWraps = timeline.wraps;
    this.#startedAtMs = nowMs;
    this.#settledAtMs = nowMs + SETTLE_MS;
    this.#lastAtMs = nowMs;
  }

  /** The publication is over: the report stays as it is now. */
  ended(nowMs: number): void {
    this.#last ??= this.report(nowMs);
  }

  /** A track is there, or is another than before. */
  noteTrack(track: Track, nowMs: number): void {
    const at = this.#tracks.findIndex(({ kind, trackId }) => kind === track.kind && trackId === track.trackId);
    const before = this.#tracks[at];
    if (before === undefined) {
      this.#tracks.push(track);
      return;
    }
    this.#tracks[at] = track;
    const text = describeTrackChange(before, track);
    if (text !== undefined) this.#change = { text, atMs: nowMs };
  }

  /** The hot path: each message behind the timeline, which gave it `timestampMs`; `message` has its own. */
  note(message: MediaMessage, timestampMs: number, nowMs: number): void {
    const { kind, payload } = message;
    if (kind === "data") return this.#noteData(message);
    this.#lastAtMs = nowMs;
    const row = this.#ring.rowAt(nowMs);
    const isVideo = kind === "video";
    this.#add(row + (isVideo ? Cell.VideoBytes : Cell.AudioBytes), payload.length);
    const track = isVideo ? this.#video : this.#audio;
    if (message.isConfig) track.hasConfiguration = true;
    else if (isVideo ? isVideoFrame(payload) : isAudioFrame(payload))
      this.#noteFrame(message, track, timestampMs, nowMs, row);
  }

  /** Everything at once. Costs what 30 seconds of figures cost: ask about once a second at most. */
  report(nowMs: number): HealthReport {
    return this.#last ?? judgeHealth(this.#facts(nowMs));
  }

  #noteFrame(message: MediaMessage, track: TrackMeter, timestampMs: number, nowMs: number, row: number): void {
    const isVideo = message.kind === "video";
    if (track.frames === 0) track.begin(message, timestampMs, nowMs);
    else if (track.trackId === message.trackId) this.#noteStep(message, track, timestampMs, row);
    else {
      track.hasOtherTracks = true;
      return;
    }
    track.frames++;
    track.lastWire = message.timestamp;
    track.lastMs = timestampMs;
    track.lastAtMs = nowMs;
    if (isVideo) {
      this.#gops.note(timestampMs, message.isKeyframe);
      this.#notePeak(timestampMs, message.payload.length, row);
    }
    this.#noteArrival(timestampMs, nowMs, row);
    if (nowMs >= this.#settledAtMs && this.#video.frames > 0 && this.#audio.frames > 0) this.#noteAhead(nowMs, row);
  }

  #noteStep({ kind, timestamp }: MediaMessage, track: TrackMeter, timestampMs: number, row: number): void {
    const wireStep = (timestamp - track.lastWire) | 0;
    const { jumps, wraps } = this.#timeline;
    if (jumps !== this.#lastJumps) this.#add(row + Cell.Jumps, jumps - this.#lastJumps);
    else if (wireStep < 0 && wireStep >= -MAX_STEP_BACK_MS && wraps === this.#lastWraps) {
      this.#back++;
      this.#add(row + Cell.Back, 1);
      this.#most(row + Cell.BackMost, -wireStep);
    }
    this.#lastJumps = jumps;
    this.#lastWraps = wraps;
    const step = timestampMs - track.lastMs;
    const usualMs = track.noteStep(step);
    if (step > GAP_MS && step > GAP_STEPS * usualMs) {
      this.#gaps++;
      this.#add(row + Cell.Gaps, 1);
      this.#most(row + Cell.GapMost, step);
      return;
    }
    if (kind !== "video") return;
    this.#add(row + Cell.Steps, 1);
    this.#add(row + Cell.StepSum, step);
    this.#add(row + Cell.StepSquares, step * step);
  }

  /** Media that is older than what has come already says nothing about how late it comes. */
  #noteArrival(timestampMs: number, nowMs: number, row: number): void {
    if (!this.#hasMedia) {
      this.#hasMedia = true;
      this.#firstMs = timestampMs;
    } else if (timestampMs <= this.#newestMs) return;
    this.#newestMs = timestampMs;
    this.#newestAtMs = nowMs;
    if (nowMs < this.#settledAtMs) return;
    const { cells } = this.#ring;
    cells[row + Cell.Newest] = timestampMs;
    cells[row + Cell.NewestAt] = nowMs;
    this.#least(row + Cell.DelayLeast, nowMs - timestampMs);
    this.#most(row + Cell.DelayMost, nowMs - timestampMs);
  }

  #noteAhead(nowMs: number, row: number): void {
    const aheadMs = this.#audio.lastMs - this.#video.lastMs;
    this.#add(row + Cell.AheadCount, 1);
    this.#add(row + Cell.AheadSum, aheadMs);
    this.#least(row + Cell.AheadLeast, aheadMs);
    this.#most(row + Cell.AheadMost, aheadMs);
    if (nowMs - this.#settledAtMs >= DRIFT_BASE_MS) return;
    this.#driftBaseSum += aheadMs;
    this.#driftBaseCount++;
  }

  #notePeak(timestampMs: number, bytes: number, row: number): void {
    const second = Math.floor(timestampMs / 1000);
    if (second !== this.#mediaSecond) {
      this.#most(row + Cell.PeakBytes, this.#mediaSecondBytes);
      this.#mediaSecond = second;
      this.#mediaSecondBytes = 0;
    }
    this.#mediaSecondBytes += bytes;
  }

  #noteData({ isConfig, payload }: MediaMessage): void {
    if (!isConfig || this.#metadataRead >= MAX_METADATA_READ) return;
    this.#metadataRead++;
    this.#declared = readDeclaredMedia(payload) ?? this.#declared;
  }

  #add(cell: number, amount: number): void {
    const { cells } = this.#ring;
    cells[cell] = (cells[cell] ?? 0) + amount;
  }

  #least(cell: number, value: number): void {
    const { cells } = this.#ring;
    if (value < (cells[cell] ?? 0)) cells[cell] = value;
  }

  #most(cell: number, value: number): void {
    const { cells } = this.#ring;
    if (value > (cells[cell] ?? 0)) cells[cell] = value;
  }

  #facts(nowMs: number): HealthFacts {
    const { steps, jumps, wraps } = this.#timeline;
    const before = this.#timelineBefore;
    return {
      watchedMs: nowMs - this.#startedAtMs,
      silentMs: nowMs - this.#lastAtMs,
      nowMs,
      ownDelayMs: this.#options.ownDelayMs ?? 0,
      window: sumWindow(this.#ring, nowMs, this.#startedAtMs, WINDOW_SECONDS),
      video: this.#video,
      audio: this.#audio,
      gops: this.#gops,
      tracks: this.#tracks,
      declared: this.#declared,
      hasMetadata: this.#metadataRead > 0,
      timestampsBack: this.#back,
      timestampGaps: this.#gaps,
      timestampRepairs: steps - before.steps + (jumps - before.jumps) + (wraps - before.wraps),
      mediaMs: this.#newestMs - this.#firstMs,
      mediaTimeMs: this.#hasMedia ? this.#newestAtMs - this.#startedAtMs : 0,
      driftBaseMs: this.#driftBase(nowMs),
      change: this.#change,
      network: this.#options.network?.() ?? {},
    };
  }

  #driftBase(nowMs: number): number | undefined {
    if (nowMs - this.#settledAtMs < DRIFT_BASE_MS || this.#driftBaseCount === 0) return undefined;
    return this.#driftBaseSum / this.#driftBaseCount;
  }
}
