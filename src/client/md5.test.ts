import { deepEqual } from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { md5 } from "./md5.ts";

test("every length around the blocks gives what OpenSSL gives", () => {
  for (let length = 0; length < 200; length++) {
    const bytes = Uint8Array.from({ length }, (_, index) => index * 7 + length);
    deepEqual(Buffer.from(md5(bytes)), createHash("md5").update(bytes).digest());
  }
});

test("a part of a larger buffer is only that part", () => {
  const bytes = new Uint8Array(100).fill(7);
  deepEqual(md5(bytes.subarray(10, 30)), md5(new Uint8Array(20).fill(7)));
});
