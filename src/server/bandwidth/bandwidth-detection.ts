import { randomBytes } from "node:crypto";
import type { CallEvent } from "../../rtmp/session/call-events.ts";
import type { ServerClient, ServerFeature } from "../feature.ts";
import type { Log } from "../log.ts";
import type { BandwidthOptions } from "../options.ts";
import { type BandwidthResult, measureBandwidth } from "./bandwidth-test.ts";

/** Of each call; more of them are sent for longer bursts. */
const PIECE_BYTES = 16 * 1024;
const MINUTE_MS = 60_000;

export const DEFAULT_BANDWIDTH_OPTIONS: BandwidthOptions = {
  maxBytes: 6 * 1024 * 1024,
  maxMs: 10_000,
  minIntervalMs: 5_000,
  maxAtATime: 16,
  maxBytesPerMinute: 256 * 1024 * 1024,
};

type Running = { readonly endsAtMs: number; readonly drain: PromiseWithResolvers<void>[] };

/**
 * Measures how fast a client reads when it calls `checkBandwidth`, and tells it by `onBWDone`. The call itself is answered
 * at once: true if it is measured. `_checkbw`, which encoders call unasked, is the session's, which sends nothing for it.
 */
export class BandwidthDetection implements ServerFeature {
  readonly delegatedCommands: readonly string[] = ["checkBandwidth"];
  readonly #options: BandwidthOptions;
  readonly #nowMs: () => number;
  readonly #log: Log;
  readonly #payload = randomBytes((PIECE_BYTES / 4) * 3).toString("base64");
  readonly #running = new Map<ServerClient, Running>();
  /** When each client may ask again. */
  readonly #nextAtMs = new WeakMap<ServerClient, number>();
  #minuteEndsAtMs = 0;
  #bytesLeft = 0;

  constructor(options: Partial<BandwidthOptions>, nowMs: () => number, log: Log) {
    this.#options = { ...DEFAULT_BANDWIDTH_OPTIONS, ...options };
    this.#nowMs = nowMs;
    this.#log = log;
  }

  call(client: ServerClient, { name, transactionId }: CallEvent): boolean {
    if (name !== "checkBandwidth") return false;
    const isMeasured = client.isOpen && this.#admits(client);
    client.resolveCall(transactionId, isMeasured);
    if (isMeasured) void this.#measure(client);
    return true;
  }

  drained(client: ServerClient): void {
    for (const { resolve } of this.#running.get(client)?.drain.splice(0) ?? []) resolve();
  }

  closed(client: ServerClient): void {
    this.#stop(client, "the client has gone");
  }

  tick(nowMs: number): void {
    for (const [client, { endsAtMs }] of this.#running) {
      if (nowMs >= endsAtMs) this.#stop(client, "the client reads too slowly");
    }
  }

  #admits(client: ServerClient): boolean {
    const { maxAtATime, maxBytes, maxBytesPerMinute, minIntervalMs } = this.#options;
    const nowMs = this.#nowMs();
    if (nowMs >= this.#minuteEndsAtMs) {
      this.#minuteEndsAtMs = nowMs + MINUTE_MS;
      this.#bytesLeft = maxBytesPerMinute;
    }
    const isEarly = nowMs < (this.#nextAtMs.get(client) ?? 0);
    if (isEarly || this.#running.has(client) || this.#running.size >= maxAtATime || this.#bytesLeft < maxBytes)
      return false;
    this.#nextAtMs.set(client, nowMs + minIntervalMs);
    this.#bytesLeft -= maxBytes;
    return true;
  }

  async #measure(client: ServerClient): Promise<void> {
    const running: Running = { endsAtMs: this.#nowMs() + this.#options.maxMs, drain: [] };
    this.#running.set(client, running);
    const { id: connection } = client.info;
    try {
      const result = await measureBandwidth(client, {
        payload: this.#payload,
        maxBytes: this.#options.maxBytes,
        endsAtMs: running.endsAtMs,
        nowMs: this.#nowMs,
        drained: () => untilDrained(running),
      });
      client.notify("onBWDone", argsOf(result));
      this.#log.debug({ connection, ...result }, "bandwidth measured");
    } catch (error) {
      // Old encoders call it and know nothing of what follows.
      this.#log.debug({ connection, err: error }, "bandwidth not measured");
    } finally {
      this.#running.delete(client);
    }
  }

  #stop(client: ServerClient, why: string): void {
    for (const { reject } of this.#running.get(client)?.drain.splice(0) ?? []) reject(new Error(why));
  }
}

function untilDrained({ drain }: Running): Promise<void> {
  const waiting = Promise.withResolvers<void>();
  drain.push(waiting);
  return waiting.promise;
}

/** As Adobe's servers tell it: kilobits a second, what was sent, in how many milliseconds, the round trip. */
function argsOf({ kbps, bytes, durationMs, latencyMs }: BandwidthResult): readonly number[] {
  return [kbps, bytes, durationMs, latencyMs].map(Math.round);
}
