import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { hex } from "../bytes/hex.ts";
import { withLengths } from "./start-codes.ts";

test("start codes of three and four bytes become lengths", () => {
  const picture = hex`00000001 09f0 00000001 674201 000001 68ce 000001 658884`;
  deepEqual(withLengths(picture), hex`00000002 09f0 00000003 674201 00000002 68ce 00000003 658884`);
});

test("pictures with lengths stay as they are", () => {
  for (const picture of [
    hex`00000002 09f0 00000001 65`,
    hex`00000001 65`,
    hex`00000001 0a 00000002 6588`, // a unit of one byte
    hex`00000100 65`, // cut
    hex`000001`,
    hex``,
  ]) {
    equal(withLengths(picture), picture);
  }
});
