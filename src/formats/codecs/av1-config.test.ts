import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { bits } from "../../../test/support/bits.ts";
import { expectCleanTruncations } from "../../../test/support/expect-clean-truncations.ts";
import { concatBytes } from "../../bytes/concat.ts";
import { hex } from "../../bytes/hex.ts";
import { av1LevelName, av1ProfileName, decodeAv1Config, encodeAv1Config, findAv1SequenceHeader } from "./av1-config.ts";

// From FFmpeg 5.1: ffmpeg -f lavfi -i testsrc=size=160x120:rate=10 -c:v libaom-av1 -cpu-used 8 x.mp4; the box av1C
const RECORD_444 = hex`81 20 00 00 0a0d 20000003b4ff736be480868010`;
// The same from size=320x180, -pix_fmt yuv420p
const RECORD = hex`81 00 0c 00 0a0b 000000043cfeccdaf90040`;

test("records of libaom", () => {
  deepEqual(decodeAv1Config(RECORD_444), {
    profile: 1,
    levelIndex: 0,
    isHighTier: false,
    bitDepth: 8,
    isMonochrome: false,
    size: { width: 160, height: 120 },
  });
  deepEqual(decodeAv1Config(RECORD).size, { width: 320, height: 180 });
  expectCleanTruncations(decodeAv1Config, RECORD);
});

test("a record without a sequence header, with all its flags", () => {
  deepEqual(decodeAv1Config(hex`81 4d f0 00`), {
    profile: 2,
    levelIndex: 13,
    isHighTier: true,
    bitDepth: 12,
    isMonochrome: true,
    size: undefined,
  });
  throws(() => decodeAv1Config(hex`01 20 00 00`), { code: "media.header" });
});

test("records are made of a codec string's numbers and the first picture", () => {
  const unit = concatBytes([hex`12 00`, RECORD.subarray(4), hex`32 02 1400`]);
  const format = { profile: 0, levelIndex: 0, isHighTier: false, bitDepth: 8, isMonochrome: false } as const;
  deepEqual(encodeAv1Config({ ...format, chroma: [1, 1, 0] }, unit), RECORD);
  const all = { profile: 2, levelIndex: 13, isHighTier: true, bitDepth: 12, isMonochrome: true } as const;
  deepEqual(encodeAv1Config({ ...all, chroma: [0, 0, 0] }, unit).subarray(0, 4), hex`81 4d f0 00`);
  const long = encodeAv1Config({ ...format, chroma: [1, 1, 2] }, concatBytes([hex`0a ac01`, new Uint8Array(172)]));
  deepEqual(long.subarray(2, 7), hex`0e 00 0a ac 01`);
  throws(() => encodeAv1Config({ ...format, chroma: [1, 1, 0] }, hex`12 00 32 02 1400`), { code: "media.header" });
});

test("the sequence header in a temporal unit, behind a delimiter", () => {
  const unit = concatBytes([hex`12 00`, RECORD.subarray(4), hex`32 02 1400`]);
  deepEqual(findAv1SequenceHeader(unit), {
    profile: 0,
    levelIndex: 0,
    isHighTier: false,
    size: { width: 320, height: 180 },
  });
  equal(findAv1SequenceHeader(hex`12 00 32 02 1400`), undefined);
  deepEqual(
    findAv1SequenceHeader(concatBytes([hex`0c 00`, hex`000000043cfeccdaf90040`]))?.size.width,
    320,
    "a layer, no size",
  );
});

test("a still picture has a short header", () => {
  const header = bits("000 1 1 01000 1000 1000 100111111 010110011"); // level 4.0; twice 9 bits: 320 by 180
  deepEqual(findAv1SequenceHeader(concatBytes([hex`0a 05`, header])), {
    profile: 0,
    levelIndex: 8,
    isHighTier: false,
    size: { width: 320, height: 180 },
  });
});

test("timing, a decoder model, delays and two operating points are passed over", () => {
  const bytes = bits(`
    000 0 0 1 ${"0".repeat(64)} 1 1                   ; timing info with an interval of 0
    1 00011 ${"0".repeat(32)} 00000 00000             ; a decoder model with delays of 4 bits
    1 00001                                           ; display delays, two points
    000000000000 01001 1 1 0000 0000 0 1 0000         ; level 4.1, high tier, model, delay
    000000000000 00000 0 0
    1000 0111 100111111 10110011                      ; 9 and 8 bits: 320 by 180
  `);
  const obu = concatBytes([Uint8Array.of(0x0a, bytes.length), bytes]);
  deepEqual(findAv1SequenceHeader(obu), {
    profile: 0,
    levelIndex: 9,
    isHighTier: true,
    size: { width: 320, height: 180 },
  });
  expectCleanTruncations(findAv1SequenceHeader, obu);
});

test("millions of empty OBUs are not searched", () => {
  const found = (before: number): boolean =>
    findAv1SequenceHeader(concatBytes([...Array(before).fill(hex`12 00`), RECORD.subarray(4)])) !== undefined;
  deepEqual([found(63), found(64)], [true, false]);
});

test("lengths that lie", () => {
  throws(() => findAv1SequenceHeader(hex`0a 7f 00`), { code: "bytes.truncated" });
  throws(() => findAv1SequenceHeader(hex`0a ffffffffffffffff 00`), { code: "media.header" });
});

test("profiles and levels in words", () => {
  equal(av1ProfileName(2), "Professional");
  equal(av1ProfileName(3), "profile 3");
  equal(av1LevelName(9, false), "4.1");
  equal(av1LevelName(13, true), "5.1 High");
  equal(av1LevelName(31, false), "max");
});
