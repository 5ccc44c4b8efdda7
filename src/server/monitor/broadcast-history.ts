import type { BroadcastCounters } from "../../broadcast/broadcast-counters.ts";
import type { BroadcastSample } from "../snapshots.ts";

/** Five minutes. */
export const MAX_SAMPLES = 300;

type Counted = Pick<BroadcastCounters, "videoBytes" | "audioBytes" | "videoFrames">;

/** The last minutes of one broadcast, a sample a second: 24 bytes each, taken from counters that are there anyway. */
export class BroadcastHistory {
  readonly #atMs = new Float64Array(MAX_SAMPLES);
  readonly #videoBitrates = new Float32Array(MAX_SAMPLES);
  readonly #audioBitrates = new Float32Array(MAX_SAMPLES);
  readonly #frameRates = new Float32Array(MAX_SAMPLES);
  readonly #viewers = new Uint32Array(MAX_SAMPLES);
  #count = 0;
  #before: (Counted & { readonly atMs: number }) | undefined;

  /** Call about once a second; the first time is where the first second begins. */
  sample(nowMs: number, { videoBytes, audioBytes, videoFrames }: Counted, viewers: number): void {
    const before = this.#before;
    this.#before = { videoBytes, audioBytes, videoFrames, atMs: nowMs };
    if (before === undefined || nowMs <= before.atMs) return;
    const seconds = (nowMs - before.atMs) / 1000;
    const index = this.#count++ % MAX_SAMPLES;
    this.#atMs[index] = nowMs;
    this.#videoBitrates[index] = ((videoBytes - before.videoBytes) * 8) / seconds;
    this.#audioBitrates[index] = ((audioBytes - before.audioBytes) * 8) / seconds;
    this.#frameRates[index] = (videoFrames - before.videoFrames) / seconds;
    this.#viewers[index] = viewers;
  }

  /** Oldest first. `epochMs` is the time of day at 0 of the clock of the samples. */
  list(epochMs: number): readonly BroadcastSample[] {
    const first = Math.max(0, this.#count - MAX_SAMPLES);
    return Array.from({ length: this.#count - first }, (_, offset) => {
      const index = (first + offset) % MAX_SAMPLES;
      return {
        atMs: Math.round(epochMs + (this.#atMs[index] ?? 0)),
        videoBitrate: Math.round(this.#videoBitrates[index] ?? 0),
        audioBitrate: Math.round(this.#audioBitrates[index] ?? 0),
        frameRate: Math.round((this.#frameRates[index] ?? 0) * 10) / 10,
        viewers: this.#viewers[index] ?? 0,
      };
    });
  }
}
