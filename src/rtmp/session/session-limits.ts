import { ProtocolError } from "../../errors.ts";

/** What one peer may make a session hold or do. */
export type SessionLimits = {
  /** NetStreams open at a time. @default 16 */
  readonly maxNetStreams: number;
  /** Calls without an answer yet, in each direction. @default 100 */
  readonly maxPendingCalls: number;
  /**
   * Commands and user control events, on average; twice as many may come at once. Each 4 KiB of a command count as one
   * more, up to those of a second. Media is not counted, nor are answers to calls. @default 500
   */
  readonly maxCommandsPerSecond: number;
  /** Replies that the driver has not taken yet. @default 1000 */
  readonly maxQueuedReplies: number;
};

export const DEFAULT_SESSION_LIMITS: SessionLimits = {
  maxNetStreams: 16,
  maxPendingCalls: 100,
  maxCommandsPerSecond: 500,
  maxQueuedReplies: 1000,
};

/** A command that is longer counts as several. */
const BYTES_OF_ONE = 4096;

/** Counts commands against a rate. Time comes in by `refill` only. */
export class CommandBudget {
  readonly #perSecond: number;
  #left: number;
  #refilledAtMs: number | undefined;

  constructor(maxCommandsPerSecond: number) {
    this.#perSecond = maxCommandsPerSecond;
    this.#left = maxCommandsPerSecond * 2;
  }

  /** `session.flood` when nothing is left. A long command costs more: it may hold 100 000 values. */
  spend(byteLength = 0): void {
    const cost = Math.max(1, Math.min(1 + Math.floor(byteLength / BYTES_OF_ONE), this.#perSecond));
    if (this.#left < cost) throw new ProtocolError("session.flood", `more than ${this.#perSecond} commands a second`);
    this.#left -= cost;
  }

  /** The last one was asked for: the answer to a call. Its length still counts. */
  refund(): void {
    this.#left++;
  }

  /** Call it at least once a second; any monotonic clock will do. */
  refill(nowMs: number): void {
    const elapsedMs = Math.max(0, nowMs - (this.#refilledAtMs ?? nowMs));
    this.#left = Math.min(this.#perSecond * 2, this.#left + (elapsedMs * this.#perSecond) / 1000);
    this.#refilledAtMs = nowMs;
  }
}
