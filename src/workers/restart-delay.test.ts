import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { RestartDelay } from "./restart-delay.ts";

test("at once the first time, then later each time, up to ten seconds", () => {
  const delay = new RestartDelay();
  const delays = Array.from({ length: 8 }, () => delay.after(100));
  deepEqual(delays, [0, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
});

test("after a minute of life it counts anew", () => {
  const delay = new RestartDelay();
  for (const livedMs of [5000, 5000, 59_999]) delay.after(livedMs);
  equal(delay.after(59_999), 2000);
  equal(delay.after(60_000), 0);
  equal(delay.after(59_999), 500);
});
