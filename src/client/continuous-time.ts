import type { MediaMessage } from "../formats/flv/media-message.ts";

/** A server whose time goes on over connections may be ahead of the clock by what it sends at once. */
const MAX_AHEAD_MS = 10_000;

/**
 * One time over several connections. Where a server's timestamps go on they stay; where they begin anew, or step back, the
 * first picture or sound comes as much later as the clock says.
 */
export class ContinuousTime {
  #offsetMs = 0;
  #lastMs: number | undefined;
  #lastAtMs = 0;
  #isJoining = false;

  /** The last timestamp that was given. */
  get lastMs(): number {
    return this.#lastMs ?? 0;
  }

  /** What comes next is of another connection. */
  restart(): void {
    this.#isJoining = this.#lastMs !== undefined;
  }

  /** The same with the timestamp that it has here. */
  join(message: MediaMessage, nowMs: number): MediaMessage {
    const isMedia = message.kind !== "data" && !message.isConfig;
    // Configurations come in front, often with a time that has nothing to do with the rest.
    if (this.#isJoining && !isMedia) return { ...message, timestamp: this.lastMs };
    if (this.#isJoining) this.#offsetMs = this.#offsetFor(message.timestamp, nowMs);
    this.#isJoining = false;
    const timestamp = message.timestamp + this.#offsetMs;
    if (isMedia) {
      this.#lastMs = Math.max(this.lastMs, timestamp);
      this.#lastAtMs = nowMs;
    }
    return this.#offsetMs === 0 ? message : { ...message, timestamp };
  }

  #offsetFor(timestamp: number, nowMs: number): number {
    const expectedMs = this.lastMs + Math.round(nowMs - this.#lastAtMs);
    const unchangedMs = timestamp + this.#offsetMs;
    const goesOn = unchangedMs > this.lastMs && unchangedMs <= expectedMs + MAX_AHEAD_MS;
    return goesOn ? this.#offsetMs : expectedMs - timestamp;
  }
}
