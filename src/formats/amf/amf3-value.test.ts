import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { hex } from "../../bytes/hex.ts";
import { Amf3Value, AmfObject } from "./amf-value.ts";
import { decodeAmf0 } from "./amf0-decoder.ts";
import { encodeAmf0 } from "./amf0-encoder.ts";

test("a value of a message in AMF0 may be written as AMF3 behind the switch", () => {
  const bytes = hex`02 0001 66 11 0a 0b 01 03 61 04 01 01 11 04 05`;
  deepEqual(encodeAmf0("f", new Amf3Value({ a: 1 }), new Amf3Value(5)), bytes);
  deepEqual(decodeAmf0(bytes), ["f", new AmfObject([["a", 1]]), 5]);
});
