import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { BitrateMeter, formatBitrate, formatBytes, formatTime, round } from "./amounts.ts";

test("times, rates and sizes in words", () => {
  deepEqual([-5, 999, 61_000, 36_061_999].map(formatTime), ["0:00:00", "0:00:00", "0:01:01", "10:01:01"]);
  deepEqual([0, 999, 1499, 2_500_000].map(formatBitrate), ["0 bit/s", "999 bit/s", "1 kbit/s", "2500 kbit/s"]);
  deepEqual([7, 1000, 99_940, 999_600, 2_500_000, 7e9].map(formatBytes), [
    "7 bytes",
    "1.0 kB",
    "100 kB",
    "1.0 MB",
    "2.5 MB",
    "7.0 GB",
  ]);
  deepEqual([round(1.26), round(1.26, 1)], [1, 1.3]);
});

test("a rate is that of the last seconds", () => {
  const meter = new BitrateMeter(2000);
  equal(meter.note(0, 0), 0);
  equal(meter.note(1000, 1000), 8000);
  equal(meter.note(2000, 3000), 12_000);
  equal(meter.note(3000, 3000), 8000);
  equal(meter.note(4000, 3000), 0);
});
