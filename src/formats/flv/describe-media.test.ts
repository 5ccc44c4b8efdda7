import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { concatBytes } from "../../bytes/concat.ts";
import { hex } from "../../bytes/hex.ts";
import { createAudioPacket, encodeAudioHeader } from "./audio-header.ts";
import { describeCodec } from "./describe-media.ts";
import type { MediaMessage } from "./media-message.ts";
import { createVideoPacket, encodeVideoHeader } from "./video-header.ts";

// From files of FFmpeg 5.1, unless a line says otherwise: ffmpeg -f lavfi -i testsrc=size=… (or sine) -c:v … x.flv
const HEVC_RECORD = hex`
  01 01 60000000 900000000000 1e f000 fc fd f8 f8 0000 0f 03
  a0 0001 0018 40010c01ffff01600000030090000003000003001e959809
  a1 0001 0029 42010101600000030090000003000003001ea014207965959a4932bc05a02000000300200000030141
  a2 0001 0007 4401c172b46240
`;
const AVC_SPS = hex`6764001facd942847e5c0440000003004000000503c60c6580`;

const VECTORS: readonly (readonly [kind: MediaMessage["kind"], payload: Uint8Array, text: string])[] = [
  // -c:v libx264 -level 4.1, 1920x1080
  [
    "video",
    hex`17 00 000000 01640029ffe1 001b 67640029acd940780227e5c044000003000400000300c83c60c658 01 0006 68ebe3cb22c0 fdf8f800`,
    "H.264 High 4.1 1920×1080",
  ],
  // The same as FFmpeg 8.1 sends it in track 1
  [
    "video",
    hex`96 00 61766331 01 01640029ffe1 001b 67640029acd940780227e5c044000003000400000300c83c60c658 01 0006 68ebe3cb22c0`,
    "H.264 High 4.1 1920×1080",
  ],
  // Parameter sets with the frame, behind an AUD, as GStreamer sends them
  ["video", concatBytes([hex`17 01 000000 00000002 09f0 00000019`, AVC_SPS]), "H.264 High 3.1 160×120"],
  // Start codes in place of lengths
  [
    "video",
    concatBytes([hex`17 01 000000 00000001 09f0 00000001`, AVC_SPS, hex`00000001 65`]),
    "H.264 High 3.1 160×120",
  ],
  ["video", hex`27 01 000000 00000002 41 9a`, "H.264"],
  ["video", hex`17 02 000000`, "H.264"],
  ["video", concatBytes([hex`90 68766331`, HEVC_RECORD]), "H.265 Main 1.0 160×120"],
  ["video", concatBytes([hex`1c 00 000000`, HEVC_RECORD]), "H.265 Main 1.0 160×120"],
  [
    "video",
    hex`93 68766331 00000029 42010101600000030090000003000003001ea014207965959a4932bc05a02000000300200000030141`,
    "H.265 Main 1.0 160×120",
  ],
  // Parameter sets only with the frames: profile and level are in the record
  ["video", hex`90 68766331 01 02 20000000 900000000000 78 f000 fc fd fa fa 0000 0f 00`, "H.265 Main 10 4.0"],
  ["video", hex`90 76766331 ff 0011 5f 01 02 33 00 00 0780 0438 0000 00`, "H.266 Main 10 3.1 1920×1080"],
  ["video", hex`90 76766331 fe`, "H.266"],
  // FFmpeg 8.1, 320x180
  ["video", hex`90 61763031 81000c00 0a0b 000000043cfeccdaf90040`, "AV1 Main 2.0 320×180"],
  ["video", hex`91 61763031 0a0b 000000043cfeccdaf90040 32 01 10`, "AV1 Main 2.0 320×180"],
  ["video", hex`a1 61763031 32 01 10`, "AV1"],
  ["video", hex`90 76703039 01000000 00 0b 82 02 02 02 0000`, "VP9 profile 0 1.1"],
  ["video", hex`91 76703039 824983420013f00b360c38`, "VP9 profile 0 320×180"],
  ["video", hex`a1 76703039 86`, "VP9"],
  ["video", hex`91 76703038 503a00 9d012a a000 7800`, "VP8 160×120"],
  ["video", hex`90 76703038 00 00 80 02 02 02 0000`, "VP8"],
  ["video", hex`12 00008403 1226`, "FLV1 160×120"],
  ["video", hex`12 00008402 92a6`, "FLV1 320×240"],
  ["video", hex`22 00008418 2018 3104`, "FLV1 64×48"],
  ["video", hex`13 30a03078 0130`, "Screen Video 160×120"],
  ["video", hex`16 30a03078 0000`, "Screen Video 2 160×120"],
  ["video", hex`14 88 1e 46 08 0b 08 0b`, "VP6 168×120"],
  ["video", hex`15 08 000100 1e 46 08 0a 08 0a`, "VP6 with alpha 160×120"],
  ["video", hex`29 01 000000 00`, "MPEG-4"],
  ["video", hex`84 68766331 020009`, "H.265"],
  ["video", hex`90 68657631 01`, "fourcc:hev1"],
  ["video", hex`90 1b5b326d 01`, "fourcc:?[2m"],
  ["video", hex`57 00`, ""],
  ["video", hex``, ""],
  ["video", hex`98 61763031`, ""],
  ["video", hex`96 10 61763031`, ""],

  ["audio", hex`af 00 1210 56e500`, "AAC-LC 44.1 kHz stereo"],
  ["audio", hex`af 00 139056e5a0`, "HE-AAC 44.1 kHz stereo"],
  ["audio", hex`af 00 eb098800`, "HE-AAC v2 48 kHz stereo"],
  ["audio", hex`95 00 6d703461 01 1190`, "AAC-LC 48 kHz stereo"],
  ["audio", hex`af 01 fff15180327ffcde`, "AAC-LC 44.1 kHz 5.1"],
  ["audio", hex`af 01 2149`, "AAC"],
  ["audio", hex`2e fffb50c4 0000`, "MP3 44.1 kHz mono"],
  ["audio", hex`2b 00`, "MP3 22.05 kHz stereo"],
  ["audio", hex`e2 ffe388c4`, "MP3 8 kHz mono"],
  ["audio", hex`2f fffd8400`, "MPEG audio layer 2 48 kHz stereo"],
  ["audio", hex`1e 80`, "ADPCM 44.1 kHz mono"],
  ["audio", hex`3e 00`, "PCM 16-bit 44.1 kHz mono"],
  ["audio", hex`00 00`, "PCM 8-bit 5.512 kHz mono"],
  ["audio", hex`42 ea`, "Nellymoser 16 kHz mono"],
  ["audio", hex`52 63`, "Nellymoser 8 kHz mono"],
  ["audio", hex`6e 37`, "Nellymoser 44.1 kHz mono"],
  ["audio", hex`72 c7`, "G.711 A-law 8 kHz mono"],
  ["audio", hex`83 c7`, "G.711 µ-law 8 kHz stereo"],
  ["audio", hex`b6 30`, "Speex 16 kHz mono"],
  ["audio", hex`d2 30`, "audio-13 5.512 kHz mono"],
  // FFmpeg 8.1
  ["audio", hex`90 4f707573 4f70757348656164 01 02 3801 80bb0000 0000 00`, "Opus 48 kHz stereo"],
  ["audio", hex`90 4f707573`, "Opus 48 kHz"],
  ["audio", hex`91 4f707573 fc`, "Opus 48 kHz stereo"],
  ["audio", hex`94 4f707573 01 06 0000003f`, "Opus 5.1"],
  ["audio", hex`94 4f707573 00 03`, "Opus 3 channels"],
  [
    "audio",
    hex`90 664c6143 12001200 000f58 0017fd 0bb80370 0002ee00 508a7f0af34635d584ca68d2847de43c`,
    "FLAC 24-bit 48 kHz stereo",
  ],
  ["audio", hex`91 664c6143 fff8`, "FLAC"],
  ["audio", hex`91 61632d33 0b770dce5e40ebf8403eff9d`, "AC-3 44.1 kHz 5.1"],
  ["audio", hex`91 65632d33 0b7703ce7f87c00020802000`, "E-AC-3 44.1 kHz 5.1"],
  ["audio", hex`90 61632d33`, "AC-3"],
  ["audio", hex`92 664c6143`, "FLAC"],
  ["audio", hex`91 2e6d7033 fffb9064`, "MP3 44.1 kHz stereo"],
  ["audio", hex`af`, ""],
  ["audio", hex``, ""],
  ["data", hex`02 000a 6f6e4d65746144617461`, ""],
];

