import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { formatHex, hex } from "../../bytes/hex.ts";
import { encodeUtf8 } from "../../bytes/utf8.ts";
import { Blowfish } from "./blowfish.ts";
import { BLOWFISH_BOXES, BLOWFISH_SUBKEYS } from "./blowfish-tables.ts";
import { Rc4 } from "./rc4.ts";
import { encryptByBlowfish, encryptByXtea } from "./signature-scrambling.ts";
import { encryptXteaBlock } from "./xtea.ts";

/** atan(1/x) by its series, as a whole number of units of 2^-bits. */
function inverseTangent(x: bigint, bits: bigint): bigint {
  let power = (1n << bits) / x;
  let sum = power;
  for (let divisor = 3n; power !== 0n; divisor += 2n) {
    power /= -x * x;
    sum += power / divisor;
  }
  return sum;
}

test("Blowfish starts from the digits of π", () => {
  const tables = [...BLOWFISH_SUBKEYS, ...BLOWFISH_BOXES];
  equal(tables.length, 18 + 4 * 256);
  const spare = 64n;
  const bits = BigInt(tables.length * 32) + spare;
  // Machin: π = 16 atan(1/5) - 4 atan(1/239).
  const pi = 16n * inverseTangent(5n, bits) - 4n * inverseTangent(239n, bits);
  const fraction = (pi - (3n << bits)) >> spare;
  const text = tables.map((word) => word.toString(16).padStart(8, "0")).join("");
  equal(text, fraction.toString(16).padStart(tables.length * 8, "0"));
});

test("Blowfish gives its published vectors, as little-endian words", () => {
  for (const [key, plain, encrypted] of [
    ["0000000000000000", "00000000 00000000", "4597f94e78dd9861"],
    ["ffffffffffffffff", "ffffffff ffffffff", "d56f86518acb5eb8"],
    ["0123456789abcdef", "11111111 11111111", "80c3f96196b08122"],
  ] as const) {
    const block = hex`${plain}`;
    new Blowfish(hex`${key}`).encryptBlock(block);
    equal(formatHex(block), encrypted);
  }
});

test("XTEA gives its published vector, as little-endian words", () => {
  const block = hex`44434241 48474645`;
  encryptXteaBlock(block, [0x00010203, 0x04050607, 0x08090a0b, 0x0c0d0e0f]);
  equal(formatHex(block), "d0f37d49b52c6172");
});

test("single blocks by the keys of RTMPE", () => {
  for (const [keyIndex, xtea, blowfish] of [
    [0, "c7c82aca95daa419", "a031fb6d807be57d"],
    [1, "56db83e87bb6c03f", "c6bf25ece357e347"],
    [14, "b7eecfdda2307f55", "e3082b7c168b32eb"],
  ] as const) {
    const block = hex`0001020304050607`;
    encryptByXtea(block, keyIndex);
    equal(formatHex(block), xtea);
    for (let time = 0; time < 2; time++) {
      const again = hex`0001020304050607`;
      encryptByBlowfish(again, keyIndex);
      equal(formatHex(again), blowfish);
    }
  }
  throws(() => encryptByXtea(hex`0001020304050607`, 15), RangeError);
  throws(() => encryptByBlowfish(hex`0001020304050607`, 15), RangeError);
});

test("RC4 gives its published vectors, both ways", () => {
  for (const [key, plain, encrypted] of [
    ["Key", "Plaintext", "bbf316e8d940af0ad3"],
    ["Wiki", "pedia", "1021bf0420"],
    ["Secret", "Attack at dawn", "45a01f645fc35b383552544b9bf5"],
  ] as const) {
    const bytes = encodeUtf8(plain);
    new Rc4(encodeUtf8(key)).apply(bytes);
    equal(formatHex(bytes), encrypted);
    new Rc4(encodeUtf8(key)).apply(bytes);
    deepEqual(bytes, encodeUtf8(plain));
  }
});

test("RC4 after 1536 bytes, by its vectors for a key of 128 bits (RFC 6229)", () => {
  const cipher = new Rc4(hex`0102030405060708090a0b0c0d0e0f10`);
  cipher.skip(1536);
  const bytes = new Uint8Array(16);
  cipher.apply(bytes);
  equal(formatHex(bytes), "ffa0b514647ec04f6306b892ae661181");
});

test("RC4 gives the same bytes in pieces of any length and at any place in memory", () => {
  const key = hex`cd7b38099404190a94b4bdcb8eb7e6f3`;
  const length = 5000;
  const expected = new Uint8Array(length);
  const byBytes = new Rc4(key);
  for (let at = 0; at < length; at++) byBytes.apply(expected.subarray(at, at + 1));
  for (const pieceLength of [3, 100, 255, 256, 257, 258, 259, 1000, 4999, 5000]) {
    for (let offset = 0; offset < 4; offset++) {
      const memory = new Uint8Array(length + 8);
      const bytes = memory.subarray(offset, offset + length);
      const cipher = new Rc4(key);
      for (let at = 0; at < length; at += pieceLength) cipher.apply(bytes.subarray(at, at + pieceLength));
      deepEqual(bytes, expected, `pieces of ${pieceLength} at ${offset}`);
      deepEqual(memory.slice(offset + length), new Uint8Array(8 - offset), "nothing beyond the end");
    }
  }
});

test("two streams that are used in turn do not disturb each other", () => {
  const [left, right] = [new Rc4(hex`01`), new Rc4(hex`02`)];
  const expected = [hex`01`, hex`02`].map((key) => {
    const bytes = new Uint8Array(2000);
    new Rc4(key).apply(bytes);
    return bytes;
  });
  const found = [new Uint8Array(2000), new Uint8Array(2000)] as const;
  for (let at = 0; at < 2000; at += 500) {
    left.apply(found[0].subarray(at, at + 500));
    right.apply(found[1].subarray(at, at + 500));
  }
  deepEqual([...found], expected);
});
