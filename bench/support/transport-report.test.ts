import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import type { Delivery } from "./measure-delivery.ts";
import { median, percentile } from "./statistics.ts";
import { summarize, transportTable } from "./transport-report.ts";

function delivery(cpuSecondsPerGigabyte: number, viewersBehind = 0): Delivery {
  return {
    cpuSecondsPerGigabyte,
    viewersBehind,
    loopDelayP99Ms: 3,
    megabitsPerSecond: 520,
    deliveredBytes: 1,
    residentBytes: 1,
  };
}

const RESULTS = [
  { name: "rtmp", rounds: [delivery(1), delivery(2), delivery(0.5)] },
  { name: "ws", rounds: [delivery(3), delivery(4, 1), delivery(0.6, 2)] },
];

test("the ratio is the median of those within each round", () => {
  const [rtmp, ws] = summarize(RESULTS, "rtmp");
  equal(rtmp?.ratio, 1);
  equal(ws?.ratio, 2);
  equal(ws?.cpuSecondsPerGigabyte, 3);
  deepEqual(ws?.cpuRange, [0.6, 4]);
  equal(ws?.viewersBehind, 3);
});

test("without the baseline there is no ratio", () => {
  const [ws] = summarize(RESULTS.slice(1), "rtmp");
  equal(ws?.ratio, undefined);
  ok(transportTable([...summarize(RESULTS.slice(1), "rtmp")]).includes("|     - |"));
});

test("the table has a line for each transport, all of one width", () => {
  const lines = transportTable(summarize(RESULTS, "rtmp")).trimEnd().split("\n");
  equal(lines.length, 4);
  equal(new Set(lines.map((line) => line.length)).size, 1);
  equal(lines[3], "| ws        |     3.00 |   0.60 |    4.00 |  2.00 |         3.0 |    520 |      3 |");
});

test("a percentile between two values is in proportion", () => {
  equal(median([3, 1, 2]), 2);
  equal(median([1, 2]), 1.5);
  equal(percentile([0, 10], 0.99), 9.9);
  equal(percentile([7], 0.99), 7);
  ok(Number.isNaN(median([])));
});
