import { deepEqual, equal, notEqual, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { hex } from "../../bytes/hex.ts";
import { ProtocolError } from "../../errors.ts";
import { AmfDate, AmfEcmaArray, type AmfEncodable, AmfObject, type AmfValue, AmfXml } from "./amf-value.ts";
import { Amf0Decoder, decodeAmf0 } from "./amf0-decoder.ts";
import { Amf0Encoder, encodeAmf0 } from "./amf0-encoder.ts";

const empty = new AmfObject();

/** Name, value, bytes: valid in both directions. */
const VECTORS: readonly (readonly [string, AmfValue, Uint8Array])[] = [
  ["zero", 0, hex`00 0000000000000000`],
  ["one", 1, hex`00 3ff0000000000000`],
  ["a fraction", 3.5, hex`00 400c000000000000`],
  ["a negative number", -2, hex`00 c000000000000000`],
  ["NaN", Number.NaN, hex`00 7ff8000000000000`],
  ["true", true, hex`01 01`],
  ["false", false, hex`01 00`],
  ["a string", "abc", hex`02 0003 616263`],
  ["the empty string", "", hex`02 0000`],
  ["a string beyond ASCII", "ü", hex`02 0002 c3bc`],
  [
    "an object",
    new AmfObject([
      ["a", 1],
      ["b", "x"],
    ]),
    hex`03
      0001 61 00 3ff0000000000000   ; a: 1
      0001 62 02 0001 78            ; b: "x"
      0000 09`,
  ],
  ["an empty object", new AmfObject(), hex`03 0000 09`],
  ["null", null, hex`05`],
  ["undefined", undefined, hex`06`],
  ["an ECMA array", new AmfEcmaArray([["w", 640]]), hex`08 00000001 0001 77 00 4084000000000000 0000 09`],
  ["a strict array", [1, "b"], hex`0a 00000002 00 3ff0000000000000 02 0001 62`],
  ["a shared object", [empty, empty], hex`0a 00000002 03 0000 09 07 0001`],
  ["a date", new AmfDate(1_700_000_000_000), hex`0b 4278bcfe56800000 0000`],
  ["a date with its time zone", new AmfDate(1_700_000_000_000, -60), hex`0b 4278bcfe56800000 ffc4`],
  ["an invalid date", new AmfDate(Number.NaN), hex`0b 7ff8000000000000 0000`],
  ["an XML document", new AmfXml("<a/>", true), hex`0f 00000004 3c612f3e`],
  [
    "a typed object",
    new AmfObject([["x", 1]], { className: "P" }),
    hex`10 0001 50 0001 78 00 3ff0000000000000 0000 09`,
  ],
  ["a byte array, which only AMF3 has", hex`010203`, hex`11 0c 07 010203`],
  ["E4X, which only AMF3 has", new AmfXml("<a/>"), hex`11 0b 09 3c612f3e`],
];

/** Valid in one direction only: another encoding of the same value is written. */
const DECODE_ONLY: readonly (readonly [string, AmfValue, Uint8Array])[] = [
  ["a true other than 1", true, hex`01 80`],
  ["a long string that is short", "hi", hex`0c 00000002 6869`],
  ["the unsupported type", undefined, hex`0d`],
  [
    "a count of 0 before one member",
    new AmfEcmaArray([["w", 640]]),
    hex`08 00000000 0001 77 00 4084000000000000 0000 09`,
  ],
  ["a count of 4294967295", new AmfEcmaArray([["w", null]]), hex`08 ffffffff 0001 77 05 0000 09`],
  ["a string behind the AVM+ switch", "hi", hex`11 06 05 6869`],
  ["a string that is no UTF-8", "caf\ufffd", hex`02 0004 636166e9`],
  ["a member with the empty name", new AmfObject([["", null]]), hex`03 0000 05 0000 09`],
];

for (const [name, value, bytes] of VECTORS) {
  test(`AMF0 encodes and decodes ${name}`, () => {
    const encoder = new Amf0Encoder({ hasSharedReferences: true });
    encoder.write(value);
    deepEqual(encoder.take(), bytes);
    deepEqual(decodeAmf0(bytes), [value]);
  });
}

for (const [name, value, bytes] of DECODE_ONLY) {
  test(`AMF0 decodes ${name}`, () => deepEqual(decodeAmf0(bytes), [value]));
}

for (const [name, value, bytes] of [...VECTORS, ...DECODE_ONLY]) {
  test(`AMF0 cut anywhere: ${name}`, () => {
    for (let length = 1; length < bytes.length; length++) {
      const cut = bytes.subarray(0, length);
      const isDateWithoutZone = value instanceof AmfDate && length >= 9;
      if (isDateWithoutZone) deepEqual(decodeAmf0(cut), [new AmfDate(value.epochMs)]);
      else throws(() => decodeAmf0(cut), { name: "ProtocolError", code: "bytes.truncated" });
      partsOrProtocolError(cut);
    }
  });
}

function partsOrProtocolError(cut: Uint8Array): void {
  const isContainer = [0x03, 0x08, 0x0a, 0x10].includes(cut[0] ?? 0);
  try {
    equal(decodeAmf0(cut, { isTolerant: true }).length, 1);
  } catch (error) {
    ok(error instanceof ProtocolError, String(error));
    // The count of an array and the name of a class are not open to tolerance: only what follows them.
    ok(!isContainer || cut.length < 5, `an open container was not closed after ${cut.length} bytes`);
  }
}

const MUST_FAIL: readonly (readonly [string, Uint8Array, string, number])[] = [
  ["a strict array count with no data", hex`0a ffffffff`, "bytes.truncated", 5],
  ["a string longer than the input", hex`02 0005 61`, "bytes.truncated", 3],
  ["a long string longer than the input", hex`0c ffffffff 61`, "bytes.truncated", 5],
  ["a reference to nothing", hex`07 0000`, "amf.reference", 3],
  ["a reference beyond the table", hex`0a 00000001 07 0001`, "amf.reference", 8],
  ["a movie clip", hex`04`, "amf.marker", 0],
  ["a record set", hex`0e`, "amf.marker", 0],
  ["an end without an object", hex`09`, "amf.marker", 0],
  ["an unknown marker", hex`05 12`, "amf.marker", 1],
  ["an AMF3 reference to an AMF0 object", hex`03 0001 61 11 0a00 0000 09`, "amf.reference", 7],
];

for (const [name, bytes, code, byteOffset] of MUST_FAIL) {
  test(`AMF0 refuses ${name}`, () => {
    throws(() => decodeAmf0(bytes), { name: "ProtocolError", code, byteOffset });
  });
}

test("values are read one after the other, with offsets from the payload's start", () => {
  const decoder = new Amf0Decoder(hex`00 02 0004 70696e67 00 4000000000000000 05 11 0405`, { fromByte: 1 });
  deepEqual([decoder.read(), decoder.offset, decoder.remaining], ["ping", 8, 13]);
  deepEqual([decoder.read(), decoder.offset], [2, 17]);
  deepEqual([decoder.read(), decoder.read(), decoder.remaining], [null, 5, 0]);
  throws(() => decoder.read(), { code: "bytes.truncated", byteOffset: 21 });
});

test("the same payload is written by asking for AMF3 explicitly", () => {
  const encoder = new Amf0Encoder();
  for (const value of ["ping", 2, null]) encoder.write(value);
  encoder.writeAmf3(5);
  deepEqual(encoder.take(), hex`02 0004 70696e67 00 4000000000000000 05 11 0405`);
});

test("an object encoding of 3 puts objects behind the AVM+ switch, each with tables of its own", () => {
  const encoder = new Amf0Encoder({ objectEncoding: 3 });
  for (const value of ["a", 1, true, null, undefined, { a: "b" }, ["b"]]) encoder.write(value);
  const bytes = hex`
    02 0001 61
    00 3ff0000000000000
    01 01
    05
    06
    11 0a 0b 01 03 61 06 03 62 01   ; {a: "b"}
    11 09 03 01 06 03 62            ; ["b"], "b" in full again
  `;
  deepEqual(encoder.take(), bytes);
  deepEqual(decodeAmf0(bytes), ["a", 1, true, null, undefined, new AmfObject([["a", "b"]]), ["b"]]);
});

test("values behind several AVM+ switches of a message refer to each other, as those of Red5 do", () => {
  deepEqual(decodeAmf0(hex`11 06 05 6869 11 06 00`), ["hi", "hi"]);
  // "hello" and two times {text: "hello"}, as Red5 1.3 writes them in a call.
  const call = hex`
    11 06 0b 68656c6c6f
    11 0a 0b 01  09 74657874 06 00  01  ; "text" is string 1
    05                                  ; AMF0 between them changes nothing
    11 0a 0b 01  02 06 00  01`;
  const object = new AmfObject([["text", "hello"]]);
  deepEqual(decodeAmf0(call), ["hello", object, null, object]);
  throws(() => decodeAmf0(hex`11 06 05 6869 11 06 02`), { code: "amf.reference" });
});

test("tables live for one message", () => {
  decodeAmf0(hex`11 06 05 6869`);
  throws(() => decodeAmf0(hex`11 06 00`), { code: "amf.reference" });
});

test("behind the first switch nothing is referred to but what contains itself: readers differ in what they count", () => {
  const point = new AmfObject([["x", "a"]], { className: "P", sealedKeys: ["x"], isDynamic: false });
  const encoder = new Amf0Encoder({ objectEncoding: 3 });
  encoder.write([point, point]);
  encoder.write([point, point, "a"]);
  const bytes = encoder.take();
  deepEqual(
    bytes,
    hex`
      11 09 05 01  0a 13 03 50 03 78 06 03 61  0a 02
      11 09 07 01  0a 13 03 50 03 78 06 03 61  0a 13 03 50 03 78 06 03 61  06 03 61`,
  );
  deepEqual(decodeAmf0(bytes), [
    [point, point],
    [point, point, "a"],
  ]);
  const part = new Amf0Encoder({ objectEncoding: 3, isPartOfMessage: true });
  part.write([point, point, "a"]);
  deepEqual(part.take(), bytes.subarray(15), "so is every value of a part");
});

test("behind the first switch, too, a value may contain itself", () => {
  const cyclic: AmfValue[] = [];
  cyclic.push(cyclic, new Uint8Array(1), cyclic);
  const part = new Amf0Encoder({ objectEncoding: 3, isPartOfMessage: true });
  part.write(cyclic);
  deepEqual(part.take(), hex`11 09 07 01 09 00 0c 03 00 09 00`);
});

test("plain objects, dates and integers are encoded as what they stand for", () => {
  const shape = Object.assign(Object.create(null), { when: new Date(5), big: 7n, list: [{ a: undefined }] });
  const object = new AmfObject([
    ["when", new AmfDate(5)],
    ["big", 7],
    ["list", [new AmfObject([["a", undefined]])]],
  ]);
  deepEqual(encodeAmf0(shape), encodeAmf0(object));
});

const REFUSED: readonly (readonly [string, AmfEncodable])[] = [
  ["a function", () => 1],
  ["a symbol inside an array", [Symbol("x")]],
  ["an integer beyond 2^53", 2n ** 53n],
  ["an instance of an unknown class", new URL("rtmp://localhost/")],
  ["a name of 65536 bytes", { ["k".repeat(65_536)]: 1 }],
  ["a class name of 65536 bytes", new AmfObject([], { className: "k".repeat(65_536) })],
];

for (const [name, value] of REFUSED) {
  test(`AMF0 cannot encode ${name}`, () => throws(() => encodeAmf0(value), { code: "amf.encode" }));
}

test("a name of 65535 bytes and a string of 65536 bytes can be encoded", () => {
  const name = "k".repeat(65_535);
  const text = "k".repeat(65_536);
  deepEqual(decodeAmf0(encodeAmf0(new AmfObject([[name, text]]))), [new AmfObject([[name, text]])]);
  equal(encodeAmf0(text)[0], 0x0c);
});

test("references give the same instance, within one payload only", () => {
  const [first, second] = decodeAmf0(hex`0a 00000002 03 0000 09 07 0001  07 0000`);
  ok(Array.isArray(first));
  equal(first[0], first[1]);
  equal(first, second);
  notEqual(decodeAmf0(hex`03 0000 09`)[0], decodeAmf0(hex`03 0000 09`)[0]);
});

test("indexes count containers in the order of their markers", () => {
  const bytes = hex`
    0a 00000005
      08 00000000 0001 61 10 0001 50 0000 09 0000 09   ; 1: ECMA array, 2: typed object
      0b 0000000000000000 0000                         ; dates do not count
      07 0002
      07 0001
      07 0000
  `;
  const [array] = decodeAmf0(bytes);
  ok(Array.isArray(array) && array[0] instanceof AmfEcmaArray);
  equal(array[2], array[0].get("a"));
  equal(array[3], array[0]);
  equal(array[4], array);
});

test("a shared value is written again by default, since librtmp reads no references", () => {
  const shared = { a: 1 };
  deepEqual(encodeAmf0([shared, shared]), encodeAmf0([{ a: 1 }, { a: 1 }]));
});

test("cycles become references and come back as cycles", () => {
  const self = new AmfObject();
  self.members.set("s", self);
  const bytes = hex`03 0001 73 07 0000 0000 09`;
  deepEqual(encodeAmf0(self), bytes);
  const [decoded] = decodeAmf0(bytes);
  ok(decoded instanceof AmfObject);
  equal(decoded.get("s"), decoded);
});

test("a reference that 16 bits cannot hold is refused", () => {
  const late: AmfValue[] = [];
  late.push(late);
  const before = Array.from({ length: 65_534 }, () => []);
  equal(encodeAmf0([...before, late]).length, 5 + 65_534 * 5 + 5 + 3);
  throws(() => encodeAmf0([...before, [], late]), { code: "amf.encode" });
});

test("names keep their order, and those that JavaScript treats specially are data", () => {
  const bytes = hex`03
    0001 32 05                           ; "2"
    0009 5f5f70726f746f5f5f 03 0000 09   ; "__proto__"
    0001 31 05                           ; "1"
    000b 636f6e7374727563746f72 05       ; "constructor"
    0000 09`;
  const [object] = decodeAmf0(bytes);
  ok(object instanceof AmfObject);
  deepEqual([...object.members.keys()], ["2", "__proto__", "1", "constructor"]);
  equal(object.get("toString"), undefined);
  deepEqual(encodeAmf0(object), bytes);
});

test("the last of two members with one name counts", () => {
  deepEqual(decodeAmf0(hex`03 0001 61 01 00 0001 61 01 01 0000 09`), [new AmfObject([["a", true]])]);
});

test("the dense part of an AMF3 array becomes ordinary keys", () => {
  const ordinary = new AmfEcmaArray([
    ["0", "x"],
    ["k", 5],
  ]);
  deepEqual(encodeAmf0(new AmfEcmaArray([["k", 5]], ["x"])), encodeAmf0(ordinary));
});

test("a byte array is a copy of the payload", () => {
  const payload = hex`11 0c 07 010203`;
  const [bytes] = decodeAmf0(payload);
  payload.fill(0xff);
  deepEqual(bytes, hex`010203`);
});

test("tolerant: the end of the payload closes all open containers", () => {
  const bytes = hex`
    08 00000002
      0001 77 00 4084000000000000   ; w: 640
      0001 6f 03                    ; o: {
        0001 61 05                  ;   a: null,
        0001 62 02 0005 7879        ;   b: a string cut short
  `;
  const [array] = decodeAmf0(bytes, { isTolerant: true });
  deepEqual(
    array,
    new AmfEcmaArray([
      ["w", 640],
      ["o", new AmfObject([["a", null]])],
    ]),
  );
});

test("tolerant: a strict array ends with the payload, whatever its count", () => {
  deepEqual(decodeAmf0(hex`0a ffffffff 05 06`, { isTolerant: true }), [[null, undefined]]);
});

test("tolerant: an unknown marker is still a violation", () => {
  throws(() => decodeAmf0(hex`03 0001 61 12`, { isTolerant: true }), { code: "amf.marker", byteOffset: 4 });
});
