import { equal } from "node:assert/strict";
import { test } from "node:test";
import {
  countOf,
  formatBitrate,
  formatBytes,
  formatClock,
  formatCount,
  formatDuration,
  formatFrameRate,
  formatShare,
  formatTimeOfDay,
} from "../../dashboard/format.ts";

type Case = readonly [value: number | undefined, text: string];

function check(name: string, format: (value: number | undefined) => string, cases: readonly Case[]): void {
  for (const [value, text] of cases) test(`${name} of ${value} is ${text}`, () => equal(format(value), text));
}

check("bitrate", formatBitrate, [
  [0, "0 bit/s"],
  [999, "999 bit/s"],
  [1000, "1.00 kbit/s"],
  [64_000, "64.0 kbit/s"],
  [999_400, "999 kbit/s"],
  [999_600, "1.00 Mbit/s"],
  [4_480_000, "4.48 Mbit/s"],
  [5_730_000_000, "5.73 Gbit/s"],
  [undefined, "–"],
  [Number.NaN, "–"],
  [-1, "–"],
  [Number.POSITIVE_INFINITY, "–"],
]);

check("bytes", formatBytes, [
  [0, "0 B"],
  [1536, "1.54 kB"],
  [187_000_000, "187 MB"],
  [4_840_000_000_000, "4.84 TB"],
  [9e18, "9000 PB"],
  [undefined, "–"],
]);

check("count", formatCount, [
  [7, "7"],
  [999, "999"],
  [1204, "1\u202f204"],
  [1_204_000, "1\u202f204\u202f000"],
  [undefined, "–"],
]);

check("frame rate", formatFrameRate, [
  [30, "30 fps"],
  [29.97, "29.97 fps"],
  [23.976, "23.98 fps"],
  [29.999, "30 fps"],
  [21.3, "21.3 fps"],
  [undefined, "–"],
]);

check("clock", formatClock, [
  [0, "0:00"],
  [59_999, "0:59"],
  [247_000, "4:07"],
  [3_753_000, "1:02:33"],
  [86_400_000 * 3 + 7_800_000, "3 d 02:10"],
  [-5000, "0:00"],
  [undefined, "–"],
]);

check("duration", formatDuration, [
  [0, "0 ms"],
  [340.4, "340 ms"],
  [999.6, "1.0 s"],
  [2440, "2.4 s"],
  [59_960, "1 min 0 s"],
  [80_000, "1 min 20 s"],
  [-38, "−38 ms"],
  [-0.2, "0 ms"],
  [undefined, "–"],
]);

check("share", formatShare, [
  [0, "0.0 %"],
  [0.023, "2.3 %"],
  [0.23, "23 %"],
  [1.7, "170 %"],
  [undefined, "–"],
]);

test("one is not many", () => {
  equal(countOf(1, "viewer"), "1 viewer");
  equal(countOf(0, "viewer"), "0 viewers");
  equal(countOf(2, "entry", "entries"), "2 entries");
});

test("the day is told where it is another", () => {
  const now = new Date(2026, 10, 20, 14, 5, 9).getTime();
  equal(formatTimeOfDay(now, now), "14:05:09");
  equal(formatTimeOfDay(new Date(2026, 10, 19, 4, 5, 9).getTime(), now), "2026-11-19 04:05:09");
});
