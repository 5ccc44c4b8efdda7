import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { hex } from "../../bytes/hex.ts";
import {
  AmfDate,
  AmfDictionary,
  AmfEcmaArray,
  AmfExternalizable,
  AmfObject,
  type AmfValue,
  AmfVector,
  AmfXml,
} from "./amf-value.ts";
import { toPlain } from "./to-plain.ts";

function withoutPrototype(members: object): object {
  return Object.assign(Object.create(null), members);
}

const CASES: readonly (readonly [string, AmfValue, unknown])[] = [
  ["simple values", [undefined, null, true, 1, "x"], [undefined, null, true, 1, "x"]],
  ["an object", new AmfObject([["a", [new AmfObject()]]]), withoutPrototype({ a: [withoutPrototype({})] })],
  ["an ECMA array", new AmfEcmaArray([["k", 5]], [9]), withoutPrototype({ 0: 9, k: 5 })],
  ["a date", new AmfDate(1_700_000_000_000, 60), new Date(1_700_000_000_000)],
  ["XML", new AmfXml("<a/>"), "<a/>"],
  ["a byte array", hex`0102`, hex`0102`],
  ["a vector of numbers", new AmfVector(Int32Array.of(1, -1)), [1, -1]],
  ["a vector of objects", new AmfVector([new AmfXml("x")]), ["x"]],
  ["a dictionary", new AmfDictionary([[new AmfXml("k"), 1]]), [["k", 1]]],
  ["a collection", new AmfExternalizable("flex.messaging.io.ArrayCollection", [1]), [1]],
];

for (const [name, value, plain] of CASES) {
  test(`plain: ${name}`, () => deepEqual(toPlain(value), plain));
}

test("plain: an invalid date", () => {
  const plain = toPlain(new AmfDate(Number.NaN));
  ok(plain instanceof Date && Number.isNaN(plain.getTime()));
});

test("special names are data in an object without prototype", () => {
  const plain = toPlain(new AmfObject([["__proto__", new AmfObject([["isAdmin", true]])]]));
  ok(typeof plain === "object" && plain !== null);
  equal(Object.getPrototypeOf(plain), null);
  deepEqual(Object.keys(plain), ["__proto__"]);
  ok(!("isAdmin" in plain));
  equal(JSON.stringify(plain), '{"__proto__":{"isAdmin":true}}');
});

test("a shared value is copied, one that contains itself is refused", () => {
  const shared = new AmfObject([["a", 1]]);
  const plain = toPlain([shared, shared]);
  ok(Array.isArray(plain));
  deepEqual(plain[0], plain[1]);
  ok(plain[0] !== plain[1]);

  shared.members.set("a", [shared]);
  throws(() => toPlain(shared), { name: "ProtocolError", code: "amf.limit" });
});

test("values are counted without references", () => {
  const shared = [1, 2];
  const value = [shared, shared, new AmfVector(Int32Array.of(1, 2))];
  ok(toPlain(value, { maxNodes: 10 }));
  throws(() => toPlain(value, { maxNodes: 9 }), { code: "amf.limit" });
});

test("the depth is limited", () => {
  ok(toPlain([[[]]], { maxDepth: 3 }));
  throws(() => toPlain([[[]]], { maxDepth: 2 }), { code: "amf.limit" });
});
