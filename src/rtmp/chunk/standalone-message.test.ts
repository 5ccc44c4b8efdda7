import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeEveryWay } from "../../../test/support/decode-every-way.ts";
import { hex } from "../../bytes/hex.ts";
import type { Message } from "../message/message.ts";
import { ChunkDecoder } from "./chunk-decoder.ts";
import { encodeStandalone, standaloneLength } from "./standalone-message.ts";

function encode(message: Message, chunkStreamId: number, chunkSize: number): Uint8Array {
  const length = standaloneLength(message.payload.length, message.timestamp, chunkSize, chunkStreamId);
  const target = new Uint8Array(length + 6).fill(0xee);
  equal(encodeStandalone(target, 3, message, chunkStreamId, chunkSize), 3 + length);
  deepEqual([...target.subarray(0, 3), ...target.subarray(3 + length)], Array(6).fill(0xee), "nothing beside it");
  return target.slice(3, 3 + length);
}

test("format 0, then format 3 with the extended timestamp repeated", () => {
  const payload = hex`17 01 000000 01 02 03 04 05`;
  deepEqual(
    encode({ type: 9, timestamp: 0x01000000, streamId: 1, payload }, 7, 4),
    hex`
      07 ffffff 00000a 09 01000000 01000000 17 01 00 00
      c7 01000000 00 01 02 03
      c7 01000000 04 05
    `,
  );
});

test("a payload of exactly one or two chunks has no empty chunk behind it", () => {
  const payload = hex`01 02 03 04`;
  deepEqual(
    encode({ type: 8, timestamp: 1, streamId: 1, payload }, 6, 4),
    hex`06 000001 000004 08 01000000 ${payload}`,
  );
  deepEqual(
    encode({ type: 8, timestamp: 1, streamId: 1, payload }, 6, 2),
    hex`06 000001 000004 08 01000000 0102 c6 0304`,
  );
});

test("an empty payload is a header alone", () => {
  deepEqual(encode({ type: 8, timestamp: 1, streamId: 1, payload: hex`` }, 6, 128), hex`06 000001 000000 08 01000000`);
});

test("a time beyond 32 bits goes out modulo 2^32", () => {
  deepEqual(
    encode({ type: 8, timestamp: 2 ** 32 + 5, streamId: 1, payload: hex`af` }, 6, 128),
    hex`06 000005 000001 08 01000000 af`,
  );
});

test("any message is read back as it was, at any chunk size and chunk stream", () => {
  const cases = fc.record({
    type: fc.integer({ min: 7, max: 255 }),
    timestamp: fc.oneof(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.integer({ min: 0xfffff0, max: 0x100000f })),
    streamId: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    payload: fc.uint8Array({ maxLength: 600, size: "max" }),
    chunkStreamId: fc.oneof(fc.integer({ min: 2, max: 400 }), fc.integer({ min: 2, max: 65599 })),
    chunkSize: fc.oneof(fc.integer({ min: 1, max: 200 }), fc.constant(0x7fffffff)),
  });
  fc.assert(
    fc.property(cases, ({ chunkStreamId, chunkSize, ...message }) => {
      const create = (): ChunkDecoder => {
        const decoder = new ChunkDecoder();
        decoder.setChunkSize(chunkSize);
        return decoder;
      };
      deepEqual(decodeEveryWay(create, encode(message, chunkStreamId, chunkSize)), [message]);
    }),
    { numRuns: 60 },
  );
});
