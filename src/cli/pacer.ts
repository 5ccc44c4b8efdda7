import type { Clock } from "./publish-loop.ts";

export type PacerOptions = {
  /** Media in a second: 1 is real time. @default 1 */
  readonly speed?: number;
  /** This much is sent at once at the start. @default 0 */
  readonly burstMs?: number;
  /** After a longer break the pacer goes on from there instead of catching up. @default 1000 */
  readonly maxLateMs?: number;
};

/** Timestamps that jump by more than this, either way, are sent at once and begin anew. */
const MAX_JUMP_MS = 10_000;
const DEFAULT_MAX_LATE_MS = 1000;

/** Waits until a timestamp is due. The first one is at once. */
export class Pacer {
  readonly #clock: Clock;
  readonly #speed: number;
  readonly #burstMs: number;
  readonly #maxLateMs: number;
  /** When the timestamp 0 would have been due; undefined before the first one. */
  #zeroAtMs: number | undefined;
  #lastMs = 0;

  constructor(clock: Clock, options: PacerOptions = {}) {
    this.#clock = clock;
    this.#speed = options.speed ?? 1;
    this.#burstMs = options.burstMs ?? 0;
    this.#maxLateMs = options.maxLateMs ?? DEFAULT_MAX_LATE_MS;
  }

  /** Resolves when media of this time may be sent, or at once when `signal` aborts. */
  async until(timestampMs: number, signal: AbortSignal): Promise<void> {
    const nowMs = this.#clock.nowMs();
    const mediaMs = timestampMs / this.#speed;
    if (this.#zeroAtMs === undefined) this.#zeroAtMs = nowMs - mediaMs - this.#burstMs;
    else if (Math.abs(timestampMs - this.#lastMs) > MAX_JUMP_MS) this.#zeroAtMs = nowMs - mediaMs;
    this.#lastMs = timestampMs;
    const earlyMs = this.#zeroAtMs + mediaMs - nowMs;
    if (earlyMs > 0) await this.#clock.wait(earlyMs, signal);
    else if (earlyMs < -this.#maxLateMs - this.#burstMs) this.#zeroAtMs -= earlyMs;
  }
}
