import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import {
  collect,
  collectMembers,
  collectValues,
  parseLength,
  parseSpeed,
  parseTime,
  parseValue,
} from "./option-values.ts";

test("times in seconds and on a clock", () => {
  const times = ["0", "1.5", "90", "1:30", "1:00:00.25"];
  deepEqual(times.map(parseTime), [0, 1500, 90_000, 90_000, 3_600_250]);
  for (const wrong of ["", "-1", "1s", "1:60:00", "::", "1:2:3:4", "1e3"]) throws(() => parseTime(wrong), /seconds/);
  equal(parseLength("0.001"), 1);
  throws(() => parseLength("0"), /more than 0/);
});

test("speeds", () => {
  deepEqual(["1", "0.5", "1000"].map(parseSpeed), [1, 0.5, 1000]);
  for (const wrong of ["0", "1001", "fast", "", "-1"]) throws(() => parseSpeed(wrong), /between/);
});

test("values are JSON, or else text", () => {
  const values = ["1", "true", "null", '"1"', '{"a":[1]}', "word", "{", ""];
  deepEqual(values.map(parseValue), [1, true, null, "1", { a: [1] }, "word", "{", ""]);
});

test("options that may be repeated", () => {
  deepEqual(collect("b", collect("a", undefined)), ["a", "b"]);
  deepEqual(collectValues("2", collectValues("a", undefined)), ["a", 2]);
  deepEqual(collectMembers("b=x=y", collectMembers("a=1", undefined)), { a: 1, b: "x=y" });
  throws(() => collectMembers("=1", undefined), /name=value/);
  throws(() => collectMembers("a", undefined), /name=value/);
});
