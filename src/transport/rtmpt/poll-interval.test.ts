import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { PollInterval } from "./poll-interval.ts";

test("the interval rises with each idle request that gets nothing, and falls at once", () => {
  const interval = new PollInterval();
  equal(interval.afterActivity(), 0x01);
  const silent = Array.from({ length: 7 }, () => interval.afterSilence());
  deepEqual(silent, [0x03, 0x05, 0x09, 0x11, 0x21, 0x21, 0x21]);
  equal(interval.afterActivity(), 0x01);
  equal(interval.afterSilence(), 0x03);
});
