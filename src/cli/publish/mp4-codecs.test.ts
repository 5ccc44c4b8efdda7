import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { hex } from "../../bytes/hex.ts";
import { audioBodies, mp4CodecName, videoBodies } from "./mp4-codecs.ts";

const SAMPLE = hex`00000001 65`;
// The sequence header of libaom for 320×180.
const AV1_SAMPLE = hex`12 00 0a0b 000000043cfeccdaf90040 32 02 1400`;

test("H.264 has the old form, with its composition time", () => {
  const bodies = videoBodies({
    codec: "avc",
    codecString: "avc1.64000c",
    description: hex`0164000c`,
    firstSample: SAMPLE,
  });
  equal(bodies?.codecId, 7);
  deepEqual(bodies.config, hex`17 00 000000 0164000c`);
  deepEqual(bodies.frame(SAMPLE, true, 80), hex`17 01 000050 00000001 65`);
  deepEqual(bodies.frame(SAMPLE, false, 0), hex`27 01 000000 00000001 65`);
});

test("HEVC, AV1 and VP9 go by Enhanced RTMP", () => {
  const hevc = videoBodies({
    codec: "hevc",
    codecString: "hev1.1.6.L60.90",
    description: hex`0101`,
    firstSample: SAMPLE,
  });
  equal(hevc?.codecId, 0x68766331);
  deepEqual(hevc.config, hex`90 68766331 0101`);
  deepEqual(hevc.frame(SAMPLE, true, 80), hex`91 68766331 000050 00000001 65`);
  deepEqual(hevc.frame(SAMPLE, false, 0), hex`a3 68766331 00000001 65`);
  const av1 = videoBodies({
    codec: "av1",
    codecString: "av01.0.00M.08",
    description: undefined,
    firstSample: AV1_SAMPLE,
  });
  deepEqual(av1?.config, hex`90 61763031 81 00 0c 00 0a0b000000043cfeccdaf90040`);
  deepEqual(av1.frame(SAMPLE, true, 0), hex`91 61763031 00000001 65`);
  const vp9 = videoBodies({ codec: "vp9", codecString: "vp09.00.11.08", description: undefined, firstSample: SAMPLE });
  deepEqual(vp9?.config, hex`90 76703039 01000000 00 0b 82 02 02 02 0000`);
  const vp8 = videoBodies({ codec: "vp8", codecString: "vp8", description: undefined, firstSample: SAMPLE });
  deepEqual(vp8?.config, hex`90 76703038 01000000 00 00 82 02 02 02 0000`);
});

test("AV1 with all that its codec string can say", () => {
  const bodies = videoBodies({
    codec: "av1",
    codecString: "av01.1.13H.10.0.000.09.16.09.0",
    description: undefined,
    firstSample: AV1_SAMPLE,
  });
  deepEqual(bodies?.config?.subarray(5, 9), hex`81 2d c0 00`);
  const without = { codec: "av1", codecString: "av01.0.00M.08", description: undefined, firstSample: hex`12 00` };
  throws(() => videoBodies(without), { code: "media.header" });
});

test("AAC, MP3 and G.711 have the old form", () => {
  const aac = audioBodies({ codec: "aac", description: hex`1190`, sampleRate: 48000, channels: 6 });
  equal(aac?.codecId, 10);
  deepEqual([aac.config, aac.frame(SAMPLE)], [hex`af 00 1190`, hex`af 01 00000001 65`]);
  const mp3 = audioBodies({ codec: "mp3", description: undefined, sampleRate: 22050, channels: 1 });
  deepEqual([mp3?.codecId, mp3?.config, mp3?.frame(SAMPLE)], [2, undefined, hex`2a 00000001 65`]);
  const mulaw = audioBodies({ codec: "ulaw", description: undefined, sampleRate: 8000, channels: 1 });
  deepEqual([mulaw?.codecId, mulaw?.frame(SAMPLE)], [8, hex`82 00000001 65`]);
});

test("all other sounds go by Enhanced RTMP, MP3 at 48 kHz too", () => {
  const mp3 = audioBodies({ codec: "mp3", description: undefined, sampleRate: 48000, channels: 2 });
  deepEqual([mp3?.codecId, mp3?.frame(SAMPLE)], [0x2e6d7033, hex`91 2e6d7033 00000001 65`]);
  const ac3 = audioBodies({ codec: "ac3", description: undefined, sampleRate: 48000, channels: 6 });
  deepEqual([ac3?.config, ac3?.frame(SAMPLE)], [undefined, hex`91 61632d33 00000001 65`]);
  const head = hex`4f70757348656164 01 02 3801 80bb0000 0000 00`;
  const opus = audioBodies({ codec: "opus", description: head, sampleRate: 48000, channels: 2 });
  deepEqual(opus?.config?.subarray(0, 9), hex`90 4f707573 4f707573`);
  const blocks = new Uint8Array(100);
  blocks.set(hex`664c6143 00 000022`);
  const flac = audioBodies({ codec: "flac", description: blocks, sampleRate: 48000, channels: 2 });
  equal(flac?.config?.length, 5 + 42);
  deepEqual(flac.config.subarray(5, 13), hex`664c6143 80 000022`, "STREAMINFO becomes the last block");
});

test("what RTMP cannot carry, or has no configuration, is no body", () => {
  equal(videoBodies({ codec: "prores", codecString: "apch", description: undefined, firstSample: SAMPLE }), undefined);
  equal(
    videoBodies({ codec: "avc", codecString: "avc3.64000c", description: undefined, firstSample: SAMPLE }),
    undefined,
  );
  equal(audioBodies({ codec: "vorbis", description: undefined, sampleRate: 48000, channels: 2 }), undefined);
  equal(audioBodies({ codec: "alaw", description: undefined, sampleRate: 16000, channels: 1 }), undefined);
  equal(audioBodies({ codec: "aac", description: undefined, sampleRate: 48000, channels: 2 }), undefined);
  equal(mp4CodecName(null), "of an unknown codec");
  equal(mp4CodecName("vorbis"), "vorbis");
});