for (const [kind, payload, text] of VECTORS) {
  test(`${kind} in words: ${text === "" ? "nothing" : text} (${payload.length} bytes)`, () => {
    equal(describeCodec(payload, kind).text, text);
    // Cut anywhere, it says less, but it says something.
    for (let length = 0; length < payload.length; length++) {
      equal(typeof describeCodec(payload.subarray(0, length), kind).text, "string");
    }
  });
}

test("the facts, one by one", () => {
  deepEqual(describeCodec(concatBytes([hex`90 68766331`, HEVC_RECORD]), "video"), {
    codec: "hevc",
    profile: "Main",
    level: "1.0",
    width: 160,
    height: 120,
    sampleRate: undefined,
    channels: undefined,
    text: "H.265 Main 1.0 160×120",
  });
  deepEqual(describeCodec(hex`af 00 139056e5a0`, "audio"), {
    codec: "aac",
    profile: "HE-AAC",
    level: undefined,
    width: undefined,
    height: undefined,
    sampleRate: 44100,
    channels: 2,
    text: "HE-AAC 44.1 kHz stereo",
  });
});

test("parameter sets are looked for in front of the pictures only", () => {
  const behind = (count: number): string =>
    describeCodec(
      concatBytes([hex`17 01 000000`, ...Array(count).fill(hex`00000001 06`), hex`00000019`, AVC_SPS]),
      "video",
    ).text;
  deepEqual([behind(63), behind(64)], ["H.264 High 3.1 160×120", "H.264"]);
});

