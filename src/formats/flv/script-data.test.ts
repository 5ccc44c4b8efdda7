import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { concatBytes } from "../../bytes/concat.ts";
import { hex } from "../../bytes/hex.ts";
import { normalizeDataMessage } from "./script-data.ts";

const SET = hex`02 000d 40736574446174614672616d65`; // "@setDataFrame"
const CLEAR = hex`02 000f 40636c656172446174614672616d65`; // "@clearDataFrame"
const ON_METADATA = hex`02 000a 6f6e4d65746144617461`;
const EMPTY_ARRAY = hex`08 00000000 000009`;
const metadata = concatBytes([ON_METADATA, EMPTY_ARRAY]);

test("@setDataFrame is taken off, and what is behind it is the same memory", () => {
  const payload = concatBytes([SET, metadata]);
  const message = normalizeDataMessage(payload, false);
  deepEqual(message, { kind: "set", name: "onMetaData", payload: metadata });
  equal(message.kind === "set" && message.payload.buffer, payload.buffer);
});

test("@setDataFrame of any name, as FFmpeg wraps |RtmpSampleAccess", () => {
  const access = hex`02 0011 7c52746d7053616d706c65416363657373 01 00 01 00`;
  deepEqual(normalizeDataMessage(concatBytes([SET, access]), false), {
    kind: "set",
    name: "|RtmpSampleAccess",
    payload: access,
  });
});

test("@clearDataFrame", () => {
  deepEqual(normalizeDataMessage(concatBytes([CLEAR, ON_METADATA]), false), { kind: "clear", name: "onMetaData" });
});

test("both without the @, as old clients send them", () => {
  const set = hex`02 000c 736574446174614672616d65`;
  const clear = hex`02 000e 636c656172446174614672616d65`;
  deepEqual(normalizeDataMessage(concatBytes([set, metadata]), false), {
    kind: "set",
    name: "onMetaData",
    payload: metadata,
  });
  deepEqual(normalizeDataMessage(concatBytes([clear, ON_METADATA]), false), { kind: "clear", name: "onMetaData" });
});

test("plain messages keep their name in front", () => {
  deepEqual(normalizeDataMessage(metadata, false), { kind: "plain", name: "onMetaData", payload: metadata });
  const text = hex`02 000a 6f6e5465787444617461 05`;
  deepEqual(normalizeDataMessage(text, false), { kind: "plain", name: "onTextData", payload: text });
});

test("type 15 loses its format byte, and is read without one too", () => {
  const expected = { kind: "set", name: "onMetaData", payload: metadata };
  deepEqual(normalizeDataMessage(concatBytes([hex`00`, SET, metadata]), true), expected);
  deepEqual(normalizeDataMessage(concatBytes([SET, metadata]), true), expected);
});

test("what has no name, or is cut, is plain", () => {
  const nothing = { kind: "plain", name: "" };
  deepEqual(normalizeDataMessage(hex``, false), { ...nothing, payload: hex`` });
  deepEqual(normalizeDataMessage(hex`00`, true), { ...nothing, payload: hex`` });
  deepEqual(normalizeDataMessage(hex`05`, false), { ...nothing, payload: hex`05` });
  deepEqual(normalizeDataMessage(hex`02 ffff 61`, false), { ...nothing, payload: hex`02 ffff 61` });
  deepEqual(normalizeDataMessage(SET, false), { kind: "plain", name: "@setDataFrame", payload: SET });
  const number = concatBytes([SET, hex`00 0000000000000000`]);
  deepEqual(normalizeDataMessage(number, false), { kind: "plain", name: "@setDataFrame", payload: number });
});

test("no bytes are an exception, and a payload is always the end of the message", () => {
  const whole = concatBytes([SET, metadata]);
  for (let length = 0; length < whole.length; length++) {
    equal(normalizeDataMessage(whole.subarray(0, length), false).kind === "clear", false);
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 30 }), fc.boolean(), (tail, isAmf3) => {
      for (const payload of [tail, concatBytes([SET, tail]), concatBytes([CLEAR, tail])]) {
        const message = normalizeDataMessage(payload, isAmf3);
        if (message.kind === "clear") continue;
        deepEqual(message.payload, payload.subarray(payload.length - message.payload.length));
      }
    }),
  );
});
