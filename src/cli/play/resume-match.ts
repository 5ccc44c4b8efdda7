import { equalBytes } from "../../bytes/concat.ts";
import type { FlvScanResult } from "../../formats/flv/flv-scan.ts";
import type { MediaMessage } from "../../formats/flv/media-message.ts";

/** How the first frame that is known again stands to the file. */
export type ResumePoint = { readonly timestamp: number; readonly timeMs: number };

/** A server may begin some GOPs early; one that never sends what is known plays something else. */
const MAX_SKIPPED_MESSAGES = 20_000;

/**
 * Finds the place where a recording goes on that was played before: it waits for the newest keyframe of the file, byte by
 * byte the same, and passes over what the file has already.
 */
export class ResumeMatch {
  readonly #before: FlvScanResult;
  readonly #onPoint: (point: ResumePoint) => void;
  #point: ResumePoint | undefined;
  #skipped = 0;

  /** `onPoint` is called once, when the place is found. */
  constructor(before: FlvScanResult, onPoint: (point: ResumePoint) => void) {
    this.#before = before;
    this.#onPoint = onPoint;
  }

  /** Whether the message is new. Throws when what is known never comes. */
  isNew({ kind, isConfig, timestamp, payload }: MediaMessage): boolean {
    const known = this.#before.lastKeyframe;
    if (known === undefined) return true;
    if (kind === "data" || isConfig || payload.length === 0) return false;
    if (this.#point === undefined) {
      if (!equalBytes(known.payload, payload)) return this.#skip();
      this.#point = { timestamp, timeMs: known.timeMs };
      this.#onPoint(this.#point);
    }
    const timeMs = this.#point.timeMs + ((timestamp - this.#point.timestamp) | 0);
    return timeMs > (this.#before.newestMs[kind] ?? Number.NEGATIVE_INFINITY);
  }

  #skip(): false {
    this.#skipped++;
    if (this.#skipped <= MAX_SKIPPED_MESSAGES) return false;
    throw new Error("the server does not send what the file ends with: it is another recording");
  }
}
