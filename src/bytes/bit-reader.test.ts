import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BitReader } from "./bit-reader.ts";
import { hex } from "./hex.ts";

test("bits are read from the top of each byte, over borders", () => {
  const reader = new BitReader(hex`a5 0f ff ff ff ff`);
  deepEqual([reader.bits(1), reader.bits(3), reader.bits(8), reader.bits(0)], [1, 2, 0x50, 0]);
  equal(reader.bits(32), 0xffffffff);
  equal(reader.remainingBits, 4);
  reader.alignToByte();
  equal(reader.remainingBits, 0);
});

test("Exp-Golomb numbers", () => {
  const reader = new BitReader(hex`a6 42 98 e2 04 8a`); // 1 010 011 00100 00101 00110 00111 0001000 0001001 000…
  const numbers = Array.from({ length: 9 }, () => reader.unsignedExpGolomb());
  deepEqual(numbers, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
  const signed = new BitReader(hex`a6 42 98`);
  deepEqual(
    Array.from({ length: 5 }, () => signed.signedExpGolomb()),
    [0, 1, -1, 2, -2],
  );
});

test("the largest Exp-Golomb number, and one bit beyond", () => {
  equal(new BitReader(hex`00000001 fffffffe`).unsignedExpGolomb(), 2 ** 32 - 2);
  throws(() => new BitReader(hex`00000000 80000000 00`).unsignedExpGolomb(), { code: "media.header" });
});

test("beyond the end is bytes.truncated, and says where", () => {
  const reader = new BitReader(hex`ff`);
  reader.skip(3);
  throws(() => reader.bits(6), { code: "bytes.truncated", byteOffset: 0 });
  throws(() => new BitReader(hex`00`).unsignedExpGolomb(), { code: "bytes.truncated" });
});

test("reading in any pieces gives the same number", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.integer({ min: 0, max: 32 }), (bytes, cut) => {
      const reader = new BitReader(bytes);
      const whole = new BitReader(bytes).bits(32);
      equal(reader.bits(cut) * 2 ** (32 - cut) + reader.bits(32 - cut), whole);
    }),
  );
});
