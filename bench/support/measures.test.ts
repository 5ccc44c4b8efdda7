import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { doubtsOf, MEASURES } from "./measures.ts";

test("a run without faults raises no doubts", () => {
  deepEqual(doubtsOf({ wall_s: 8, loader_cpu_pct: 89.9, steal_s: 0.7, players_slow: 0, publish_late_max_ms: 199 }), []);
});

test("what makes a run say less is told", () => {
  const doubts = doubtsOf({
    wall_s: 8,
    loader_cpu_pct: 90,
    steal_s: 0.8,
    players_slow: 2,
    frames_lost: 3,
    players_failed: 4,
    publishers_failed: 5,
    failed: 6,
    request_errors: 7,
    items_skipped: 8,
    publish_late_max_ms: 200,
  });
  deepEqual(doubts, [
    "the loader was the limit (90 % of a core)",
    "the machine's host took 0.10 cores",
    "2 viewers got less than 90 % of what others got",
    "3 frames were lost",
    "4 viewers failed",
    "5 publishers failed",
    "6 connections failed",
    "7 requests failed",
    "8 parts or segments were missed",
    "a message was published 200 ms late",
  ]);
});

test("a figure that a run has not is no number", () => {
  equal(MEASURES["memory-at-end"].value({ rss_kB: 2048 }), 2);
  equal(MEASURES["start-p50"].value({ rss_kB: 2048 }), undefined);
  equal(MEASURES["start-p50"].value({ start_p50_ms: "much" }), undefined);
});
