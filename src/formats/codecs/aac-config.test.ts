import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { bits } from "../../../test/support/bits.ts";
import { expectCleanTruncations } from "../../../test/support/expect-clean-truncations.ts";
import { hex } from "../../bytes/hex.ts";
import { type AacConfig, aacProfileName, decodeAacConfig } from "./aac-config.ts";
import { decodeAdtsHeader, isAdts } from "./adts-header.ts";

const STEREO: AacConfig = {
  objectType: 2,
  sampleRate: 44100,
  channelConfiguration: 2,
  channels: 2,
  frameSamples: 1024,
  sbrSampleRate: undefined,
  hasParametricStereo: false,
};

const VECTORS: readonly (readonly [name: string, record: Uint8Array, expected: AacConfig, profile: string])[] = [
  ["LC 44100 stereo", hex`1210`, STEREO, "AAC-LC"],
  ["LC 48000 stereo", hex`1190`, { ...STEREO, sampleRate: 48000 }, "AAC-LC"],
  ["LC 44100 mono", hex`1208`, { ...STEREO, channelConfiguration: 1, channels: 1 }, "AAC-LC"],
  ["LC 48000 6.1", hex`11d8`, { ...STEREO, sampleRate: 48000, channelConfiguration: 11, channels: 7 }, "AAC-LC"],
  [
    "LC 48000 7.1 with back",
    hex`11e0`,
    { ...STEREO, sampleRate: 48000, channelConfiguration: 12, channels: 8 },
    "AAC-LC",
  ],
  ["LC 16000 mono", hex`1408`, { ...STEREO, sampleRate: 16000, channelConfiguration: 1, channels: 1 }, "AAC-LC"],
  [
    "LC 22050 stereo with SBR told behind it",
    hex`139056e5a0`,
    { ...STEREO, sampleRate: 22050, sbrSampleRate: 44100 },
    "HE-AAC",
  ],
  ["LC as FFmpeg writes it, SBR flag 0", hex`121056e500`, STEREO, "AAC-LC"],
  [
    "SBR told in front", // 00101 0111 0010 0100 00010 000
    hex`2b920800`,
    { ...STEREO, sampleRate: 22050, sbrSampleRate: 44100 },
    "HE-AAC",
  ],
  [
    "parametric stereo told in front", // 11101 0110 0001 0011 00010 000
    hex`eb098800`,
    {
      ...STEREO,
      sampleRate: 24000,
      channelConfiguration: 1,
      channels: 1,
      sbrSampleRate: 48000,
      hasParametricStereo: true,
    },
    "HE-AAC v2",
  ],
  [
    "SBR and parametric stereo told behind it", // … 0x2b7 00101 1 0011 0x548 1
    hex`130856e59d4880`,
    {
      ...STEREO,
      sampleRate: 24000,
      channelConfiguration: 1,
      channels: 1,
      sbrSampleRate: 48000,
      hasParametricStereo: true,
    },
    "HE-AAC v2",
  ],
  ["eight channels", hex`11b8`, { ...STEREO, sampleRate: 48000, channelConfiguration: 7, channels: 8 }, "AAC-LC"],
  [
    "an explicit rate",
    bits("00010 1111 000000001011101110000000 0010 000"),
    { ...STEREO, sampleRate: 48000 },
    "AAC-LC",
  ],
  ["frames of 960 samples", hex`1214`, { ...STEREO, frameSamples: 960 }, "AAC-LC"],
  [
    "the escape of the object type: xHE-AAC", // 11111 001010 0011 0010 …
    hex`f9464000`,
    { ...STEREO, objectType: 42, sampleRate: 48000 },
    "xHE-AAC",
  ],
];

for (const [name, record, expected, profile] of VECTORS) {
  test(`AudioSpecificConfig: ${name}`, () => {
    deepEqual(decodeAacConfig(record), expected);
    equal(aacProfileName(decodeAacConfig(record)), profile);
    expectCleanTruncations(decodeAacConfig, record);
  });
}

test("channels listed in a program config element", () => {
  const record = bits(`
    00010 0100 0000 000          ; LC, 44100, configuration 0; GASpecificConfig
    0000 01 0100                 ; tag, LC, 44100
    0010 0000 0001 01 000 0000   ; front 2, side 0, back 1, LFE 1, no others
    0 1 0000 1 000               ; mix-downs: none, stereo, matrix
    0 0000 1 0000 1 0001         ; front: single, pair; back: pair
    0000                         ; LFE
  `);
  equal(decodeAacConfig(record).channels, 6);
  expectCleanTruncations(decodeAacConfig, record);
});

test("rates without a meaning", () => {
  throws(() => decodeAacConfig(hex`1690`), { code: "media.header" });
  throws(() => decodeAacConfig(hex`1780000010`), { code: "media.header" });
  equal(aacProfileName({ objectType: 99, sbrSampleRate: undefined, hasParametricStereo: false }), "AAC type 99");
});

// From FFmpeg 5.1: ffmpeg -f lavfi -i sine -ac 6 -c:a aac -f adts x.aac
test("ADTS headers", () => {
  const header = hex`fff15180327ffc de0200`;
  deepEqual(decodeAdtsHeader(header), {
    objectType: 2,
    sampleRate: 44100,
    channelConfiguration: 6,
    headerBytes: 7,
    frameBytes: 403,
  });
  equal(isAdts(header), true);
  equal(isAdts(hex`fff95080327ffc`), true, "MPEG-2");
  equal(isAdts(hex`211049900000 00`), false);
  equal(isAdts(hex`fff1`), false);
  equal(decodeAdtsHeader(hex`fff05180327ffc`).headerBytes, 9, "with a checksum");
  expectCleanTruncations(decodeAdtsHeader, header);
  throws(() => decodeAdtsHeader(hex`fff17580327ffc`), { code: "media.header" });
  throws(() => decodeAdtsHeader(hex`fff1518000dffc`), { code: "media.header" });
  throws(() => decodeAdtsHeader(hex`00f15180327ffc`), { code: "media.header" });
});
