import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { MediaMessage } from "../formats/flv/media-message.ts";
import { ContinuousTime } from "./continuous-time.ts";

function at(timestamp: number, more: Partial<MediaMessage> = {}): MediaMessage {
  const traits = { isKeyframe: false, isConfig: false, isDisposable: false, trackId: 0 };
  return { kind: "video", timestamp, payload: new Uint8Array(), ...traits, ...more };
}

test("one connection: timestamps are the server's, and so is the message", () => {
  const time = new ContinuousTime();
  time.restart();
  const message = at(1_000_000);
  equal(time.join(message, 0), message);
  equal(time.lastMs, 1_000_000);
});

test("a server that begins anew: the time goes on by the clock", () => {
  const time = new ContinuousTime();
  time.join(at(5000), 100);
  time.restart();
  deepEqual(
    [at(0, { isConfig: true }), at(0, { kind: "data" }), at(7), at(47), at(27, { kind: "audio" })].map(
      (message) => time.join(message, 2100).timestamp,
    ),
    [5000, 5000, 7000, 7040, 7020],
  );
});

test("a server whose time goes on keeps it, and one that steps back or leaps does not", () => {
  for (const [first, expected] of [
    [5000, 6000],
    [5001, 5001],
    [8000, 8000],
    [16_000, 16_000],
    [16_001, 6000],
    [4999, 6000],
  ] as const) {
    const time = new ContinuousTime();
    time.join(at(5000), 0);
    time.restart();
    equal(time.join(at(first), 1000).timestamp, expected);
  }
});

test("a third connection goes on from the second", () => {
  const time = new ContinuousTime();
  time.join(at(1000), 0);
  time.restart();
  time.join(at(0), 500);
  time.restart();
  equal(time.join(at(0), 600).timestamp, 1600);
  equal(time.lastMs, 1600);
});
