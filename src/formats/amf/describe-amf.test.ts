import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { hex } from "../../bytes/hex.ts";
import {
  AmfDate,
  AmfDictionary,
  AmfEcmaArray,
  type AmfEncodable,
  AmfExternalizable,
  AmfObject,
  type AmfValue,
  AmfVector,
  AmfXml,
} from "./amf-value.ts";
import { describeAmf } from "./describe-amf.ts";

const CASES: readonly (readonly [AmfEncodable, string])[] = [
  [undefined, "undefined"],
  [null, "null"],
  [true, "true"],
  [1.5, "1.5"],
  [-0, "-0"],
  [Number.NaN, "NaN"],
  [7n, "7"],
  ["live", '"live"'],
  [[1, "b", []], '[1, "b", []]'],
  [{ app: "live", capabilities: 15 }, '{app: "live", capabilities: 15}'],
  [new AmfObject([["x", 1]], { className: "flex.P" }), "flex.P{x: 1}"],
  [new AmfObject([["", 1]]), '{"": 1}'],
  [new AmfObject([["a b", 1]]), '{"a b": 1}'],
  [new AmfEcmaArray([["w", 640]]), "Array{w: 640}"],
  [new AmfEcmaArray([["w", 640]], [9]), "Array{w: 640} [9]"],
  [new AmfDate(1_700_000_000_000), "Date(1700000000000)"],
  [new Date(5), "Date(5)"],
  [new AmfXml("<a/>", true), 'XMLDocument("<a/>")'],
  [new AmfXml("<a/>"), 'XML("<a/>")'],
  [hex`010203`, "<3 bytes 010203>"],
  [new AmfVector(Int32Array.of(1, -1)), "Vector[1, -1]"],
  [new AmfDictionary([[[1], 2]]), "Dictionary{[1]: 2}"],
  [new AmfExternalizable("Q", [1]), "Q([1])"],
  [() => 1, "function"],
];

for (const [value, line] of CASES) {
  test(`a line for ${line}`, () => equal(describeAmf(value), line));
}

test("long strings, names and byte arrays are cut", () => {
  equal(describeAmf("x".repeat(81)), `"${"x".repeat(80)}"… (81 characters)`);
  equal(describeAmf("x".repeat(80)), `"${"x".repeat(80)}"`);
  equal(describeAmf({ ["k".repeat(100)]: 1 }, { maxStringLength: 3 }), '{"kkk"… (100 characters): 1}');
  equal(describeAmf(new Uint8Array(17)), `<17 bytes ${"00".repeat(16)}…>`);
});

test("what would break a line or a terminal is escaped", () => {
  equal(
    describeAmf("a\nb\u001b[31m\u2028\u202e\u0085\u{e0001}"),
    '"a\\nb\\u001b[31m\\u{2028}\\u{202e}\\u{85}\\u{e0001}"',
  );
});

test("large and circular values end in an ellipsis", () => {
  equal(describeAmf(new AmfVector(new Int32Array(1_000_000)), { maxNodes: 4 }), "Vector[0, 0, 0, …]");
  equal(describeAmf([[1], [2]], { maxNodes: 3 }), "[[1], …]");
  equal(describeAmf([[[1]]], { maxDepth: 2 }), "[[…]]");
  const circle: AmfValue[] = [];
  circle.push(circle);
  equal(describeAmf(circle), "[[[[[[…]]]]]]");
});

test("a reference bomb is a short line", () => {
  let bomb: AmfValue = [];
  for (let level = 0; level < 60; level++) bomb = [bomb, bomb];
  ok(describeAmf(bomb, { maxDepth: 60 }).length < 1000);
});
