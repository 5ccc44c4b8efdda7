import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { hex } from "../../bytes/hex.ts";
import { ProtocolError } from "../../errors.ts";
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
import { decodeAmf3 } from "./amf3-decoder.ts";
import { encodeAmf3 } from "./amf3-encoder.ts";

const sharedBytes = hex`010203`;
const self = new AmfObject();
self.members.set("s", self);

function point(x: number, y: number): AmfObject {
  const traits = { className: "P", sealedKeys: ["x", "y"], isDynamic: false };
  return new AmfObject(Object.entries({ x, y }), traits);
}

/** Name, value, bytes: valid in both directions. */
const VECTORS: readonly (readonly [string, AmfValue, Uint8Array])[] = [
  ["undefined", undefined, hex`00`],
  ["null", null, hex`01`],
  ["false", false, hex`02`],
  ["true", true, hex`03`],
  ["0", 0, hex`04 00`],
  ["1", 1, hex`04 01`],
  ["127", 127, hex`04 7f`],
  ["128", 128, hex`04 8100`],
  ["16383", 16_383, hex`04 ff7f`],
  ["16384", 16_384, hex`04 818000`],
  ["2097151", 2_097_151, hex`04 ffff7f`],
  ["2097152", 2_097_152, hex`04 80c08000`],
  ["268435455, the largest integer", 268_435_455, hex`04 bfffffff`],
  ["-1", -1, hex`04 ffffffff`],
  ["-2", -2, hex`04 fffffffe`],
  ["-268435456, the smallest integer", -268_435_456, hex`04 c0808000`],
  ["a fraction", 0.5, hex`05 3fe0000000000000`],
  ["268435456, no integer any more", 268_435_456, hex`05 41b0000000000000`],
  ["-268435457, no integer any more", -268_435_457, hex`05 c1b0000001000000`],
  ["negative zero", -0, hex`05 8000000000000000`],
  ["NaN", Number.NaN, hex`05 7ff8000000000000`],
  ["a string", "abc", hex`06 07 616263`],
  ["the empty string", "", hex`06 01`],
  ["an XMLDocument", new AmfXml("<a/>", true), hex`07 09 3c612f3e`],
  ["E4X", new AmfXml("<a/>"), hex`0b 09 3c612f3e`],
  ["a date", new AmfDate(1_700_000_000_000), hex`08 01 4278bcfe56800000`],
  ["an array", [1, "b"], hex`09 05 01 0401 06 03 62`],
  ["an array of names", new AmfEcmaArray([["k", 5]]), hex`09 01 03 6b 0405 01`],
  ["an array of both", new AmfEcmaArray([["k", 5]], [9]), hex`09 03 03 6b 0405 01 0409`],
  ["an anonymous object", new AmfObject([["a", 1]]), hex`0a 0b 01 03 61 0401 01`],
  ["a sealed object", point(1, 2), hex`0a 23 03 50 03 78 03 79 0401 0402`],
  [
    "two sealed objects with the same traits",
    [point(1, 2), point(3, 4)],
    hex`09 05 01
      0a 23 03 50 03 78 03 79 0401 0402
      0a 01 0403 0404`,
  ],
  [
    "a dynamic object of a class",
    new AmfObject(Object.entries({ x: 1, z: true }), { className: "P", sealedKeys: ["x"], isDynamic: true }),
    hex`0a 1b 03 50 03 78 0401 03 7a 03 01`,
  ],
  ["an object inside itself", self, hex`0a 0b 01 03 73 0a 00 01`],
  [
    "an ArrayCollection",
    new AmfExternalizable("flex.messaging.io.ArrayCollection", [1]),
    hex`0a 07 43 666c65782e6d6573736167696e672e696f2e4172726179436f6c6c656374696f6e
      09 03 01 0401`,
  ],
  [
    "an ArrayCollection of two",
    new AmfExternalizable("flex.messaging.io.ArrayCollection", [1, "x"]),
    hex`0a 07 43 666c65782e6d6573736167696e672e696f2e4172726179436f6c6c656374696f6e
      09 05 01 0401 06 03 78`,
  ],
  [
    "an ObjectProxy",
    new AmfExternalizable("flex.messaging.io.ObjectProxy", new AmfObject([["a", 1]])),
    hex`0a 07 3b 666c65782e6d6573736167696e672e696f2e4f626a65637450726f7879
      0a 0b 01 03 61 0401 01`,
  ],
  ["a byte array", hex`010203`, hex`0c 07 010203`],
  ["a byte array twice", [sharedBytes, sharedBytes], hex`09 05 01 0c 07 010203 0c 02`],
  ["a vector of int", new AmfVector(Int32Array.of(1, -1)), hex`0d 05 00 00000001 ffffffff`],
  ["a fixed vector of uint", new AmfVector(Uint32Array.of(4_294_967_295), true), hex`0e 03 01 ffffffff`],
  ["a vector of Number", new AmfVector(Float64Array.of(0.5)), hex`0f 03 00 3fe0000000000000`],
  ["a vector of anything", new AmfVector([7]), hex`10 03 00 03 2a 0407`],
  ["a vector without a type name", new AmfVector([7], true, ""), hex`10 03 01 01 0407`],
  ["a dictionary", new AmfDictionary([["k", 1]]), hex`11 03 00 06 03 6b 0401`],
  ["a weak dictionary", new AmfDictionary([[5, null]], true), hex`11 03 01 0405 01`],
];

