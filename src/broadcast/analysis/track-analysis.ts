import type { CodecDescription } from "../../formats/flv/describe-media.ts";
import { Spread, type SpreadSummary } from "./spread.ts";

/** What one audio or video track of a broadcast is like, as far as it was seen. */
export type TrackReport = {
  readonly kind: "audio" | "video";
  /** 0 for the default track. */
  readonly trackId: number;
  /** Undefined until a configuration, or a frame of a codec without any, told it. */
  readonly codec: CodecDescription | undefined;
  readonly frames: number;
  /** Of the frames, without RTMP's own headers. */
  readonly bytes: number;
  /** From the first frame to where the one behind the last would be. */
  readonly durationMs: number;
  /** Bits in a second of media; undefined for less than two frames. */
  readonly bitrate: number | undefined;
  /** Of the whole second with the most bits; undefined for less than two seconds. */
  readonly peakBitrate: number | undefined;
  /** Frames in a second of media; undefined for less than two frames. */
  readonly frameRate: number | undefined;
  /** Milliseconds between two frames, by their decode times. */
  readonly steps: SpreadSummary | undefined;
  /** How often time stepped back. */
  readonly stepsBack: number;
  /** How often time went on by more than half a second and five usual steps. */
  readonly gaps: number;
  /** Only of pictures. */
  readonly pictures: PictureReport | undefined;
};

/** What only pictures have. */
export type PictureReport = {
  readonly keyframes: number;
  /** Pictures that nothing refers to, by their frame type. */
  readonly disposable: number;
  /** How far a picture is shown behind its decode time, in ms. More than one value means B-frames. */
  readonly compositionMs: SpreadSummary | undefined;
  /** From one keyframe to the next, as far as both were seen. */
  readonly gopMs: SpreadSummary | undefined;
  readonly gopFrames: SpreadSummary | undefined;
};

/** One frame: what is counted of it. */
export type TrackFrame = {
  /** Decode time in ms; 32 bits of it count. */
  readonly timestamp: number;
  readonly bytes: number;
  readonly isKeyframe: boolean;
  readonly isDisposable: boolean;
  readonly compositionTimeMs: number;
};

const LEAST_GAP_MS = 500;
const STEPS_OF_GAP = 5;
const PEAK_WINDOW_MS = 1000;

/** Looks at the frames of one track, in the order in which they come. */
export class TrackAnalysis {
  readonly #kind: TrackReport["kind"];
  readonly #trackId: number;
  readonly #steps = new Spread();
  readonly #composition = new Spread();
  readonly #gopMs = new Spread();
  readonly #gopFrames = new Spread();
  codec: CodecDescription | undefined;
  #frames = 0;
  #bytes = 0;
  #stepsBack = 0;
  #gaps = 0;
  #keyframes = 0;
  #disposable = 0;
  #firstMs = 0;
  #lastMs = 0;
  #sinceKeyframe: { readonly atMs: number; frames: number } | undefined;
  #second = { startMs: 0, bytes: 0 };
  #peakBytes = 0;

  constructor(kind: TrackReport["kind"], trackId: number) {
    this.#kind = kind;
    this.#trackId = trackId;
  }

  get frames(): number {
    return this.#frames;
  }

  get keyframes(): number {
    return this.#keyframes;
  }

  /** The newest decode time in ms, counted on without wrapping; undefined before the first frame. */
  get newestMs(): number | undefined {
    return this.#frames === 0 ? undefined : this.#lastMs;
  }

  add(frame: TrackFrame): void {
    const atMs = this.#advance(frame.timestamp);
    this.#frames++;
    this.#bytes += frame.bytes;
    this.#measurePeak(atMs, frame.bytes);
    if (this.#kind === "video") this.#addPicture(atMs, frame);
  }

  get report(): TrackReport {
    const steps = this.#steps.summary;
    const durationMs = steps === undefined ? 0 : this.#lastMs - this.#firstMs + steps.mean;
    const perSecond = (count: number): number | undefined => (durationMs > 0 ? (count * 1000) / durationMs : undefined);
    return {
      kind: this.#kind,
      trackId: this.#trackId,
      codec: this.codec,
      frames: this.#frames,
      bytes: this.#bytes,
      durationMs,
      bitrate: perSecond(8 * this.#bytes),
      peakBitrate: this.#peakBytes === 0 ? undefined : (8000 * this.#peakBytes) / PEAK_WINDOW_MS,
      frameRate: perSecond(this.#frames),
      steps,
      stepsBack: this.#stepsBack,
      gaps: this.#gaps,
      pictures: this.#kind === "video" ? this.#pictures() : undefined,
    };
  }

  /** Returns the frame's time, counted on where 32 bits wrap. */
  #advance(timestamp: number): number {
    if (this.#frames === 0) {
      this.#firstMs = timestamp;
      this.#lastMs = timestamp;
      this.#second = { startMs: timestamp, bytes: 0 };
      return timestamp;
    }
    const stepMs = (timestamp - this.#lastMs) | 0;
    const usualMs = this.#steps.summary?.mean ?? 0;
    if (stepMs < 0) this.#stepsBack++;
    if (stepMs > LEAST_GAP_MS && stepMs > STEPS_OF_GAP * usualMs && this.#frames > 1) this.#gaps++;
    this.#steps.add(stepMs);
    this.#lastMs += stepMs;
    return this.#lastMs;
  }

  #measurePeak(atMs: number, bytes: number): void {
    const behindMs = atMs - this.#second.startMs;
    if (behindMs >= PEAK_WINDOW_MS) {
      this.#peakBytes = Math.max(this.#peakBytes, this.#second.bytes);
      const windows = Math.floor(behindMs / PEAK_WINDOW_MS);
      this.#second = { startMs: this.#second.startMs + windows * PEAK_WINDOW_MS, bytes: 0 };
    }
    this.#second.bytes += bytes;
  }

  #addPicture(atMs: number, { isKeyframe, isDisposable, compositionTimeMs }: TrackFrame): void {
    this.#composition.add(compositionTimeMs);
    if (isDisposable) this.#disposable++;
    if (isKeyframe) {
      this.#keyframes++;
      if (this.#sinceKeyframe !== undefined) {
        this.#gopMs.add(atMs - this.#sinceKeyframe.atMs);
        this.#gopFrames.add(this.#sinceKeyframe.frames);
      }
      this.#sinceKeyframe = { atMs, frames: 0 };
    }
    if (this.#sinceKeyframe !== undefined) this.#sinceKeyframe.frames++;
  }

  #pictures(): PictureReport {
    return {
      keyframes: this.#keyframes,
      disposable: this.#disposable,
      compositionMs: this.#composition.summary,
      gopMs: this.#gopMs.summary,
      gopFrames: this.#gopFrames.summary,
    };
  }
}
