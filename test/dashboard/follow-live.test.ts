import { deepEqual, equal, ok } from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { followLive, LOOK_EVERY_MS } from "../../dashboard/players/follow-live.ts";

/** A `<video>` that has media from `start` to `newest`, and plays while the clock is moved. */
function playback(t: TestContext) {
  t.mock.timers.enable({ apis: ["setInterval"] });
  let onWaiting: (() => void) | undefined;
  const video = {
    start: 0,
    newest: 2,
    currentTime: 0,
    playbackRate: 1,
    paused: false,
    seeking: false,
    get buffered() {
      return { length: this.newest > this.start ? 1 : 0, start: () => this.start, end: () => this.newest };
    },
    addEventListener(_: "waiting", listener: () => void) {
      onWaiting = listener;
    },
    removeEventListener(_: "waiting", listener: () => void) {
      if (onWaiting === listener) onWaiting = undefined;
    },
  };
  const behind = (): number => video.newest - video.currentTime;
  const play = (seconds: number): void => {
    for (let ms = 0; ms < seconds * 1000; ms += LOOK_EVERY_MS) {
      video.newest += LOOK_EVERY_MS / 1000;
      video.currentTime += (video.playbackRate * LOOK_EVERY_MS) / 1000;
      t.mock.timers.tick(LOOK_EVERY_MS);
    }
  };
  const stall = (seconds: number): void => {
    video.newest += seconds;
    onWaiting?.();
  };
  const end = followLive(video);
  return { video, behind, play, stall, end, isListening: () => onWaiting !== undefined };
}

test("what is as old as the newest keyframe at the beginning is left out", (t) => {
  const { behind, play } = playback(t);
  play(1);
  ok(behind() < 0.3, `${behind()} s`);
});

test("a player that fell behind plays faster until it is near again, and then as usual", (t) => {
  const { video, behind, play } = playback(t);
  play(10);
  video.newest += 1;
  play(LOOK_EVERY_MS / 1000);
  equal(video.playbackRate, 1.1);
  play(20);
  equal(video.playbackRate, 1);
  ok(behind() < 0.5, `${behind()} s`);
});

test("it leaps where that would take too long, and over a hole", (t) => {
  const { video, behind, play } = playback(t);
  play(10);
  video.newest += 60;
  play(1);
  ok(behind() < 0.5, `${behind()} s`);
  video.start = video.newest + 5;
  video.newest = video.start + 0.1;
  play(1);
  ok(video.currentTime >= video.start && behind() < 0.7, `${behind()} s`);
});

test("what comes unevenly is given more room, for as long as it does", (t) => {
  const { video, behind, play, stall } = playback(t);
  play(10);
  for (let count = 0; count < 4; count++) stall(0.2);
  play(30);
  equal(video.playbackRate, 1);
  ok(behind() > 0.7 && behind() <= 1.1, `${behind()} s`);
  play(600);
  video.newest += 0.5;
  play(30);
  ok(behind() < 0.5, `${behind()} s`);
});

test("a player that is paused, or has nothing yet, is left alone; and at the end it plays as usual", (t) => {
  const { video, play, end, isListening } = playback(t);
  video.paused = true;
  play(60);
  deepEqual([video.playbackRate, video.currentTime], [1, 60]);
  video.paused = false;
  video.currentTime = 0;
  video.newest = 0;
  video.start = 100;
  play(1);
  equal(video.currentTime, 1);
  video.playbackRate = 1.1;
  end();
  deepEqual([video.playbackRate, isListening()], [1, false]);
});
