import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { Pacer, type PacerOptions } from "./pacer.ts";

/** When each timestamp is sent; a negative one is a break of that many milliseconds. */
async function sendTimes(timestamps: readonly number[], options?: PacerOptions): Promise<number[]> {
  let nowMs = 500;
  const clock = {
    nowMs: () => nowMs,
    async wait(delayMs: number) {
      nowMs += delayMs;
    },
  };
  const pacer = new Pacer(clock, options);
  const times: number[] = [];
  for (const timestamp of timestamps) {
    if (timestamp < 0) {
      nowMs -= timestamp;
      continue;
    }
    await pacer.until(timestamp, new AbortController().signal);
    times.push(nowMs - 500);
  }
  return times;
}

test("timestamps are sent at their distance, whatever the first one is", async () => {
  deepEqual(await sendTimes([0, 40, 100]), [0, 40, 100]);
  deepEqual(await sendTimes([70_000, 70_040, 70_020, 70_080]), [0, 40, 40, 80]);
});

test("with a speed, faster or slower", async () => {
  deepEqual(await sendTimes([1000, 1040, 2000], { speed: 2 }), [0, 20, 500]);
  deepEqual(await sendTimes([1000, 1040, 2000], { speed: 0.5 }), [0, 80, 2000]);
  deepEqual(await sendTimes([1000, 1040, 900_000], { speed: Number.POSITIVE_INFINITY }), [0, 0, 0]);
});

test("with a burst, that much at once, and the rest as early", async () => {
  deepEqual(await sendTimes([0, 400, 1000, 1040, 2000], { burstMs: 1000 }), [0, 0, 0, 40, 1000]);
});

test("a short break is caught up, a long one is not", async () => {
  deepEqual(await sendTimes([0, -900, 40, 1000]), [0, 900, 1000]);
  deepEqual(await sendTimes([0, -3000, 40, 80, 120]), [0, 3000, 3040, 3080]);
  deepEqual(await sendTimes([0, -3000, 40, 80, 3100], { maxLateMs: 5000 }), [0, 3000, 3000, 3100]);
});

test("timestamps that jump are not waited for", async () => {
  deepEqual(await sendTimes([0, 40, 900_000, 900_040, 20, 60]), [0, 40, 40, 80, 80, 120]);
});
