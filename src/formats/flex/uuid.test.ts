import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { hex } from "../../bytes/hex.ts";
import { decodeUuid, encodeUuid } from "./uuid.ts";

const TEXT = "10111213-1415-1617-1819-1A1B1C1D1E1F";
const BYTES = hex`101112131415161718191a1b1c1d1e1f`;

test("an id is 16 bytes, or upper-case digits with hyphens after bytes 4, 6, 8 and 10", () => {
  deepEqual(encodeUuid(TEXT), BYTES);
  equal(decodeUuid(BYTES), TEXT);
});

test("whatever is not exactly that is no id", () => {
  const texts = [
    TEXT.toLowerCase(),
    TEXT.slice(1),
    `${TEXT}0`,
    `${TEXT}\n`,
    TEXT.replaceAll("-", ""),
    TEXT.replace("F", "G"),
    "",
  ];
  for (const text of texts) equal(encodeUuid(text), undefined);
  equal(decodeUuid(BYTES.subarray(1)), undefined);
  equal(decodeUuid(new Uint8Array(17)), undefined);
});