for (const [name, value, bytes] of VECTORS) {
  test(`AMF3 encodes and decodes ${name}`, () => {
    deepEqual(encodeAmf3(value), bytes);
    deepEqual(decodeAmf3(bytes), [value]);
  });

  test(`AMF3 cut anywhere: ${name}`, () => {
    for (let length = 1; length < bytes.length; length++) {
      const cut = bytes.subarray(0, length);
      throws(() => decodeAmf3(cut), { name: "ProtocolError", code: "bytes.truncated" });
      oneValueOrProtocolError(cut);
    }
  });
}

function oneValueOrProtocolError(cut: Uint8Array): void {
  try {
    equal(decodeAmf3(cut, { isTolerant: true }).length, 1);
  } catch (error) {
    ok(error instanceof ProtocolError, String(error));
  }
}

test("a string that occurs again is a reference, the empty string never", () => {
  const bytes = hex`06 07 616263  06 00  06 01  06 01  06 03 64  06 02`;
  deepEqual(encodeAmf3("abc", "abc", "", "", "d", "d"), bytes);
  deepEqual(decodeAmf3(bytes), ["abc", "abc", "", "", "d", "d"]);
});

test("names of members, classes and array keys share the table of strings", () => {
  const object = new AmfObject([["a", "b"]], { className: "C" });
  const array = new AmfEcmaArray([["b", "C"]]);
  const bytes = hex`
    0a 0b 03 43 03 61 06 03 62 01   ; C (0), a (1), b (2)
    09 01 04 06 00 01               ; b, C
    06 02                           ; a
  `;
  deepEqual(encodeAmf3(object, array, "a"), bytes);
  deepEqual(decodeAmf3(bytes), [object, array, "a"]);
});

test("the text of XML is no entry of the table of strings", () => {
  throws(() => decodeAmf3(hex`0b 03 61 06 00`), { code: "amf.reference" });
});

test("every kind of object can be referred to, and keeps its identity", () => {
  const objects = [
    new AmfXml("<a/>", true),
    new AmfXml("<a/>"),
    new AmfDate(1),
    [1],
    new AmfEcmaArray([["k", 1]]),
    new AmfObject([["a", 1]]),
    new AmfExternalizable("flex.messaging.io.ArrayList", [1]),
    hex`01`,
    new AmfVector(Int32Array.of(1)),
    new AmfVector(Uint32Array.of(1)),
    new AmfVector(Float64Array.of(1)),
    new AmfVector([null]),
    new AmfDictionary([[1, 2]]),
  ];
  const [decoded] = decodeAmf3(encodeAmf3([...objects, ...objects]));
  ok(Array.isArray(decoded));
  deepEqual(decoded, [...objects, ...objects]);
  for (const index of objects.keys()) equal(decoded[index], decoded[index + objects.length]);
});

test("every container may contain itself", () => {
  const array: AmfValue[] = [];
  array.push(array);
  const names = new AmfEcmaArray();
  names.members.set("k", names);
  names.elements.push(names);
  const vector: AmfValue[] = [];
  const vectorOfItself = new AmfVector(vector);
  vector.push(vectorOfItself);
  const dictionary = new AmfDictionary();
  dictionary.entries.set(dictionary, dictionary);
  const collection = new AmfExternalizable("flex.messaging.io.ArrayCollection");
  collection.content = [collection];
  for (const value of [array, names, vectorOfItself, dictionary, collection]) {
    deepEqual(encodeAmf3(...decodeAmf3(encodeAmf3(value))), encodeAmf3(value));
  }
  const [decoded] = decodeAmf3(encodeAmf3(collection));
  ok(decoded instanceof AmfExternalizable && Array.isArray(decoded.content));
  equal(decoded.content[0], decoded);
});

test("longer forms of a small number are accepted", () => {
  deepEqual(decodeAmf3(hex`04 80808005`), [5]);
  deepEqual(decodeAmf3(hex`06 8007 616263`), ["abc"]);
});

