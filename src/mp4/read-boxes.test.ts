import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { concatBytes } from "../bytes/concat.ts";
import { hex } from "../bytes/hex.ts";
import { ProtocolError } from "../errors.ts";
import { findBox, MAX_BOX_DEPTH, MAX_BOXES, readBoxes } from "./read-boxes.ts";

const isDamaged = { name: "ProtocolError", code: "media.box" };

const FRAGMENT = hex`
  00000020 6d6f6f66  ; moof
    00000010 6d666864 00000000 00000007  ; mfhd
    00000008 74726166  ; traf, empty
  0000000a 6d646174 abcd  ; mdat
`;

test("boxes are told with their places and children", () => {
  const boxes = readBoxes(FRAGMENT);
  deepEqual(
    boxes.map(({ type, offset, body }) => [type, offset, body.length]),
    [
      ["moof", 0, 24],
      ["mdat", 32, 2],
    ],
  );
  deepEqual(
    boxes[0]?.children.map(({ type, offset }) => [type, offset]),
    [
      ["mfhd", 8],
      ["traf", 24],
    ],
  );
  deepEqual(findBox(boxes, "moof", "mfhd")?.body, hex`00000000 00000007`);
  equal(findBox(boxes, "moof", "tfdt"), undefined);
  equal(findBox(boxes), undefined);
});

test("a path is searched in each box of a type", () => {
  const empty = hex`00000008 74726166`;
  const full = hex`00000010 74726166 00000008 74666474`;
  equal(findBox(readBoxes(concatBytes([empty, full])), "traf", "tfdt")?.offset, 16);
});

test("a size of 1 stands for 64 bits, and 0 for all that is left", () => {
  const boxes = readBoxes(hex`
    00000001 66726565 0000000000000012 abcd  ; free
    00000000 6d646174 010203  ; mdat
  `);
  deepEqual(
    boxes.map(({ type, body }) => [type, body.length]),
    [
      ["free", 2],
      ["mdat", 3],
    ],
  );
});

test("sizes that do not fit are damage, at each place where a file can end", () => {
  throws(() => readBoxes(hex`00000007 66726565`), isDamaged);
  throws(() => readBoxes(hex`00000009 66726565`), isDamaged);
  throws(() => readBoxes(hex`00000001 66726565 00000000`), isDamaged);
  throws(() => readBoxes(hex`00000001 66726565 000000000000000f`), isDamaged);
  throws(() => readBoxes(hex`00000001 66726565 ffffffffffffffff`), isDamaged);
  throws(() => readBoxes(hex`0000000c 73747364 00000000`), isDamaged); // stsd without its count
  throws(() => readBoxes(hex`00000010 6d6f6f76 00000009 66726565`), { ...isDamaged, byteOffset: 8 }); // child beyond parent
  for (let length = 1; length < FRAGMENT.length; length++) {
    if (length === 32) continue; // between the two boxes
    throws(() => readBoxes(FRAGMENT.subarray(0, length)), isDamaged, `cut at ${length}`);
  }
});

test("nesting and number have limits", () => {
  equal(depthOf(nested(MAX_BOX_DEPTH)), MAX_BOX_DEPTH);
  throws(() => readBoxes(nested(MAX_BOX_DEPTH + 1)), isDamaged);
  equal(readBoxes(manyBoxes(MAX_BOXES)).length, MAX_BOXES);
  throws(() => readBoxes(manyBoxes(MAX_BOXES + 1)), isDamaged);
});

test("bytes at random are read or called damaged", () => {
  for (let seed = 1; seed < 2000; seed++) {
    const bytes = FRAGMENT.slice();
    bytes[(seed * 7) % bytes.length] = (seed * 31) & 0xff;
    try {
      ok(readBoxes(bytes).length > 0);
    } catch (error) {
      ok(error instanceof ProtocolError && error.code === "media.box", String(error));
    }
  }
});

/** `depth` boxes of type moov in a box of type moov. */
function nested(depth: number): Uint8Array {
  const bytes = new Uint8Array((depth + 1) * 8);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index <= depth; index++) {
    view.setUint32(index * 8, bytes.length - index * 8);
    view.setUint32(index * 8 + 4, 0x6d6f6f76);
  }
  return bytes;
}

function depthOf(bytes: Uint8Array): number {
  let depth = -1;
  for (let boxes = readBoxes(bytes); boxes.length > 0; boxes = [...(boxes[0]?.children ?? [])]) depth++;
  return depth;
}

function manyBoxes(count: number): Uint8Array {
  const bytes = new Uint8Array(count * 8);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < count; index++) {
    view.setUint32(index * 8, 8);
    view.setUint32(index * 8 + 4, 0x66726565);
  }
  return bytes;
}
