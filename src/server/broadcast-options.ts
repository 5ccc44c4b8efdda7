import { type BroadcastOptions, DEFAULT_BROADCAST_OPTIONS } from "../broadcast/broadcast.ts";
import type { FlushPolicy } from "../broadcast/flush-policy.ts";
import { DEFAULT_LAG_LIMITS } from "../broadcast/lag-policy.ts";
import type { ResolvedOptions, ServerPlayOptions } from "./options.ts";

/** The server's options as its broadcasts take them. */
export function broadcastOptionsOf(options: ResolvedOptions, schedule: BroadcastOptions["schedule"]): BroadcastOptions {
  const { play, publish, limits, chunkSize } = options;
  const { unwatchedReadMs: _, ...rules } = publish;
  const { maxLagBytes, maxLagMs, blockedTimeoutMs } = play;
  return {
    ...DEFAULT_BROADCAST_OPTIONS,
    ...rules,
    maxGopBytes: limits.maxGopBytes,
    maxLogMessages: limits.maxLogMessages,
    maxConfigBytes: limits.maxConfigBytes,
    chunkSize,
    lag: { ...DEFAULT_LAG_LIMITS, maxLagBytes, maxLagMs, blockedTimeoutMs },
    flush: flushPolicyOf(play),
    schedule,
  };
}

function flushPolicyOf({ flush, mergeMs, audioHoldMs }: ServerPlayOptions): FlushPolicy {
  switch (flush) {
    case "instant":
      return { kind: "instant" };
    case "low":
      return { kind: "low", audioHoldMs };
    case "merge":
      return { kind: "merge", intervalMs: mergeMs };
  }
}
