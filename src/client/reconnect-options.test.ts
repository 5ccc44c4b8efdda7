import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { backoffMs, resolveReconnectOptions } from "./reconnect-options.ts";

test("pauses double up to the longest, and chance takes away as much as it may", () => {
  const options = resolveReconnectOptions({ firstMs: 100, maxMs: 1000 });
  const pauses = (random: number): number[] =>
    [1, 2, 3, 4, 5, 6].map((attempt) => backoffMs(attempt, options, () => random));
  deepEqual(pauses(0), [100, 200, 400, 800, 1000, 1000]);
  deepEqual(pauses(0.5), [50, 100, 200, 400, 500, 500]);
  equal(
    backoffMs(2, { ...options, jitter: 0 }, () => 0.9),
    200,
  );
  equal(
    backoffMs(1, { ...options, jitter: 0.5 }, () => 0.5),
    75,
  );
  equal(
    backoffMs(5000, options, () => 0),
    1000,
  );
});

test("numbers that make no sense are refused", () => {
  equal(resolveReconnectOptions(true).firstMs, 500);
  for (const options of [
    { firstMs: 0 },
    { firstMs: 2, maxMs: 1 },
    { jitter: 1.1 },
    { jitter: -1 },
    { maxAttempts: 0 },
  ]) {
    throws(() => resolveReconnectOptions(options), RangeError);
  }
});
