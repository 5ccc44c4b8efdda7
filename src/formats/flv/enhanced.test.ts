import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { concatBytes } from "../../bytes/concat.ts";
import { hex } from "../../bytes/hex.ts";
import { classifyMedia } from "./classify.ts";
import { MAX_MODEX_BLOCKS, MAX_TRACKS } from "./enhanced.ts";
import { createVideoPacket, decodeVideoHeader } from "./video-header.ts";

const body = hex`aabb`;

test("as many ModEx blocks as are allowed, and one beyond", () => {
  const blocks = (count: number): Uint8Array =>
    concatBytes([
      hex`97`,
      ...Array.from({ length: count - 1 }, () => hex`00 00 17`),
      hex`00 00 11 61763031 aabb`, // a ModEx type without a meaning, then CodedFrames
    ]);
  deepEqual(decodeVideoHeader(blocks(MAX_MODEX_BLOCKS)), createVideoPacket({ codec: "av1", body, frameType: 1 }));
  equal(classifyMedia("video", 0, blocks(MAX_MODEX_BLOCKS)).isKeyframe, true);
  throws(() => decodeVideoHeader(blocks(MAX_MODEX_BLOCKS + 1)), { code: "media.header" });
  equal(classifyMedia("video", 0, blocks(MAX_MODEX_BLOCKS + 1)).isKeyframe, false);
});

test("a ModEx block of 256 bytes has a size of three bytes", () => {
  const bytes = concatBytes([hex`97 ff 00ff 07a120`, new Uint8Array(253), hex`01 61763031 aabb`]);
  const expected = createVideoPacket({ codec: "av1", body, frameType: 1, timestampOffsetNanoseconds: 500_000 });
  deepEqual(decodeVideoHeader(bytes), expected);
  equal(classifyMedia("video", 0, bytes).isKeyframe, true);
});

test("a ModEx block longer than the message is truncated", () => {
  throws(() => decodeVideoHeader(hex`97 05 07a120 01`), { code: "bytes.truncated", byteOffset: 2 });
  throws(() => decodeVideoHeader(hex`97 ff ffff 00`), { code: "bytes.truncated", byteOffset: 4 });
});

test("an offset of fewer than three bytes is passed over", () => {
  deepEqual(decodeVideoHeader(hex`a7 01 07a1 01 61763031 aabb`), createVideoPacket({ codec: "av1", body }));
});

test("as many tracks as are allowed, and one beyond", () => {
  const tracks = (count: number): Uint8Array => concatBytes([hex`96 11 61763031`, new Uint8Array(4 * count)]);
  const header = decodeVideoHeader(tracks(MAX_TRACKS));
  equal(header.kind === "packet" && header.tracks.length, MAX_TRACKS);
  throws(() => decodeVideoHeader(tracks(MAX_TRACKS + 1)), { code: "media.header" });
});
