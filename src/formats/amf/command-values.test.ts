import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { hex } from "../../bytes/hex.ts";
import { AmfObject } from "./amf-value.ts";
import { decodeCommandValues, encodeCommandValues } from "./command-values.ts";

test("a whole command is a list of values", () => {
  const payload = hex`02 0004 70696e67 00 4000000000000000 05`;
  deepEqual(encodeCommandValues(["ping", 2, null]), payload);
  deepEqual(decodeCommandValues(payload), { values: ["ping", 2, null], violation: undefined });
});

test("a command of message type 17 starts behind its zero byte", () => {
  const payload = hex`00 02 0004 70696e67 00 4000000000000000 05 11 0405`;
  deepEqual(decodeCommandValues(payload, { fromByte: 1 }).values, ["ping", 2, null, 5]);
  equal(decodeCommandValues(hex`00`, { fromByte: 1 }).values.length, 0);
  throws(() => decodeCommandValues(hex``, { fromByte: 1 }), { code: "bytes.truncated" });
});

test("with an object encoding of 3, simple values stay AMF0 and objects become AMF3", () => {
  const payload = encodeCommandValues(["f", 1, null, { a: 1 }], { objectEncoding: 3 });
  deepEqual(payload, hex`02 0001 66 00 3ff0000000000000 05 11 0a 0b 01 03 61 0401 01`);
});

test("arguments as AMF3 refer to each other, but not to the name of the method, as Red5's client writes it", () => {
  const payload = hex`
    11 06 09 626f7468  11 04 09  11 01     ; "both", 9, null
    11 0a 0b 01 09 74657874 06 09 73616d65 01
    11 0a 0b 01 00 06 02 01`;
  const object = new AmfObject([["text", "same"]]);
  deepEqual(decodeCommandValues(payload).values, ["both", 9, null, object, object]);
});

test("a command may lack parts", () => {
  deepEqual(decodeCommandValues(hex``).values, []);
  deepEqual(decodeCommandValues(hex`02 0001 66`).values, ["f"]);
  deepEqual(decodeCommandValues(hex`02 0001 66 02 0001 31`).values, ["f", "1"]);
});

test("what was decoded before a violation is kept, with the reason for the end", () => {
  const { values, violation } = decodeCommandValues(hex`02 0001 66 00 3ff0000000000000 05 ff ff`);
  deepEqual(values, ["f", 1, null]);
  deepEqual([violation?.code, violation?.byteOffset], ["amf.marker", 14]);
});

test("an argument of an unknown class leaves what is needed to answer the call", () => {
  const { values, violation } = decodeCommandValues(hex`05 00 4010000000000000 05 11 0a 07 03 51`);
  deepEqual(values, [null, 4, null]);
  equal(violation?.code, "amf.externalizable");
});

test("a command whose first value is malformed is a violation", () => {
  throws(() => decodeCommandValues(hex`02 0005 66`), { name: "ProtocolError", code: "bytes.truncated" });
});

test("only an error of the protocol ends the values", () => {
  throws(() => decodeCommandValues(hex`05`, { limits: { maxDepth: 513 } }), RangeError);
});

test("metadata without its end marker is kept", () => {
  const payload = hex`02 000a 6f6e4d65746144617461 08 00000001 0001 77 00 4084000000000000`;
  const { values, violation } = decodeCommandValues(payload, { isTolerant: true });
  deepEqual(values.length, 2);
  equal(violation, undefined);
  deepEqual(decodeCommandValues(payload).values, ["onMetaData"]);
});

test("an object as metadata is as good as an array", () => {
  const payload = encodeCommandValues(["onMetaData", { width: 640 }]);
  deepEqual(decodeCommandValues(payload).values, ["onMetaData", new AmfObject([["width", 640]])]);
});
