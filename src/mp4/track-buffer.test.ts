import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { MediaSample, TrackConfig } from "./track.ts";
import { TrackBuffer } from "./track-buffer.ts";

const VIDEO: TrackConfig = {
  kind: "video",
  trackId: 0,
  codec: "avc",
  codecString: "avc1.64001f",
  timescale: 90_000,
  width: 320,
  height: 180,
  sampleRate: 0,
  channels: 0,
  sampleEntry: new Uint8Array(),
};
const AUDIO: TrackConfig = { ...VIDEO, kind: "audio", codec: "aac", codecString: "mp4a.40.2", timescale: 44_100 };

function picture(decodeTimeMs: number, compositionOffsetMs = 0): MediaSample {
  return { decodeTimeMs, compositionOffsetMs, bytes: Uint8Array.of(1), isKeyframe: false, frameTicks: 0 };
}

function sound(decodeTimeMs: number): MediaSample {
  return { ...picture(decodeTimeMs), isKeyframe: true, frameTicks: 1024 };
}

function timesOf(buffer: TrackBuffer): number[][] {
  return buffer.take().map(({ decodeTime, duration, compositionOffset }) => [decodeTime, duration, compositionOffset]);
}

test("a picture is ready when the next one tells how long it lasts", () => {
  const buffer = new TrackBuffer(VIDEO);
  equal(buffer.heldDecodeTime, undefined);
  buffer.push(picture(1000, 40));
  equal(buffer.heldDecodeTime, 90_000);
  equal(buffer.readyCount, 0);
  buffer.push(picture(1033, 67.5));
  buffer.push(picture(1067, -20));
  equal(buffer.readyCount, 2);
  deepEqual(timesOf(buffer), [
    [90_000, 2970, 3600],
    [92_970, 3060, 6075],
  ]);
  equal(buffer.readyCount, 0);
  buffer.release(); // as long as the one before it
  equal(buffer.heldDecodeTime, undefined);
  deepEqual(timesOf(buffer), [[96_030, 3060, -1800]]);
  buffer.release();
  deepEqual(timesOf(buffer), []);
});

test("a picture alone lasts 40 ms, and a frame of sound as long as it is", () => {
  const pictures = new TrackBuffer(VIDEO);
  pictures.push(picture(0));
  pictures.release();
  deepEqual(timesOf(pictures), [[0, 3600, 0]]);
  const sounds = new TrackBuffer(AUDIO);
  sounds.push(sound(500));
  sounds.release();
  deepEqual(timesOf(sounds), [[22_050, 1024, 0]]);
});

test("pictures of one time follow each other by a tick, and are shown when they should be", () => {
  const buffer = new TrackBuffer(VIDEO);
  for (const timeMs of [10, 10, 10, 50]) buffer.push(picture(timeMs));
  deepEqual(timesOf(buffer), [
    [900, 1, 0],
    [901, 1, -1],
    [902, 3598, -2],
  ]);
});

test("a sample that comes after a release leaves a gap, and never steps back", () => {
  const buffer = new TrackBuffer(VIDEO);
  buffer.push(picture(0));
  buffer.push(picture(40));
  buffer.release();
  buffer.push(picture(1000));
  buffer.release();
  buffer.push(picture(1010)); // within what was told of the picture before
  buffer.release();
  deepEqual(
    timesOf(buffer).map(([decodeTime, duration]) => [decodeTime, duration]),
    [
      [0, 3600],
      [3600, 3600],
      [90_000, 3600],
      [93_600, 3600],
    ],
  );
});

test("samples before a time are taken, the others stay", () => {
  const buffer = new TrackBuffer(AUDIO);
  for (let index = 0; index < 5; index++) buffer.push(sound(Math.round((index * 1024) / 44.1)));
  deepEqual(
    buffer.take(2048).map(({ decodeTime }) => decodeTime),
    [0, 1024],
  );
  deepEqual(
    buffer.take().map(({ decodeTime }) => decodeTime),
    [2048, 3072],
  );
});

test("whatever the times are, each sample ends where the next begins, and their sum is the time that passed", () => {
  const steps = fc.array(fc.nat(500), { minLength: 2, maxLength: 100 });
  fc.assert(
    fc.property(fc.boolean(), fc.nat(2 ** 33), steps, (isVideo, startMs, stepsMs) => {
      const buffer = new TrackBuffer(isVideo ? VIDEO : AUDIO);
      let timeMs = startMs;
      for (const stepMs of stepsMs) {
        buffer.push(isVideo ? picture(timeMs) : sound(timeMs));
        timeMs += stepMs;
      }
      const held = buffer.heldDecodeTime ?? 0;
      const samples = buffer.take();
      equal(samples.length, stepsMs.length - 1);
      const first = samples[0]?.decodeTime ?? held;
      equal(
        samples.reduce((sum, { duration }) => sum + duration, first),
        held,
      );
      for (const [index, { decodeTime, duration }] of samples.entries()) {
        ok(duration > 0);
        equal(decodeTime + duration, samples[index + 1]?.decodeTime ?? held);
      }
      // Pictures that share a time are pushed on by a tick each.
      if (isVideo) ok(Math.abs(held - (timeMs - (stepsMs.at(-1) ?? 0)) * 90) <= stepsMs.length);
    }),
  );
});
