import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { expectCleanTruncations } from "../../../test/support/expect-clean-truncations.ts";
import { concatBytes } from "../../bytes/concat.ts";
import { hex } from "../../bytes/hex.ts";
import { type Ac3Frame, decodeAc3Frame } from "./ac3-frame.ts";
import { decodeFlacConfig } from "./flac-config.ts";
import { decodeMp3Header, type Mp3Header } from "./mp3-header.ts";
import { decodeOpusHead, opusPacketChannels } from "./opus-head.ts";

const MP3_HEADERS: readonly (readonly [bytes: Uint8Array, expected: Mp3Header])[] = [
  // LAME in FFmpeg 5.1, mono
  [hex`fffb50c4`, { version: "1", layer: 3, bitrateKbps: 64, sampleRate: 44100, channels: 1, samplesPerFrame: 1152 }],
  [hex`fffb9064`, { version: "1", layer: 3, bitrateKbps: 128, sampleRate: 44100, channels: 2, samplesPerFrame: 1152 }],
  [hex`fff380c4`, { version: "2", layer: 3, bitrateKbps: 64, sampleRate: 22050, channels: 1, samplesPerFrame: 576 }],
  [hex`ffe388c4`, { version: "2.5", layer: 3, bitrateKbps: 64, sampleRate: 8000, channels: 1, samplesPerFrame: 576 }],
  [hex`fffd8400`, { version: "1", layer: 2, bitrateKbps: 128, sampleRate: 48000, channels: 2, samplesPerFrame: 1152 }],
  [hex`ffff1800`, { version: "1", layer: 1, bitrateKbps: 32, sampleRate: 32000, channels: 2, samplesPerFrame: 384 }],
  [hex`fff71000`, { version: "2", layer: 1, bitrateKbps: 32, sampleRate: 22050, channels: 2, samplesPerFrame: 384 }],
  [hex`fffb0000`, { version: "1", layer: 3, bitrateKbps: 0, sampleRate: 44100, channels: 2, samplesPerFrame: 1152 }],
];

test("MPEG audio headers", () => {
  for (const [bytes, expected] of MP3_HEADERS) {
    deepEqual(decodeMp3Header(bytes), expected);
    expectCleanTruncations(decodeMp3Header, bytes);
  }
  for (const bytes of [hex`7ffb9064`, hex`ffeb9064`, hex`fff99064`, hex`fffbf064`, hex`fffb9c64`]) {
    throws(() => decodeMp3Header(bytes), { code: "media.header" });
  }
});

const AC3_FRAMES: readonly (readonly [bytes: Uint8Array, expected: Ac3Frame])[] = [
  // FFmpeg 5.1: -c:a ac3 -ac 2, -c:a ac3 -ac 6, -c:a eac3 -ac 6; all 44100 Hz
  [hex`0b77c2ea544043e106f575f0`, { codec: "ac3", sampleRate: 44100, channels: 2, hasLowFrequency: false }],
  [hex`0b770dce5e40ebf8403eff9d`, { codec: "ac3", sampleRate: 44100, channels: 6, hasLowFrequency: true }],
  [hex`0b7703ce7f87c00020802000`, { codec: "eac3", sampleRate: 44100, channels: 6, hasLowFrequency: true }],
  // By hand: E-AC-3 at half of 48 kHz, mono; AC-3 of version 9, half of 48 kHz
  [hex`0b770000c280`, { codec: "eac3", sampleRate: 24000, channels: 1, hasLowFrequency: false }],
  [hex`0b7700000048 2000`, { codec: "ac3", sampleRate: 24000, channels: 1, hasLowFrequency: false }],
];

test("starts of AC-3 and E-AC-3 frames", () => {
  for (const [bytes, expected] of AC3_FRAMES) {
    deepEqual(decodeAc3Frame(bytes), expected);
    expectCleanTruncations(decodeAc3Frame, bytes);
  }
  throws(() => decodeAc3Frame(hex`0b78c2ea544043e1`), { code: "media.header" });
  throws(() => decodeAc3Frame(hex`0b77c2eac04043e1`), { code: "media.header" }, "a reserved rate");
  throws(() => decodeAc3Frame(hex`0b77c2ea5488 43e1`), { code: "media.header" }, "version 17");
});

// FFmpeg 5.1: -c:a libopus -ac 2
test("OpusHead", () => {
  const head = hex`4f70757348656164 01 02 3801 80bb0000 0000 00`;
  deepEqual(decodeOpusHead(head), { channels: 2, preSkip: 312, inputSampleRate: 48000, mappingFamily: 0 });
  expectCleanTruncations(decodeOpusHead, head);
  throws(() => decodeOpusHead(hex`4f70757354616773 01 02 3801 80bb0000 0000 00`), { code: "media.header" });
  throws(() => decodeOpusHead(hex`4f70757348656164 10 02 3801 80bb0000 0000 00`), { code: "media.header" });
  throws(() => decodeOpusHead(hex`4f70757348656164 01 00 3801 80bb0000 0000 00`), { code: "media.header" });
  equal(opusPacketChannels(hex`fc`), 2);
  equal(opusPacketChannels(hex`f8`), 1);
  equal(opusPacketChannels(hex``), undefined);
});

// FFmpeg 5.1: -f lavfi -i sine=sample_rate=44100 -c:a flac
test("FLAC's STREAMINFO, with its name and bare, as FFmpeg 8.1 sends it", () => {
  const block = hex`1200 1200 0002f1 0004f3 0ac440f0 0000ac44 9ba95e857124355c11330d327eb66b24`;
  const expected = { sampleRate: 44100, channels: 1, bitsPerSample: 16 };
  const record = concatBytes([hex`664c6143 00 000022`, block]);
  deepEqual(decodeFlacConfig(record), expected);
  deepEqual(decodeFlacConfig(block), expected);
  expectCleanTruncations(decodeFlacConfig, record);
  throws(() => decodeFlacConfig(concatBytes([hex`664c6144 00 000022`, block])), { code: "media.header" });
  throws(() => decodeFlacConfig(concatBytes([hex`664c6143 04 000022`, block])), { code: "media.header" });
  throws(() => decodeFlacConfig(new Uint8Array(34)), { code: "media.header" });
});
