import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { StreamClock } from "./stream-clock.ts";

test("the first frame is at the start, and all others keep their distance", () => {
  const clock = new StreamClock(0);
  equal(clock.beside(5000), 0, "a configuration in front of the first frame");
  deepEqual(
    [7000, 7040, 7080].map((timestamp) => clock.at(timestamp, "video")),
    [0, 40, 80],
  );
  equal(clock.at(7023, "audio"), 23);
  equal(clock.beside(7050), 50);
  equal(clock.newestMs, 80);
  equal(clock.at(6990, "audio"), 0, "nothing goes before the start");
});

test("with a lower floor, frames may go before the first one", () => {
  const clock = new StreamClock(67, 0);
  equal(clock.at(67, "video"), 67);
  equal(clock.at(0, "audio"), 0);
});

test("a new source follows the last frame of each track by its usual step", () => {
  const clock = new StreamClock();
  for (const timestamp of [100, 140, 180]) clock.at(timestamp, "video");
  for (const timestamp of [100, 121, 142, 163]) clock.at(timestamp, "audio");
  equal(clock.endMs, 120);
  clock.restart();
  equal(clock.newestMs, 120);
  equal(clock.beside(9999), 120);
  equal(clock.at(50, "video"), 120);
  equal(clock.at(45, "audio"), 120, "nothing goes back behind the source before");
  clock.restart();
  clock.restart();
  equal(clock.at(50, "video"), 121, "of a source with one frame the step is not known");
});

test("timestamps that wrap at 32 bits, or are signed, go on", () => {
  const clock = new StreamClock();
  equal(clock.at(2 ** 32 - 20, "video"), 0);
  equal(clock.at(20, "video"), 40);
  const signed = new StreamClock();
  equal(signed.at(-80, "video"), 0);
  equal(signed.at(-40, "video"), 40);
  equal(signed.at(0, "video"), 80);
});

test("without a frame there is nothing to follow", () => {
  const clock = new StreamClock(500);
  clock.restart();
  equal(clock.endMs, 500);
  equal(clock.at(3, "audio"), 500);
});

test("a source that goes on is aligned by a frame that is known", () => {
  const clock = new StreamClock(1000, 1000);
  clock.align(70_500, 960);
  equal(clock.at(70_540, "video"), 1000);
  equal(clock.at(70_561, "audio"), 1021);
  equal(clock.at(70_500, "video"), 1000, "nothing goes before what there is");
});
