import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { expectCleanTruncations } from "../../../test/support/expect-clean-truncations.ts";
import { concatBytes } from "../../bytes/concat.ts";
import { hex } from "../../bytes/hex.ts";
import { decodeVvcConfig, vvcLevelName, vvcProfileName } from "./vvc-config.ts";

// Put together by hand from ISO/IEC 14496-15: no encoder for it is at hand.
const RECORD = hex`
  ff                    ; reserved, 4-byte lengths, profile present
  0011                  ; output layer set 0, one sub-layer, constant rate 0, 4:2:0
  5f                    ; 10 bits
  01 02 33 00           ; one byte of constraints; Main 10, main tier; level 3.1; both flags and constraints
  00                    ; no sub-profiles
  0780 0438 0000        ; 1920 by 1080
  00                    ; no parameter sets
`;

test("profile, level and size stand in the record", () => {
  const expected = {
    nalLengthBytes: 4,
    format: {
      profileIdc: 1,
      isHighTier: false,
      levelIdc: 51,
      chromaFormat: 1,
      bitDepth: 10,
      width: 1920,
      height: 1080,
    },
  };
  deepEqual(decodeVvcConfig(RECORD), expected);
  deepEqual(decodeVvcConfig(concatBytes([hex`00000000`, RECORD])), expected, "as a box of MP4");
  expectCleanTruncations(decodeVvcConfig, RECORD);
});

test("levels of sub-layers and sub-profiles are passed over", () => {
  const record = hex`
    ff 0031 5f            ; three sub-layers
    01 03 33 00           ; Main 10, high tier
    c0 30 2c              ; two levels of sub-layers
    01 00000000           ; one sub-profile
    0780 0438 0000
  `;
  deepEqual(decodeVvcConfig(record).format?.width, 1920);
  equal(decodeVvcConfig(record).format?.isHighTier, true);
});

test("a record without a profile", () => {
  deepEqual(decodeVvcConfig(hex`fe 00`), { nalLengthBytes: 4, format: undefined });
});

test("profiles and levels in words", () => {
  equal(vvcProfileName(1), "Main 10");
  equal(vvcProfileName(2), "profile 2");
  equal(vvcLevelName(51, false), "3.1");
  equal(vvcLevelName(80, true), "5.0 High");
});
