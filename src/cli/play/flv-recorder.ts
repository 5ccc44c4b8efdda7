import { type Track, Tracks } from "../../broadcast/tracks.ts";
import { FlvRecording } from "../../formats/flv/flv-recording.ts";
import type { FlvScanResult } from "../../formats/flv/flv-scan.ts";
import type { MediaMessage } from "../../formats/flv/media-message.ts";
import { SentConfigs } from "../sent-configs.ts";
import type { FlvOutput } from "./flv-output.ts";
import { ResumeMatch } from "./resume-match.ts";

export type FlvRecorderOptions = {
  readonly output: FlvOutput;
  /** What the file holds that is to go on. */
  readonly before: FlvScanResult | undefined;
  /** What comes is the same recording as before, from some place in it on. */
  readonly isRecording: boolean;
  /** A track is known, or another than before. */
  readonly onTrack: (track: Track) => void;
};

/** Writes what is played. */
export class FlvRecorder {
  readonly #options: FlvRecorderOptions;
  readonly #recording: FlvRecording;
  readonly #configs = new SentConfigs();
  readonly #tracks = new Tracks();
  readonly #match: ResumeMatch | undefined;
  readonly #startMs: number;
  #frames = 0;
  #mediaBytes = 0;

  constructor(options: FlvRecorderOptions) {
    const { before, isRecording } = options;
    this.#options = options;
    this.#recording = new FlvRecording(before);
    this.#startMs = before?.endMs ?? 0;
    if (before !== undefined && isRecording) {
      this.#match = new ResumeMatch(before, ({ timestamp, timeMs }) => this.#recording.align(timestamp, timeMs));
    }
  }

  /** Of the file, in ms. */
  get timeMs(): number {
    return this.#recording.durationMs;
  }

  /** Written now, in ms. */
  get playedMs(): number {
    return this.#recording.durationMs - this.#startMs;
  }

  get frames(): number {
    return this.#frames;
  }

  /** Of messages that were written now. */
  get mediaBytes(): number {
    return this.#mediaBytes;
  }

  /** Of the file. */
  get size(): number {
    return this.#recording.size;
  }

  /** Resolves when it has been taken. */
  async write(message: MediaMessage): Promise<void> {
    const track = this.#tracks.note(message);
    if (track !== undefined) this.#options.onTrack(track);
    if (message.isConfig ? !this.#configs.isNew(message) : this.#match?.isNew(message) === false) return;
    if (message.kind !== "data" && !message.isConfig) this.#frames++;
    this.#mediaBytes += message.payload.length;
    for (const bytes of this.#recording.write(message)) await this.#options.output.write(bytes);
  }

  /** Completes the file. */
  async finish(): Promise<void> {
    const { rest, patches } = this.#recording.finish();
    const { output } = this.#options;
    for (const bytes of rest) await output.write(bytes);
    await output.patch(patches);
  }
}
