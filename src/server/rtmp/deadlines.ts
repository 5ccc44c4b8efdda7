import { ProtocolError, type ProtocolErrorCode } from "../../errors.ts";
import type { ServerTimeouts } from "../options.ts";

/** What a deadline depends on besides the time. */
export type ConnectionActivity = {
  readonly isConnected: boolean;
  readonly isPublishing: boolean;
  /** How long no byte came. */
  readonly silentMs: number;
};

/** How long one connection may take for each step, and be silent. */
export class Deadlines {
  readonly #timeouts: ServerTimeouts;
  readonly #startedAtMs: number;
  #handshakeEndedAtMs: number | undefined;
  #askedAtMs: number | undefined;
  #decidedAtMs = 0;

  constructor(timeouts: ServerTimeouts, startedAtMs: number) {
    this.#timeouts = timeouts;
    this.#startedAtMs = startedAtMs;
  }

  /** A question to the application is open: nothing of the client is read until it is answered. */
  get isAsking(): boolean {
    return this.#askedAtMs !== undefined;
  }

  handshakeEnded(nowMs: number): void {
    this.#handshakeEndedAtMs = nowMs;
  }

  asked(nowMs: number): void {
    this.#askedAtMs = nowMs;
  }

  decided(nowMs: number): void {
    this.#askedAtMs = undefined;
    this.#decidedAtMs = nowMs;
  }

  /** Throws `timeout.…` when a deadline is over. */
  check(nowMs: number, { isConnected, isPublishing, silentMs }: ConnectionActivity): void {
    const { hookMs, handshakeMs, connectMs, publisherSilenceMs, idleMs } = this.#timeouts;
    // Nothing is read while the application decides, so the client cannot be blamed for its silence.
    if (this.#askedAtMs !== undefined) return limit(nowMs - this.#askedAtMs, hookMs, "timeout.hook");
    if (this.#handshakeEndedAtMs === undefined) {
      return limit(nowMs - this.#startedAtMs, handshakeMs, "timeout.handshake");
    }
    if (!isConnected) return limit(nowMs - this.#handshakeEndedAtMs, connectMs, "timeout.connect");
    const unexcusedMs = Math.min(silentMs, nowMs - this.#decidedAtMs);
    if (isPublishing) limit(unexcusedMs, publisherSilenceMs, "timeout.publisher");
    else limit(unexcusedMs, idleMs, "timeout.idle");
  }
}

const WHAT_TOOK_LONG: Partial<Record<ProtocolErrorCode, string>> = {
  "timeout.hook": "the application did not decide",
  "timeout.handshake": "the handshake was not over",
  "timeout.connect": "the client did not connect",
};

function limit(elapsedMs: number, limitMs: number, code: ProtocolErrorCode): void {
  if (elapsedMs <= limitMs) return;
  throw new ProtocolError(code, `${WHAT_TOOK_LONG[code] ?? "nothing came"} for ${limitMs} ms`);
}
