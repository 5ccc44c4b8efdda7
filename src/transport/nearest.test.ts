import { equal } from "node:assert/strict";
import { test } from "node:test";
import { nearest } from "./nearest.ts";

const KEYS = ["publish.busyName", "publish.graceMs", "limits.maxConnections", "rtmp"];

for (const [word, key] of [
  ["publish.busyNam", "publish.busyName"],
  ["publish.busy_name", "publish.busyName"],
  ["publish.busy-name", "publish.busyName"],
  ["PUBLISH.GRACEMS", "publish.graceMs"],
  ["limits.maxConections", "limits.maxConnections"],
  ["rmtp", "rtmp"],
  ["rtm", "rtmp"],
] as const) {
  test(`${word} most likely means ${key}`, () => equal(nearest(word, KEYS), key));
}

test("of two as near, the one of the same length is meant", () => {
  equal(nearest("rtmsp", ["rtmp", "rtmps"]), "rtmps");
});

test("what is like nothing has no suggestion", () => {
  equal(nearest("dashboard", KEYS), undefined);
  equal(nearest("rtmp", []), undefined);
  for (const word of ["", "a"]) equal(nearest(word, ["ws"]), undefined);
});
