import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { MediaMessage } from "../formats/flv/media-message.ts";
import { Timeline } from "./timeline.ts";

function media(kind: MediaMessage["kind"], timestamp: number, isConfig = false): MediaMessage {
  return {
    kind,
    timestamp: timestamp >>> 0,
    payload: new Uint8Array(1),
    isKeyframe: false,
    isConfig,
    isDisposable: false,
    trackId: 0,
  };
}

/** Times in, times out; one millisecond of the clock for each of the stream. */
function run(timeline: Timeline, kind: MediaMessage["kind"], times: readonly number[], startMs = 0): number[] {
  const first = times[0] ?? 0;
  return times.map((time) => timeline.timestampOf(media(kind, time), startMs + Math.max(0, time - first)));
}

test("the first publication keeps its own times", () => {
  const timeline = new Timeline();
  equal(timeline.timestampOf(media("data", 0, true), 0), 0);
  deepEqual(run(timeline, "video", [5000, 5033, 5066]), [5000, 5033, 5066]);
  deepEqual(run(timeline, "audio", [4990, 5013]), [4990, 5013]);
  deepEqual(timeline.counters, { steps: 0, jumps: 0, wraps: 0 });
});

test("times count on over 32 bits, on each track", () => {
  const timeline = new Timeline();
  const before = 2 ** 32 - 20;
  deepEqual(run(timeline, "video", [before, before + 40, before + 80]), [before, before + 40, before + 80]);
  deepEqual(run(timeline, "audio", [before + 10, before + 33]), [before + 10, before + 33]);
  equal(timeline.timestampOf(media("audio", 100), 50), 2 ** 32 + 100);
  equal(timeline.counters.jumps, 0);
});

for (const bits of [24, 31]) {
  test(`a publisher that counts ${bits} bits only goes on after the end of them`, () => {
    const timeline = new Timeline();
    const end = 2 ** bits;
    const times = [end - 40, end - 10, 20, 60];
    const seen = times.map((time, index) => timeline.timestampOf(media("video", time), index * 30));
    deepEqual(seen, [end - 40, end - 10, end + 20, end + 60]);
    deepEqual(timeline.counters, { steps: 0, jumps: 0, wraps: 1 });
  });
}

test("a track that begins on the other side of an early wrap stays beside the first", () => {
  const end = 2 ** 24;
  const after = new Timeline();
  equal(after.timestampOf(media("video", end - 16), 0), end - 16);
  equal(after.timestampOf(media("audio", 1), 0), end + 1);
  const before = new Timeline();
  before.timestampOf(media("video", end - 16), 0);
  equal(before.timestampOf(media("video", 5), 0), end + 5);
  equal(before.timestampOf(media("audio", end - 4), 0), end - 4);
});

test("a configuration between the frames of another track is not ahead of its own first frame", () => {
  const timeline = new Timeline();
  deepEqual(run(timeline, "video", [0, 40, 80]), [0, 40, 80]);
  const config = { ...media("audio", 0), isConfig: true };
  equal(timeline.timestampOf(config, 80), 0);
  equal(timeline.timestampOf({ ...config, timestamp: 5000 }, 80), 80);
  equal(timeline.timestampOf(config, 80), 80);
  deepEqual(run(timeline, "audio", [46, 69, 92]), [80, 80, 92]);
});

test("frames and configurations do not go back behind a configuration of their track, which is ahead by a second at most", () => {
  const timeline = new Timeline();
  const config = (time: number): number => timeline.timestampOf(media("video", time, true), 80);
  deepEqual(run(timeline, "video", [0, 40]), [0, 40]);
  deepEqual([config(80), config(0), config(5000), config(1081)], [80, 80, 80, 80]);
  deepEqual(run(timeline, "video", [60, 100], 80), [80, 100]);
  equal(config(1100), 1100);
  deepEqual(run(timeline, "video", [140, 1120], 160), [1100, 1120]);
  equal(timeline.counters.jumps, 0);
});

test("a small step back is held, and counted", () => {
  const timeline = new Timeline();
  deepEqual(run(timeline, "video", [0, 40, 30, 80]), [0, 40, 40, 80]);
  deepEqual(timeline.counters, { steps: 1, jumps: 0, wraps: 0 });
});

test("a restart at 0 goes on by the usual distance, and both tracks stay in step", () => {
  const timeline = new Timeline();
  for (let time = 60_000; time <= 60_400; time += 40) timeline.timestampOf(media("video", time), time);
  for (let time = 60_000; time <= 60_400; time += 20) timeline.timestampOf(media("audio", time), time);
  const video = timeline.timestampOf(media("video", 0), 60_440);
  const audio = timeline.timestampOf(media("audio", 5), 60_445);
  equal(video, 60_440);
  equal(audio, 60_445);
  equal(timeline.counters.jumps, 2);
});

test("a jump far ahead of the clock is closed, a real pause is not", () => {
  const timeline = new Timeline();
  timeline.timestampOf(media("video", 0), 0);
  timeline.timestampOf(media("video", 40), 40);
  equal(timeline.timestampOf(media("video", 30_040), 30_040), 30_040);
  equal(timeline.counters.jumps, 0);
  equal(timeline.timestampOf(media("video", 90_000_000), 30_080), 30_080);
  equal(timeline.counters.jumps, 1);
});

