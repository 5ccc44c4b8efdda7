import { deepEqual, equal, notDeepEqual } from "node:assert/strict";
import { test } from "node:test";
import { formatHex, hex } from "../bytes/hex.ts";
import { encodeUtf8 } from "../bytes/utf8.ts";
import { nodeCrypto } from "./node-crypto.ts";

test("HMAC-SHA-256 of RFC 4231, test case 2", () => {
  const code = nodeCrypto.hmacSha256(encodeUtf8("Jefe"), encodeUtf8("what do ya want for nothing?"));
  equal(formatHex(code), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
});

test("a key longer than a block of SHA-256 is hashed first: RFC 4231, test case 6", () => {
  const key = new Uint8Array(131).fill(0xaa);
  const data = encodeUtf8("Test Using Larger Than Block-Size Key - Hash Key First");
  const expected = hex`60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54`;
  deepEqual(Uint8Array.from(nodeCrypto.hmacSha256(key, data)), expected);
});

test("random bytes have the length that was asked for and differ", () => {
  const first = nodeCrypto.randomBytes(1528);
  equal(first.length, 1528);
  notDeepEqual(first, nodeCrypto.randomBytes(1528));
});
