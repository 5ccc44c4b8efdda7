import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { expectCleanTruncations } from "../../../test/support/expect-clean-truncations.ts";
import { hex } from "../../bytes/hex.ts";
import { decodeVpConfig, encodeVpConfig } from "./vp-config.ts";
import { decodeVp8FrameSize, decodeVp9Frame } from "./vp-frame.ts";

test("a configuration, bare and as the MP4 box that FFmpeg 8.1 sends", () => {
  const expected = { profile: 0, level: 11, bitDepth: 8, chromaSubsampling: 1, isFullRange: false };
  deepEqual(decodeVpConfig(hex`00 0b 82 02 02 02 0000`), expected);
  deepEqual(decodeVpConfig(hex`01000000 00 0b 82 02 02 02 0000`), expected);
  deepEqual(decodeVpConfig(hex`01 00 87 02 02 02 0000`), {
    profile: 1,
    level: 0,
    bitDepth: 8,
    chromaSubsampling: 3,
    isFullRange: true,
  });
  expectCleanTruncations(decodeVpConfig, hex`01000000 00 0b 82 02 02 02 0000`);
});

test("a configuration is written as FFmpeg 8.1 sends it", () => {
  const config = { profile: 0, level: 11, bitDepth: 8, chromaSubsampling: 1, isFullRange: false };
  const colours = { primaries: 2, transfer: 2, matrix: 2 };
  deepEqual(encodeVpConfig(config, colours), hex`01000000 00 0b 82 02 02 02 0000`);
  const full = { profile: 1, level: 0, bitDepth: 12, chromaSubsampling: 3, isFullRange: true };
  deepEqual(decodeVpConfig(encodeVpConfig(full, { primaries: 9, transfer: 16, matrix: 9 })), full);
});

// First bytes of frames of libvpx in FFmpeg 5.1: ffmpeg -f lavfi -i testsrc=size=… -c:v libvpx(-vp9) -f ivf x.ivf
test("the size of VP8 key frames", () => {
  const key = hex`503a00 9d012a a000 7800 01`;
  deepEqual(decodeVp8FrameSize(key), { width: 160, height: 120 });
  deepEqual(decodeVp8FrameSize(hex`503a00 9d012a a040 78c0`), { width: 160, height: 120 }, "without the scales");
  equal(decodeVp8FrameSize(hex`313a00 00`), undefined);
  expectCleanTruncations(decodeVp8FrameSize, key);
  throws(() => decodeVp8FrameSize(hex`503a00 9d012b a000 7800`), { code: "media.header" });
  throws(() => decodeVp8FrameSize(hex`503a00 9d012a 0000 7800`), { code: "media.header" });
});

test("the size of VP9 key frames: profile 0, 1 with RGB, 3 with 10 bits", () => {
  const frames = [
    [hex`824983420013f00b360c38`, { profile: 0, bitDepth: 8, width: 320, height: 180 }],
    [hex`a2498342e009f007760c38`, { profile: 1, bitDepth: 8, width: 160, height: 120 }],
    [hex`b124c1a102004f803bb091`, { profile: 3, bitDepth: 10, width: 160, height: 120 }],
  ] as const;
  for (const [frame, expected] of frames) {
    deepEqual(decodeVp9Frame(frame), expected);
    expectCleanTruncations(decodeVp9Frame, frame);
  }
  equal(decodeVp9Frame(hex`86 00`), undefined, "an inter frame");
  equal(decodeVp9Frame(hex`88`), undefined, "an existing frame shown again");
  throws(() => decodeVp9Frame(hex`42 498342`), { code: "media.header" });
  throws(() => decodeVp9Frame(hex`82 498343 00`), { code: "media.header" });
});
