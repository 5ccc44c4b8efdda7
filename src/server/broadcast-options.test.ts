import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { broadcastOptionsOf } from "./broadcast-options.ts";
import { resolveOptions, type ServerPlayOptions } from "./options.ts";

function flushOf(play: Partial<ServerPlayOptions>) {
  return broadcastOptionsOf(resolveOptions({ play }), () => {}).flush;
}

test("each flush policy takes its own time from the options", () => {
  const times = { audioHoldMs: 11, mergeMs: 222 };
  deepEqual(flushOf({ flush: "low", ...times }), { kind: "low", audioHoldMs: 11 });
  deepEqual(flushOf({ flush: "merge", ...times }), { kind: "merge", intervalMs: 222 });
  deepEqual(flushOf({ flush: "instant", ...times }), { kind: "instant" });
});

test("publish rules, limits and lag go over by their names", () => {
  const options = resolveOptions({
    publish: { busyName: "refuse", staleAfterMs: 1, graceMs: 2 },
    play: { maxLagBytes: 3, maxLagMs: 4, blockedTimeoutMs: 5 },
    limits: { maxGopBytes: 6, maxLogMessages: 7, maxConfigBytes: 8 },
    chunkSize: 900,
  });
  const { lag, schedule, flush, ...others } = broadcastOptionsOf(options, () => {});
  deepEqual([lag.maxLagBytes, lag.maxLagMs, lag.blockedTimeoutMs], [3, 4, 5]);
  deepEqual(others, {
    busyName: "refuse",
    staleAfterMs: 1,
    graceMs: 2,
    maxGopBytes: 6,
    maxLogMessages: 7,
    maxConfigBytes: 8,
    chunkSize: 900,
  });
});
