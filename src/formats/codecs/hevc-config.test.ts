import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { bits } from "../../../test/support/bits.ts";
import { expectCleanTruncations } from "../../../test/support/expect-clean-truncations.ts";
import { concatBytes } from "../../bytes/concat.ts";
import { hex } from "../../bytes/hex.ts";
import { decodeHevcConfig } from "./hevc-config.ts";
import { decodeHevcSps, hevcLevelName, hevcProfileName } from "./hevc-sps.ts";

// From FFmpeg 5.1: ffmpeg -f lavfi -i testsrc=size=160x120:rate=10 -c:v libx265 -pix_fmt yuv420p -tag:v hvc1
//   -x265-params info=0 x.mp4; the box hvcC
const RECORD = hex`
  01 01 60000000 900000000000 1e f000 fc fd f8 f8 0000 0f   ; Main, level 1, 4:2:0, 8 bits, 4-byte lengths
  03                                                        ; three arrays
  a0 0001 0018 40010c01ffff01600000030090000003000003001e959809
  a1 0001 0029 42010101600000030090000003000003001ea014207965959a4932bc05a02000000300200000030141
  a2 0001 0007 4401c172b46240
`;

// The same with size=1922x1080, -pix_fmt yuv420p10; its SPS
const SPS_1922 = hex`42010102200000030090000003000003 0078a003c48010e726d96566924caf0168080000030008000003005040`;

test("a record of x265", () => {
  const config = decodeHevcConfig(RECORD);
  const format = {
    profileIdc: 1,
    isHighTier: false,
    levelIdc: 30,
    chromaFormat: 1,
    bitDepthLuma: 8,
    bitDepthChroma: 8,
  };
  const { nalUnits, ...rest } = config;
  deepEqual(rest, { ...format, nalLengthBytes: 4, sps: { ...format, width: 160, height: 120 } });
  deepEqual(Array.from(nalUnits.keys()), [32, 33, 34]);
  deepEqual(nalUnits.get(34), [hex`4401c172b46240`]);
  expectCleanTruncations(decodeHevcConfig, RECORD);
});

test("a record may not name millions of empty parameter sets", () => {
  const head = hex`01 01 60000000 900000000000 1e f000 fc fd f8 f8 0000 0f 02 a0 0001 0000`;
  const record = (count: number): Uint8Array =>
    concatBytes([head, Uint8Array.of(0xa1, count >> 8, count & 0xff), new Uint8Array(2 * count)]);
  throws(() => decodeHevcConfig(record(1024)), { code: "media.header", message: /1024 NAL units/ });
  throws(() => decodeHevcConfig(record(1023)), { code: "bytes.truncated" }, "the first SPS is empty");
});

test("Main 10, with a conformance window", () => {
  const { profileIdc, levelIdc, bitDepthLuma, bitDepthChroma, width, height } = decodeHevcSps(SPS_1922);
  deepEqual([profileIdc, levelIdc, bitDepthLuma, bitDepthChroma, width, height], [2, 120, 10, 10, 1922, 1080]);
  expectCleanTruncations(decodeHevcSps, SPS_1922);
});

test("profiles and levels of sub-layers are passed over", () => {
  const sps = concatBytes([
    hex`42 01 04`, // two more sub-layers
    hex`01 60000000 900000000000 1e`, // Main, level 1
    bits("11 01 00 00 00 00 00 00"), // the first has a profile and a level, the second a level; padding
    hex`02 20000000 900000000000 1e`, // the first: 88 bits and 8
    hex`1e`, // the second: 8
    // id 0, 4:2:0, 160 (161 - 1) by 120, no window, 8 and 8 bits
    bits("1 010 0000000 10100001 000000 1111001 0 1 1"),
  ]);
  const { profileIdc, width, height } = decodeHevcSps(sps);
  deepEqual([profileIdc, width, height], [1, 160, 120]);
});

test("parameter sets may be missing: they come with the frames", () => {
  const config = decodeHevcConfig(hex`01 21 60000000 900000000000 78 f000 fc fd f8 f8 0000 0f 00`);
  equal(config.sps, undefined);
  equal(config.isHighTier, true);
  equal(hevcLevelName(config.levelIdc, config.isHighTier), "4.0 High");
});

test("what is no HEVC record", () => {
  throws(() => decodeHevcConfig(hex`02 01`), { code: "media.header" });
  throws(() => decodeHevcSps(hex`4401 c172b46240`), { code: "media.header" });
  const lying = hex`01 01 60000000 900000000000 1e f000 fc fd f8 f8 0000 0f ff a1 ffff ffff 42`;
  throws(() => decodeHevcConfig(lying), { code: "bytes.truncated" });
});

test("profiles in words", () => {
  equal(hevcProfileName(2), "Main 10");
  equal(hevcProfileName(30), "profile 30");
});