test("the bits above the lowest do not count in a date's header", () => {
  deepEqual(decodeAmf3(hex`08 7f 0000000000000000`), [new AmfDate(0)]);
});

test("names keep their order, and those that JavaScript treats specially are data", () => {
  const bytes = hex`0a 1b 01 13 5f5f70726f746f5f5f 0401   ; sealed "__proto__"
    03 32 0402  03 31 0403  17 636f6e7374727563746f72 0404 01`;
  const [object] = decodeAmf3(bytes);
  ok(object instanceof AmfObject);
  deepEqual(
    [...object.members],
    Object.entries({ ["__proto__"]: 1 }).concat([
      ["2", 2],
      ["1", 3],
      ["constructor", 4],
    ]),
  );
  deepEqual(encodeAmf3(object), bytes);
});

test("a sealed member without a value is written as undefined", () => {
  const object = new AmfObject([], { className: "P", sealedKeys: ["x"], isDynamic: false });
  deepEqual(encodeAmf3(object), hex`0a 13 03 50 03 78 00`);
});

const MUST_FAIL: readonly (readonly [string, Uint8Array, string])[] = [
  ["an object reference into an empty table", hex`0a 02`, "amf.reference"],
  ["a string reference into an empty table", hex`06 00`, "amf.reference"],
  ["a traits reference into an empty table", hex`0a 01`, "amf.reference"],
  ["an externalizable class that nobody knows", hex`0a 07 03 51`, "amf.externalizable"],
  ["an externalizable class with the name of a method", hex`0a 07 11 746f537472696e67`, "amf.externalizable"],
  ["a byte array with no data", hex`0c ffffffff`, "bytes.truncated"],
  ["a vector count with no data", hex`10 ffffffff 00 01`, "bytes.truncated"],
  ["an unknown marker", hex`12`, "amf.marker"],
  ["the largest marker", hex`ff 01`, "amf.marker"],
];

for (const [name, bytes, code] of MUST_FAIL) {
  test(`AMF3 refuses ${name}`, () => throws(() => decodeAmf3(bytes), { name: "ProtocolError", code }));
}

/** The count, then less than it needs. */
const LYING_COUNTS: readonly (readonly [string, Uint8Array])[] = [
  ["array", hex`09 ffffffff 01 01`],
  ["array with names", hex`09 ffffffff 03 61 01 01`],
  ["vector of int", hex`0d 05 00 00000001 000000`],
  ["vector of uint", hex`0e ffffffff 00 00000001`],
  ["vector of Number", hex`0f ffffffff 00 00000001`],
  ["vector of objects", hex`10 07 00 01 01`],
  ["dictionary", hex`11 ffffffff 00 01 01`],
  ["string", hex`06 ffffffff 61`],
  ["XML", hex`0b ffffffff 61`],
  ["traits", hex`0a a003 01`],
];

for (const [name, bytes] of LYING_COUNTS) {
  test(`AMF3 checks the count of a ${name} against the bytes left`, () => {
    throws(() => decodeAmf3(bytes), { code: "bytes.truncated" });
  });
}

const REFUSED: readonly (readonly [string, AmfEncodable])[] = [
  ["a function", () => 1],
  ["an instance of an unknown class", new Map()],
  ["a member with an empty name", { "": 1 }],
  ["an array key with an empty name", new AmfEcmaArray([["", 1]])],
  ["a member that a sealed class does not have", new AmfObject([["y", 1]], { className: "P", isDynamic: false })],
  ["an externalizable class without codec", new AmfExternalizable("Q", 1)],
  ["an array of 2^28 elements", Object.assign([], { length: 2 ** 28 })],
];

for (const [name, value] of REFUSED) {
  test(`AMF3 cannot encode ${name}`, () => throws(() => encodeAmf3(value), { code: "amf.encode" }));
}

test("tolerant: the end of the payload closes all open containers", () => {
  const bytes = hex`0a 0b 01 03 61 09 07 01 0401 0402   ; {a: [1, 2, and no more`;
  deepEqual(decodeAmf3(bytes, { isTolerant: true }), [new AmfObject([["a", [1, 2]]])]);
  deepEqual(decodeAmf3(hex`09 ffffffff 01 0405`, { isTolerant: true }), [[5]]);
  deepEqual(decodeAmf3(hex`11 ffffffff 00 0405 01`, { isTolerant: true }), [new AmfDictionary([[5, null]])]);
});

test("nothing of a Node Buffer is kept, whose slice() copies nothing", () => {
  const payload = Buffer.from(hex`0c 07 010203`);
  const [bytes] = decodeAmf3(payload);
  payload.fill(0xff);
  deepEqual(bytes, hex`010203`);
});
