import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { bits } from "../../../test/support/bits.ts";
import { expectCleanTruncations } from "../../../test/support/expect-clean-truncations.ts";
import { concatBytes } from "../../bytes/concat.ts";
import { hex } from "../../bytes/hex.ts";
import { decodeAvcConfig } from "./avc-config.ts";
import { avcLevelName, avcProfileName, decodeAvcSps } from "./avc-sps.ts";

// From FFmpeg 5.1: ffmpeg -f lavfi -i testsrc=size=1920x1080:rate=25 -c:v libx264 -pix_fmt yuv420p -level 4.1 x.flv
const RECORD_1080 = hex`
  01 64 00 29 ff e1                                                        ; High 4.1, 4-byte lengths, one SPS
  001b 67640029acd940780227e5c044000003000400000300c83c60c658
  01 0006 68ebe3cb22c0 fdf8f800                                            ; one PPS, 4:2:0, 8 bits, no extension
`;

test("a record of x264: 1080 rows are 1088 coded, cropped", () => {
  const config = decodeAvcConfig(RECORD_1080);
  deepEqual(config.sps, {
    profileIdc: 100,
    constraints: 0,
    levelIdc: 41,
    chromaFormat: 1,
    bitDepthLuma: 8,
    bitDepthChroma: 8,
    width: 1920,
    height: 1080,
  });
  equal(config.nalLengthBytes, 4);
  equal(config.spsUnits.length, 1);
  deepEqual(config.ppsUnits, [hex`68ebe3cb22c0`]);
  expectCleanTruncations(decodeAvcConfig, RECORD_1080);
});

/** SPS units of x264 in FFmpeg 5.1, from `testsrc` with the size, pixel format and options of each line. */
const SPS_UNITS: readonly (readonly [sps: Uint8Array, expected: Partial<ReturnType<typeof decodeAvcSps>>])[] = [
  // 160x120 yuv420p
  [
    hex`6764001facd942847e5c0440000003004000000503c60c6580`,
    { profileIdc: 100, levelIdc: 31, chromaFormat: 1, width: 160, height: 120 },
  ],
  // 130x98 yuv422p10
  [
    hex`677a000ab6cd9424fe223f011000000300100000030140f1225960`,
    { profileIdc: 122, levelIdc: 10, chromaFormat: 2, bitDepthLuma: 10, bitDepthChroma: 10, width: 130, height: 98 },
  ],
  // 160x120 gray
  [
    hex`6764000af3650a11f89c05b2000003000200000300281e244b2c`,
    { profileIdc: 100, chromaFormat: 0, width: 160, height: 120 },
  ],
  // 132x100 yuv420p, -x264-params interlaced=1: map units are pairs of macroblocks
  [
    hex`67640015acd94248f3c46022000003000200000300283e28532c`,
    { profileIdc: 100, levelIdc: 21, width: 132, height: 100 },
  ],
];

test("sizes of other formats", () => {
  for (const [sps, expected] of SPS_UNITS) {
    const found = decodeAvcSps(sps);
    deepEqual({ ...found, ...expected }, found);
    expectCleanTruncations(decodeAvcSps, sps);
  }
});

test("Baseline, which tells no format, and picture order of type 2", () => {
  // 66, 0xc0, 30, then ue: id 0, frame number 0, order type 2, one reference, no gaps; 11 by 9 units, frames only
  const sps = hex`67 42c01e ; 1 1 011 010 0 0001011 0…
    da 0b 13 90`; // 1 1 011 010 0 0001011 0001001 1 1 0 (crop) 0 …
  deepEqual(decodeAvcSps(sps), {
    profileIdc: 66,
    constraints: 0xc0,
    levelIdc: 30,
    chromaFormat: 1,
    bitDepthLuma: 8,
    bitDepthChroma: 8,
    width: 176,
    height: 144,
  });
});

const SIZE = "0001011 0001001 1 1 0 0"; // 11 by 9 units, frames only, no cropping

test("scaling lists and picture order of type 1 are passed over", () => {
  const head = hex`67 64001e`;
  // Format 4:2:0, 8 bits; the first list is one delta of -8 (its end), the seventh 64 deltas of 0, others are absent.
  const lists = `1 010 1 1 0 1 1 000010001 00000 1 ${"1".repeat(64)} 0`;
  // Frame number 0; type 1: flag, two offsets of 0, two of ±1; one reference; no gaps.
  const order = "1 010 0 1 1 011 010 011 010 0";
  const sps = concatBytes([head, bits(`${lists} ${order} ${SIZE}`)]);
  const { width, height } = decodeAvcSps(sps);
  deepEqual([width, height], [176, 144]);
  expectCleanTruncations(decodeAvcSps, sps);
});

test("an SPS that makes no sense", () => {
  const refuse = (sps: Uint8Array): void => throws(() => decodeAvcSps(sps), { code: "media.header" });
  refuse(hex`68 64001e ac d9`); // a PPS
  refuse(concatBytes([hex`67 64001e`, bits("1 00101")])); // chroma format 4
  refuse(concatBytes([hex`67 64001e`, bits("1 010 0001000 1")])); // 15 bits
  refuse(concatBytes([hex`67 42001e`, bits("1 1 010 0 1 1 000000001 00000001")])); // 256 frames in a cycle
  refuse(concatBytes([hex`67 42001e`, bits("1 1 011 010 0 00000000000001000000000000001 1 1 1 0")])); // 262144 pixels
  // 16 by 16 pixels, with 8 columns of two pixels cut off
  refuse(concatBytes([hex`67 42001e`, bits("1 1 011 010 0 1 1 1 1 1 0001001 1 1 1")]));
});

test("records that lie, or end after their SPS, are read by their SPS", () => {
  const sps = hex`6764001facd942847e5c0440000003004000000503c60c6580`;
  const records = [
    concatBytes([hex`00 00 00 00 03 01 0019`, sps]), // version 0, reserved bits 0, nothing behind
    concatBytes([hex`01 42 00 0a ff e1 0019`, sps, hex`01`]), // another profile, no PPS
    concatBytes([hex`01 64 00 1f ff e1 0019`, sps, hex`02 0001 68 ffff 00`]), // the second PPS is cut
  ];
  for (const record of records) deepEqual(decodeAvcConfig(record).sps.width, 160);
  equal(decodeAvcConfig(records[2] ?? hex``).ppsUnits.length, 1);
  const cut = decodeAvcConfig(concatBytes([hex`01 64 00 1f ff e2 0019`, sps, hex`ffff 67 01 0001 68`]));
  deepEqual([cut.sps.width, cut.spsUnits.length, cut.ppsUnits.length], [160, 1, 0], "the second SPS is cut");
  throws(() => decodeAvcConfig(hex`01 64 00 1f ff e0 00`), { code: "media.header" });
  throws(() => decodeAvcConfig(hex`01 64 00 1f ff ff ffff 67`), { code: "bytes.truncated" });
});

test("profiles and levels in words", () => {
  equal(avcProfileName(66, 0), "Baseline");
  equal(avcProfileName(66, 0xc0), "Constrained Baseline");
  equal(avcProfileName(244, 0), "High 4:4:4 Predictive");
  equal(avcProfileName(99, 0), "profile 99");
  equal(avcLevelName(41, 100, 0), "4.1");
  equal(avcLevelName(11, 66, 0x10), "1b");
  equal(avcLevelName(11, 100, 0x10), "1.1");
  equal(avcLevelName(9, 100, 0), "1b");
});
