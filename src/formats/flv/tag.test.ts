import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { concatBytes } from "../../bytes/concat.ts";
import { hex } from "../../bytes/hex.ts";
import { encodeFlvHeader, encodeFlvTag, encodeMediaTag, FLV_HEADER_BYTES } from "./flv-writer.ts";
import {
  decodeTagHeader,
  kindOfTagType,
  MAX_TAG_DATA_BYTES,
  TagType,
  tagTypeOf,
  writeTagHeader,
  writeTagTrailer,
} from "./tag.ts";

const HEADERS: readonly (readonly [bytes: Uint8Array, type: number, dataBytes: number, timestamp: number])[] = [
  [hex`09 000034 000000 00 000000`, TagType.Video, 52, 0],
  [hex`09 000196 0000c8 00 000000`, TagType.Video, 406, 200],
  [hex`08 000007 000000 01 000000`, TagType.Audio, 7, 16_777_216],
  [hex`12 000000 ffffff 7f 000000`, TagType.Script, 0, 2 ** 31 - 1],
  [hex`0f 000001 ffffd8 ff 000000`, TagType.ScriptAmf3, 1, -40],
];

test("tag headers, both ways", () => {
  for (const [bytes, type, dataBytes, timestamp] of HEADERS) {
    deepEqual(decodeTagHeader(bytes), { type, isEncrypted: false, dataBytes, timestamp, streamId: 0 });
    const target = new Uint8Array(14).fill(0xee);
    equal(writeTagHeader(target, 2, type, dataBytes, timestamp), 13);
    deepEqual(target, concatBytes([hex`eeee`, bytes, hex`ee`]));
    for (let length = 0; length < bytes.length; length++) equal(decodeTagHeader(bytes.subarray(0, length)), undefined);
  }
});

test("an encrypted tag of any type and a stream id", () => {
  deepEqual(decodeTagHeader(hex`29 000001 000000 00 000005`), {
    type: 9,
    isEncrypted: true,
    dataBytes: 1,
    timestamp: 0,
    streamId: 5,
  });
});

test("timestamps may be given unsigned", () => {
  deepEqual(encodeFlvTag(8, 2 ** 32 - 40, hex`af`), hex`08 000001 ffffd8 ff 000000 af 0000000c`);
  deepEqual(encodeFlvTag(8, -40, hex`af`), hex`08 000001 ffffd8 ff 000000 af 0000000c`);
});

test("trailers tell the size of header and data", () => {
  deepEqual(encodeFlvTag(9, 0, new Uint8Array(52)).subarray(-4), hex`0000003f`);
  deepEqual(encodeFlvTag(9, 200, new Uint8Array(406)).subarray(-4), hex`000001a1`);
  const target = new Uint8Array(4);
  equal(writeTagTrailer(target, 0, 0xffffff), 4);
  deepEqual(target, hex`0100000a`);
});

test("no tag is written beyond its buffer, and none is longer than its size can say", () => {
  throws(() => writeTagHeader(new Uint8Array(10), 0, 8, 0, 0), RangeError);
  throws(() => writeTagTrailer(new Uint8Array(10), 7, 0), RangeError);
  equal(encodeFlvTag(9, 0, new Uint8Array(MAX_TAG_DATA_BYTES)).length, MAX_TAG_DATA_BYTES + 15);
  throws(() => encodeFlvTag(9, 0, new Uint8Array(MAX_TAG_DATA_BYTES + 1)), RangeError);
});

test("the file header, with and without tracks", () => {
  deepEqual(encodeFlvHeader({ hasAudio: true, hasVideo: true }), hex`464c56 01 05 00000009 00000000`);
  deepEqual(encodeFlvHeader({ hasAudio: true, hasVideo: false }), hex`464c56 01 04 00000009 00000000`);
  equal(encodeFlvHeader({ hasAudio: false, hasVideo: true }).length, FLV_HEADER_BYTES);
});

test("media messages become tags of their kind", () => {
  deepEqual(
    encodeMediaTag({ kind: "audio", timestamp: 16, payload: hex`af01` }),
    hex`08 000002 000010 00 000000 af01 0000000d`,
  );
  for (const kind of ["audio", "video", "data"] as const) equal(kindOfTagType(tagTypeOf(kind)), kind);
  equal(kindOfTagType(TagType.ScriptAmf3), "data");
  equal(kindOfTagType(10), undefined);
});
