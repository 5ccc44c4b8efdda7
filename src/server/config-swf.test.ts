import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { parseAllowedSwf } from "./config-swf.ts";
import type { ValueProblem } from "./config-value.ts";

function parse(value: unknown): readonly unknown[] {
  const problems: ValueProblem[] = [];
  const swf = parseAllowedSwf(value, (problem) => problems.push(problem));
  return [swf, ...problems];
}

test("a hash with a size is taken as it is", () => {
  const hash = "0123456789abcdef".repeat(4);
  deepEqual(parse(`${hash}:131072`), [{ hash, byteLength: 131_072 }]);
  deepEqual(parse(` ${hash.toUpperCase()}:1 `), [{ hash, byteLength: 1 }]);
});

test("a path of an SWF file is a file to read", () => {
  for (const file of ["player.swf", "/srv/web/Player.SWF", "C:\\web\\player.swf"]) deepEqual(parse(file), [{ file }]);
});

for (const value of ["", ".swf", "player.flv", "ab:5", `${"0".repeat(63)}:5`, `${"0".repeat(64)}:`, 5, null, {}]) {
  test(`${JSON.stringify(value)} is neither`, () => deepEqual(parse(value), [undefined, {}]));
}
