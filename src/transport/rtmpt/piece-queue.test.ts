import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { hex } from "../../bytes/hex.ts";
import { PieceQueue } from "./piece-queue.ts";

test("pieces come out in order, in portions of any size", () => {
  for (let size = 1; size <= 8; size++) {
    const queue = new PieceQueue();
    for (const piece of [hex`01`, hex``, hex`02 03 04`, hex`05 06`, hex`07`]) queue.push(piece);
    equal(queue.byteLength, 7);
    const portions: Uint8Array[] = [];
    while (queue.byteLength > 0) portions.push(queue.take(size));
    deepEqual(Uint8Array.from(Buffer.concat(portions)), hex`01 02 03 04 05 06 07`);
    deepEqual(
      portions.slice(0, -1).every(({ length }) => length === size),
      true,
    );
  }
});

test("an empty queue gives nothing, and takes again", () => {
  const queue = new PieceQueue();
  deepEqual(queue.take(10), hex``);
  queue.push(hex`01 02`);
  queue.clear();
  deepEqual([queue.byteLength, queue.take(10)], [0, hex``]);
  queue.push(hex`03`);
  deepEqual(queue.take(10), hex`03`);
});
