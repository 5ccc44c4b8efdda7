import type { ServerClient } from "../feature.ts";

/** What one measurement found. */
export type BandwidthResult = {
  /** Kilobits a second, of what the client reads. */
  readonly kbps: number;
  /** Of the last and longest burst. */
  readonly bytes: number;
  readonly durationMs: number;
  /** The shortest round trip of a call. */
  readonly latencyMs: number;
};

export type BandwidthTestNeeds = {
  /** What is sent: random text, so that nothing on the way makes it shorter. */
  readonly payload: string;
  readonly maxBytes: number;
  readonly endsAtMs: number;
  readonly nowMs: () => number;
  /** Resolves when the client has taken all that was sent. Rejects when it has gone, or the time is over. */
  drained(): Promise<void>;
};

/** Adobe's name for it: clients answer with a number. */
const CHECK = "onBWCheck";
const LATENCY_ROUNDS = 3;
/** Whoever does not know the call is sent nothing more. */
const LATENCY_TIMEOUT_MS = 2000;
const FIRST_BURST_BYTES = 32 * 1024;
const GROWTH = 4;
/** A burst that took so long is long enough to be right. */
const ENOUGH_MS = 400;

/**
 * Measures how fast a client reads: bursts of calls that grow until one takes long enough, or the next would be too much.
 * The time of a burst ends with the answer to its last call. Rejects when the client does not answer.
 */
export async function measureBandwidth(client: ServerClient, needs: BandwidthTestNeeds): Promise<BandwidthResult> {
  const latencyMs = await measureLatency(client, needs);
  let bytesLeft = needs.maxBytes;
  for (let bytes = FIRST_BURST_BYTES; ; bytes *= GROWTH) {
    const startedAtMs = needs.nowMs();
    await sendBurst(client, bytes, needs);
    const durationMs = Math.max(0.01, needs.nowMs() - startedAtMs - latencyMs);
    bytesLeft -= bytes;
    const isEnough = durationMs >= ENOUGH_MS || bytesLeft < bytes * GROWTH || willBeLate(durationMs, needs);
    if (isEnough) return { kbps: (bytes * 8) / durationMs, bytes, durationMs, latencyMs };
  }
}

async function measureLatency(client: ServerClient, { nowMs }: BandwidthTestNeeds): Promise<number> {
  let shortestMs = Number.POSITIVE_INFINITY;
  for (let round = 0; round < LATENCY_ROUNDS; round++) {
    const startedAtMs = nowMs();
    await client.call(CHECK, [], { timeoutMs: LATENCY_TIMEOUT_MS });
    shortestMs = Math.min(shortestMs, nowMs() - startedAtMs);
  }
  return shortestMs;
}

/** The network's own buffer is kept full, and no more than one piece waits beside it. */
async function sendBurst(client: ServerClient, bytes: number, needs: BandwidthTestNeeds): Promise<void> {
  const { payload } = needs;
  for (let sent = payload.length; sent < bytes; sent += payload.length) {
    client.notify(CHECK, [payload]);
    if (client.unsentBytes > 0) await needs.drained();
  }
  await client.call(CHECK, [payload], { timeoutMs: Math.max(1, needs.endsAtMs - needs.nowMs()) });
}

function willBeLate(durationMs: number, { endsAtMs, nowMs }: BandwidthTestNeeds): boolean {
  return nowMs() + durationMs * GROWTH > endsAtMs;
}
