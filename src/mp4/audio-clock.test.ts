import { deepEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { AudioClock } from "./audio-clock.ts";

/** Decode times for frames whose timestamps are these. */
function placeAll(timescale: number, frameTicks: number, timesMs: readonly number[]): number[] {
  const clock = new AudioClock(timescale);
  return timesMs.map((timeMs) => clock.place(timeMs, frameTicks));
}

function distances(times: readonly number[]): number[] {
  return times.slice(1).map((time, index) => time - (times[index] ?? 0));
}

const CODECS: readonly (readonly [timescale: number, frameTicks: number])[] = [
  [44100, 1024],
  [48000, 1024],
  [24000, 1024],
  [44100, 1152],
  [22050, 576],
  [48000, 960],
  [48000, 120],
  [48000, 1536],
  [96000, 4096],
];

test("timestamps rounded to milliseconds, up or down, give exactly the frames of the codec, for hours", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...CODECS),
      fc.constantFrom(Math.floor, Math.round, Math.ceil),
      fc.nat(2 ** 40),
      ([timescale, frameTicks], round, startMs) => {
        const times = Array.from({ length: 500 }, (_, index) => {
          return startMs + round((index * frameTicks * 1000) / timescale);
        });
        deepEqual(new Set(distances(placeAll(timescale, frameTicks, times))), new Set([frameTicks]));
      },
    ),
  );
});

test("timestamps that jitter by less than a frame give exact frames as well", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -8, max: 8 }), { minLength: 300, maxLength: 300 }), (jitterMs) => {
      const times = jitterMs.map((jitter, index) => 1000 + Math.round((index * 1024_000) / 44100) + jitter);
      deepEqual(new Set(distances(placeAll(44100, 1024, times))), new Set([1024]));
    }),
  );
});

test("whatever the timestamps are, time goes on and no frame overlaps by more than half of it", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...CODECS),
      fc.array(fc.nat(400), { minLength: 2, maxLength: 200 }),
      ([timescale, frameTicks], stepsMs) => {
        let timeMs = 0;
        const times = stepsMs.map((stepMs) => (timeMs += stepMs));
        for (const distance of distances(placeAll(timescale, frameTicks, times))) {
          ok(Number.isInteger(distance) && distance >= frameTicks / 2, `${distance} after a frame of ${frameTicks}`);
        }
      },
    ),
  );
});

test("a clock that runs faster or slower is followed by less than 1/128 of each frame", () => {
  for (const speed of [1.001, 0.999, 1.004, 0.996]) {
    const times = Array.from({ length: 20_000 }, (_, index) => Math.round((index * 1024_000 * speed) / 44100));
    const placed = placeAll(44100, 1024, times);
    for (const distance of distances(placed)) ok(Math.abs(distance - 1024) <= 8, `${distance}`);
    for (const [index, time] of placed.entries()) {
      const awayMs = Math.abs(time / 44.1 - (times[index] ?? 0));
      ok(awayMs < 25, `${awayMs} ms away after ${index} frames at ${speed}`);
    }
  }
});

test("sound that is missing for more than two frames and 50 ms stays missing", () => {
  deepEqual(placeAll(48000, 1024, [0, 21, 43, 164, 185]), [0, 1024, 2048, 7872, 8896]);
  deepEqual(placeAll(48000, 1024, [0, 21, 92]), [0, 1024, 2048]); // 49 ms late
  deepEqual(placeAll(48000, 1024, [0, 21, 93]), [0, 1024, 4464]);
  deepEqual(placeAll(48000, 1536, [0, 32, 64 + 64]), [0, 1536, 3072]);
  deepEqual(placeAll(48000, 1536, [0, 32, 64 + 65]), [0, 1536, 6192]);
});

test("a configuration that tells the wrong rate does not let sound run away", () => {
  // 48 kHz in truth, told as 44.1: each frame seems 1.9 ms longer than it is
  const times = Array.from({ length: 10_000 }, (_, index) => Math.round((index * 1024_000) / 48000));
  const placed = placeAll(44100, 1024, times);
  for (const [index, time] of placed.entries()) {
    ok(Math.abs(time / 44.1 - (times[index] ?? 0)) < 2500, `${time / 44.1} ms for ${times[index]}`);
  }
});
