import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { hex } from "../../bytes/hex.ts";
import { basicHeaderLength, type ChunkFormat, decodeBasicHeader, encodeBasicHeader } from "./basic-header.ts";

const CASES: readonly [ChunkFormat, number, Uint8Array][] = [
  [0, 2, hex`02`],
  [0, 63, hex`3f`],
  [0, 64, hex`00 00`],
  [0, 319, hex`00 ff`],
  [0, 320, hex`01 00 01`],
  [0, 365, hex`01 2d 01`],
  [0, 65599, hex`01 ff ff`],
  [1, 2, hex`42`],
  [2, 3, hex`83`],
  [3, 4, hex`c4`],
  [3, 365, hex`c1 2d 01`],
];

for (const [format, chunkStreamId, bytes] of CASES) {
  test(`format ${format} of chunk stream ${chunkStreamId}, both ways`, () => {
    deepEqual(encodeBasicHeader(format, chunkStreamId), bytes);
    deepEqual(decodeBasicHeader(bytes), { format, chunkStreamId, byteLength: bytes.length });
    for (let length = 0; length < bytes.length; length++)
      equal(decodeBasicHeader(bytes.subarray(0, length)), undefined);
  });
}

test("the 3-byte form may name a chunk stream that fits into 2 bytes", () => {
  deepEqual(decodeBasicHeader(hex`01 00 00`), { format: 0, chunkStreamId: 64, byteLength: 3 });
  deepEqual(decodeBasicHeader(hex`01 ff 00`), { format: 0, chunkStreamId: 319, byteLength: 3 });
});

test("every chunk stream id survives a round trip", () => {
  for (let id = 2; id <= 65599; id++) {
    const bytes = encodeBasicHeader(1, id);
    equal(decodeBasicHeader(bytes)?.chunkStreamId, id);
    equal(bytes.length, basicHeaderLength(id));
  }
});

test("chunk streams 0, 1 and 65600 do not exist", () => {
  for (const id of [0, 1, 65600]) throws(() => encodeBasicHeader(0, id), RangeError);
});
