import type { UserControl } from "../message/control.ts";

type Ping = { readonly sentAtMs: number; readonly timestampMs: number };

/** Who sent something in this time is not silent. */
const SENDING_MS = 1000;

/** Whether the peer is there: any byte of it shows that, and the answer to a ping shows how far away it is. */
export class Liveness {
  readonly #pingAfterSilenceMs: number;
  #nowMs: number | undefined;
  #heardAtMs = 0;
  #heardBytes = 0;
  #waitingPing: Ping | undefined;
  #roundTripMs: number | undefined;
  #unanswered = 0;
  #pingedAtMs = 0;
  #pingEveryMs: number | undefined;

  constructor(pingAfterSilenceMs: number = Number.POSITIVE_INFINITY) {
    this.#pingAfterSilenceMs = pingAfterSilenceMs;
  }

  /** How long nothing came from the peer, as of the last `now`. */
  get silentMs(): number {
    return this.#nowMs === undefined ? 0 : this.#nowMs - this.#heardAtMs;
  }

  get roundTripMs(): number | undefined {
    return this.#roundTripMs;
  }

  /** Pings since the newest answer, or since the beginning. */
  get unansweredPings(): number {
    return this.#unanswered;
  }

  /** Besides those for silence, a peer that sends is pinged so often, from now on; undefined for never. */
  set pingEveryMs(pingEveryMs: number | undefined) {
    this.#pingEveryMs = pingEveryMs;
    this.#pingedAtMs = this.#nowMs ?? 0;
  }

  /** The peer was silent long enough, and was not pinged for as long; or it sends, and is pinged regularly. */
  get isPingDue(): boolean {
    if (this.#nowMs === undefined) return false;
    if (this.#isRegularPingDue(this.#nowMs)) return true;
    if (this.silentMs < this.#pingAfterSilenceMs) return false;
    return this.#waitingPing === undefined || this.#nowMs - this.#waitingPing.sentAtMs >= this.#pingAfterSilenceMs;
  }

  /** Tells the time and how many bytes have come so far. */
  now(nowMs: number, bytesReceived: number): void {
    if (this.#nowMs === undefined || bytesReceived > this.#heardBytes) this.#heardAtMs = nowMs;
    this.#heardBytes = bytesReceived;
    this.#nowMs = nowMs;
  }

  createPing(nowMs: number): UserControl {
    const timestampMs = nowMs >>> 0;
    this.#unanswered++;
    this.#pingedAtMs = nowMs;
    this.#waitingPing = { sentAtMs: nowMs, timestampMs };
    this.#nowMs ??= nowMs;
    return { kind: "ping-request", timestampMs };
  }

  /** A ping was answered. Answers that fit no waiting ping are ignored. */
  pong(timestampMs: number): void {
    if (this.#waitingPing?.timestampMs !== timestampMs) return;
    this.#roundTripMs = Math.max(0, (this.#nowMs ?? 0) - this.#waitingPing.sentAtMs);
    this.#waitingPing = undefined;
    this.#unanswered = 0;
  }

  /** Not to one that is silent, or its answer would hide that. */
  #isRegularPingDue(nowMs: number): boolean {
    if (this.#pingEveryMs === undefined || this.silentMs > SENDING_MS) return false;
    return nowMs - this.#pingedAtMs >= this.#pingEveryMs;
  }
}