test("an HEVC record under the codec id of AVC, from OBS with a patch", () => {
  const { codec, text } = describeCodec(concatBytes([hex`17 00 000000`, HEVC_RECORD]), "video");
  deepEqual([codec, text], ["hevc", "H.265 Main 1.0 160×120"]);
});

const VIDEO_CODECS = ["avc", "hevc", "vvc", "av1", "vp8", "vp9", "fourcc:abcd"] as const;
const AUDIO_CODECS = ["aac", "mp3", "opus", "flac", "ac3", "eac3"] as const;
const bytes = fc.uint8Array({ maxLength: 80 });

test("random bytes are described, as they are and behind every header", () => {
  fc.assert(
    fc.property(fc.constantFrom("audio", "video", "data"), bytes, (kind, payload) => {
      equal(/[\n\r]/.test(describeCodec(payload, kind).text), false);
    }),
    { numRuns: 3000 },
  );
  const videoTypes = fc.constantFrom("sequence-start", "frames", "metadata");
  fc.assert(
    fc.property(fc.constantFrom(...VIDEO_CODECS), videoTypes, bytes, (codec, packetType, body) => {
      const payload = encodeVideoHeader(createVideoPacket({ codec, packetType, body }));
      equal(describeCodec(payload, "video").text.length > 0, true);
    }),
    { numRuns: 3000 },
  );
  const audioTypes = fc.constantFrom("sequence-start", "frames", "multichannel-config");
  fc.assert(
    fc.property(fc.constantFrom(...AUDIO_CODECS), audioTypes, bytes, (codec, packetType, body) => {
      const payload = encodeAudioHeader(createAudioPacket({ codec, packetType, body }));
      equal(describeCodec(payload, "audio").text.length > 0, true);
    }),
    { numRuns: 3000 },
  );
});

test("real headers with random changes are described", () => {
  const vectors = VECTORS.filter(([, payload]) => payload.length > 0);
  const change = fc.record({ at: fc.nat(), value: fc.nat(255) });
  fc.assert(
    fc.property(fc.constantFrom(...vectors), fc.array(change, { minLength: 1, maxLength: 4 }), (vector, changes) => {
      const payload = vector[1].slice();
      for (const { at, value } of changes) payload[at % payload.length] = value;
      equal(typeof describeCodec(payload, vector[0]).text, "string");
    }),
    { numRuns: 5000 },
  );
});
