import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { LoopDelay } from "./loop-delay.ts";

function percentiles(delay: LoopDelay): number[] {
  return [0.5, 0.99].map((fraction) => delay.percentile(fraction));
}

test("the delay of a loop is by how much ticks came late", () => {
  const delay = new LoopDelay(500);
  deepEqual(percentiles(delay), [0, 0]);
  let nowMs = 7;
  delay.tick(nowMs);
  deepEqual(percentiles(delay), [0, 0]);
  for (const lateMs of [1, 0, 2, 80.04, 1]) {
    nowMs += 500 + lateMs;
    delay.tick(nowMs);
  }
  deepEqual(percentiles(delay), [1, 80]);
});

test("half a minute later it is forgotten", () => {
  const delay = new LoopDelay(500);
  let nowMs = 0;
  delay.tick(nowMs);
  nowMs += 900;
  delay.tick(nowMs);
  deepEqual(percentiles(delay), [400, 400]);
  for (let tick = 0; tick < 60; tick++) {
    nowMs += 499;
    delay.tick(nowMs);
  }
  deepEqual(percentiles(delay), [0, 0]);
});