test("a returning publisher follows by the time that passed, from whatever it counts", () => {
  const timeline = new Timeline();
  run(timeline, "video", [1000, 1040], 0);
  timeline.startPublication(2040, 10_000);
  equal(timeline.timestampOf(media("data", 0, true), 2040), 3040);
  equal(timeline.timestampOf(media("video", 77_000, true), 2040), 3040);
  equal(timeline.timestampOf(media("video", 77_000), 2040), 3040);
  equal(timeline.timestampOf(media("audio", 76_990), 2041), 3040);
  equal(timeline.timestampOf(media("video", 77_040), 2080), 3080);
  equal(timeline.timestampOf(media("audio", 77_013), 2090), 3053);
});

test("a pause longer than allowed is shortened", () => {
  const timeline = new Timeline();
  run(timeline, "video", [0, 40], 0);
  timeline.startPublication(100_000, 10_000);
  equal(timeline.timestampOf(media("video", 0), 100_000), 10_040);
});

test("data and configurations with time 0 take the time around them", () => {
  const timeline = new Timeline();
  run(timeline, "video", [50_000, 50_040], 0);
  equal(timeline.timestampOf(media("data", 0), 50), 50_040);
  equal(timeline.timestampOf(media("data", 50_030), 50), 50_040);
  equal(timeline.timestampOf(media("video", 0, true), 50), 50_040);
  equal(timeline.timestampOf(media("data", 50_060), 50), 50_060);
});

test("a configuration with a wild time before the first frame moves nothing", () => {
  const timeline = new Timeline();
  timeline.timestampOf(media("video", -1, true), 0);
  equal(timeline.newest, undefined);
  deepEqual(run(timeline, "video", [0, 40]), [0, 40]);
  equal(timeline.newest, 40);
  timeline.startPublication(140, 10_000);
  equal(timeline.timestampOf(media("video", 0), 140), 140);
});

test("pictures far apart are no jump while the sound counts on, however fast both come", () => {
  const timeline = new Timeline();
  timeline.timestampOf(media("video", 0), 0);
  for (let time = 0; time <= 30_000; time += 20) timeline.timestampOf(media("audio", time), 0);
  equal(timeline.timestampOf(media("video", 30_000), 1), 30_000);
  equal(timeline.counters.jumps, 0);
});

test("a jump that both tracks make keeps them in step, where the second is ahead of the first too", () => {
  const timeline = new Timeline();
  for (let time = 60_000; time <= 60_400; time += 40) timeline.timestampOf(media("video", time), time);
  for (let time = 60_000; time <= 60_460; time += 20) timeline.timestampOf(media("audio", time), time);
  equal(timeline.timestampOf(media("video", 0), 60_440), 60_440);
  // Audio stands at 60 460: it is held until the new times have come so far.
  deepEqual(
    [0, 20, 40, 60, 80].map((time) => timeline.timestampOf(media("audio", time), 60_440)),
    [60_460, 60_460, 60_480, 60_500, 60_520],
  );
  equal(timeline.timestampOf(media("video", 40), 60_480), 60_480);
  equal(timeline.counters.jumps, 2);
});

test("a hundred days of a stream are counted without a step, over every wrap", () => {
  const timeline = new Timeline();
  const dayMs = 86_400_000;
  let last = -1;
  for (let time = 0; time <= 100 * dayMs; time += 600_000) {
    const seen = timeline.timestampOf(media("video", time), time);
    equal(seen, time);
    equal(seen > last, true);
    last = seen;
  }
  deepEqual(timeline.counters, { steps: 0, jumps: 0, wraps: 0 });
});

test("what one timeline gave out, another keeps as it is, from any message on", () => {
  const kinds = fc.constantFrom<MediaMessage["kind"]>("audio", "video", "data");
  const step = fc.record({ kind: kinds, isConfig: fc.boolean(), stepMs: fc.integer({ min: -2_000, max: 20_000 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.nat({ max: 59 }), (steps, joinedAt) => {
      const home = new Timeline();
      const mirror = new Timeline();
      home.startPublication(0, 10_000);
      mirror.startPublication(0, 10_000, true);
      let time = 0;
      for (const [index, { kind, isConfig, stepMs }] of steps.entries()) {
        time = Math.max(0, time + stepMs);
        // As they come from a real publisher; a mirror gets what was kept for it at once.
        const given = home.timestampOf(media(kind, time, isConfig), time);
        if (index < joinedAt) continue;
        const relayed = media(kind, given, isConfig);
        equal(mirror.timestampOf(relayed, 0), given);
      }
    }),
  );
});

test("given times go on behind those of the publication before, and over the end of 32 bits", () => {
  const timeline = new Timeline();
  run(timeline, "video", [0, 40, 80]);
  timeline.startPublication(200, 10_000, true);
  const wrap = 2 ** 32;
  equal(timeline.timestampOf(media("data", 0, true), 200), 200);
  equal(timeline.timestampOf(media("video", wrap - 20, true), 200), 200);
  equal(timeline.timestampOf(media("video", wrap - 20), 200), 200);
  // A little before the first picture, which nothing may be behind.
  equal(timeline.timestampOf(media("audio", wrap - 25), 200), 200);
  equal(timeline.timestampOf(media("video", wrap + 20), 240), 240);
  equal(timeline.timestampOf(media("audio", wrap + 60_000), 240), 60_220);
  equal(timeline.newest, 60_220);
});
