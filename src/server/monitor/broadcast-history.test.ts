import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { BroadcastHistory, MAX_SAMPLES } from "./broadcast-history.ts";

test("a sample is what came since the one before, by the second", () => {
  const history = new BroadcastHistory();
  history.sample(1000, { videoBytes: 500, audioBytes: 50, videoFrames: 5 }, 0);
  deepEqual(history.list(0), []);
  history.sample(2000, { videoBytes: 125_500, audioBytes: 16_050, videoFrames: 35 }, 2);
  history.sample(4000, { videoBytes: 125_500, audioBytes: 16_050, videoFrames: 96 }, 3);
  deepEqual(history.list(1_000_000), [
    { atMs: 1_002_000, videoBitrate: 1_000_000, audioBitrate: 128_000, frameRate: 30, viewers: 2 },
    { atMs: 1_004_000, videoBitrate: 0, audioBitrate: 0, frameRate: 30.5, viewers: 3 },
  ]);
});

test("five minutes are kept, oldest first", () => {
  const history = new BroadcastHistory();
  for (let second = 0; second <= MAX_SAMPLES + 20; second++) {
    history.sample(second * 1000, { videoBytes: 0, audioBytes: 0, videoFrames: 0 }, second);
  }
  const samples = history.list(0);
  equal(samples.length, MAX_SAMPLES);
  deepEqual([samples[0]?.viewers, samples.at(-1)?.viewers], [21, MAX_SAMPLES + 20]);
});

test("two samples at the same time are one", () => {
  const history = new BroadcastHistory();
  history.sample(0, { videoBytes: 0, audioBytes: 0, videoFrames: 0 }, 0);
  history.sample(0, { videoBytes: 9, audioBytes: 0, videoFrames: 0 }, 0);
  deepEqual(history.list(0), []);
});
