import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { hex } from "../../bytes/hex.ts";
import { decodeMessageHeader, encodeMessageHeader, type MessageHeader } from "./message-header.ts";

const NOTHING = { timestamp: undefined, length: undefined, type: undefined, streamId: undefined };

const CASES: readonly [string, MessageHeader, Uint8Array][] = [
  [
    "format 0 with a little-endian stream id",
    { format: 0, timestamp: 1000, length: 32, type: 8, streamId: 12345 },
    hex`0003e8 000020 08 39300000`,
  ],
  [
    "format 0 with an extended timestamp",
    { format: 0, timestamp: 0x01000000, length: 200, type: 9, streamId: 1 },
    hex`ffffff 0000c8 09 01000000 01000000`,
  ],
  [
    "a timestamp of exactly 0xffffff is extended",
    { format: 0, timestamp: 0xffffff, length: 10, type: 9, streamId: 1 },
    hex`ffffff 00000a 09 01000000 00ffffff`,
  ],
  [
    "0xfffffe is the largest short timestamp",
    { format: 0, timestamp: 0xfffffe, length: 10, type: 9, streamId: 1 },
    hex`fffffe 00000a 09 01000000`,
  ],
  ["format 1", { ...NOTHING, format: 1, timestamp: 20, length: 5, type: 8 }, hex`000014 000005 08`],
  [
    "format 1 with an extended delta",
    { ...NOTHING, format: 1, timestamp: 0x01000000, length: 200, type: 9 },
    hex`ffffff 0000c8 09 01000000`,
  ],
  ["format 2", { ...NOTHING, format: 2, timestamp: 20 }, hex`000014`],
  ["format 2 with an extended delta", { ...NOTHING, format: 2, timestamp: 0xffffff00 }, hex`ffffff ffffff00`],
  ["format 3", { ...NOTHING, format: 3 }, hex``],
];

for (const [name, header, bytes] of CASES) {
  test(`${name}, both ways`, () => {
    deepEqual(encodeMessageHeader(header), bytes);
    deepEqual(decodeMessageHeader(header.format, bytes), { ...header, byteLength: bytes.length });
    for (let length = 0; length < bytes.length; length++) {
      equal(decodeMessageHeader(header.format, bytes.subarray(0, length)), undefined);
    }
  });
}

test("bytes behind the header are left alone", () => {
  equal(decodeMessageHeader(2, hex`000014 af01`)?.byteLength, 3);
});
