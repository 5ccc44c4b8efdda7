import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { AmfValue } from "../../formats/amf/amf-value.ts";
import { decodePlay2Request, decodePlayRequest } from "./play-request.ts";

test("where to start is told in seconds by some and in milliseconds by others", () => {
  const starts: readonly (readonly [AmfValue, number])[] = [
    [undefined, -2000],
    [null, -2000],
    [Number.NaN, -2000],
    [-2, -2000],
    [-2000, -2000],
    [-1, -1000],
    [-1000, -1000],
    [-3, -2000],
    [-5000, -2000],
    [Number.NEGATIVE_INFINITY, -2000],
    [0, 0],
    [1500, 1500],
  ];
  for (const [start, expected] of starts) equal(decodePlayRequest(["key", start]).startMs, expected);
});

test("a duration that is missing or negative is the whole", () => {
  for (const duration of [undefined, null, -1, -1000, Number.NaN]) {
    equal(decodePlayRequest(["key", 0, duration]).durationMs, -1);
  }
  equal(decodePlayRequest(["key", 0, 0]).durationMs, 0);
  equal(decodePlayRequest(["key", 0, 5000]).durationMs, 5000);
});

test("reset is a boolean, or a number that also tells the pace", () => {
  const modes: readonly (readonly [AmfValue, boolean, boolean])[] = [
    [undefined, true, false],
    [true, true, false],
    [false, false, false],
    [0, false, false],
    [1, true, false],
    [2, false, true],
    [3, true, true],
    ["x", true, false],
  ];
  for (const [mode, reset, isUnpaced] of modes) {
    const request = decodePlayRequest(["key", 0, -1, mode]);
    deepEqual([request.reset, request.isUnpaced], [reset, isUnpaced]);
  }
});

test("a name may be missing, and its query comes off", () => {
  deepEqual(
    [decodePlayRequest([]), decodePlayRequest(["mp4:a/b?t=1"])].map(({ name, query }) => [name, query]),
    [
      ["", ""],
      ["mp4:a/b", "t=1"],
    ],
  );
});

test("play2 without options asks for nothing", () => {
  deepEqual(decodePlay2Request(["x"]), {
    name: "",
    query: "",
    oldName: "",
    transition: "",
    startMs: -2000,
    durationMs: -1,
  });
});

test("ActionScript's play(5) is of the stream that publish(5) publishes", () => {
  equal(decodePlayRequest([5]).name, "5");
  equal(decodePlayRequest([null]).name, "");
});
