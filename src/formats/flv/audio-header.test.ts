import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { expectCleanTruncations } from "../../../test/support/expect-clean-truncations.ts";
import { hex } from "../../bytes/hex.ts";
import { ProtocolError } from "../../errors.ts";
import {
  AAC_SOUND,
  type AudioHeader,
  createAudioPacket,
  decodeAudioHeader,
  encodeAudioHeader,
  type Sound,
} from "./audio-header.ts";

const body = hex`aa bb`;
const none = hex``;

function sound(format: number, sampleRate: number, bitsPerSample: 8 | 16, channels: 1 | 2): Sound {
  return { format, sampleRate, bitsPerSample, channels };
}

/** Each is decoded, and encoded again to the same bytes. First bytes of the legacy form: as FFmpeg 5.1 writes them. */
const VECTORS: readonly (readonly [name: string, bytes: Uint8Array, header: AudioHeader])[] = [
  ["PCM of the platform", hex`00 aabb`, createAudioPacket({ codec: "pcm", body, sound: sound(0, 5512, 8, 1) })],
  ["ADPCM", hex`1e aabb`, createAudioPacket({ codec: "adpcm", body, sound: sound(1, 44100, 16, 1) })],
  ["MP3 mono", hex`2e aabb`, createAudioPacket({ codec: "mp3", body, sound: sound(2, 44100, 16, 1) })],
  ["MP3 22 kHz stereo", hex`2b aabb`, createAudioPacket({ codec: "mp3", body, sound: sound(2, 22050, 16, 2) })],
  ["PCM little-endian", hex`3e aabb`, createAudioPacket({ codec: "pcm", body, sound: sound(3, 44100, 16, 1) })],
  ["Nellymoser 16 kHz", hex`42 aabb`, createAudioPacket({ codec: "nellymoser", body, sound: sound(4, 5512, 16, 1) })],
  ["Nellymoser 8 kHz", hex`52 aabb`, createAudioPacket({ codec: "nellymoser", body, sound: sound(5, 5512, 16, 1) })],
  ["Nellymoser 44 kHz", hex`6e aabb`, createAudioPacket({ codec: "nellymoser", body, sound: sound(6, 44100, 16, 1) })],
  ["G.711 A-law", hex`72 aabb`, createAudioPacket({ codec: "g711-alaw", body, sound: sound(7, 5512, 16, 1) })],
  ["G.711 µ-law", hex`82 aabb`, createAudioPacket({ codec: "g711-mulaw", body, sound: sound(8, 5512, 16, 1) })],
  [
    "AAC sequence header LC 44100 stereo",
    hex`af 00 12 10`,
    createAudioPacket({ codec: "aac", body: hex`12 10`, packetType: "sequence-start", sound: AAC_SOUND }),
  ],
  ["AAC frame", hex`af 01 aabb`, createAudioPacket({ codec: "aac", body, sound: AAC_SOUND })],
  ["AAC frame without data", hex`af 01`, createAudioPacket({ codec: "aac", body: none, sound: AAC_SOUND })],
  ["AAC without packet type", hex`af`, { kind: "empty" }],
  ["Speex", hex`b6 aabb`, createAudioPacket({ codec: "speex", body, sound: sound(11, 11025, 16, 1) })],
  ["a vendor's format", hex`d2 aabb`, createAudioPacket({ codec: "audio-13", body, sound: sound(13, 5512, 16, 1) })],
  ["MP3 8 kHz", hex`e2 aabb`, createAudioPacket({ codec: "mp3", body, sound: sound(14, 5512, 16, 1) })],
  ["device-specific", hex`f2 aabb`, createAudioPacket({ codec: "device", body, sound: sound(15, 5512, 16, 1) })],
  ["silence", none, { kind: "silence" }],
  // Enhanced RTMP v2
  [
    "Opus SequenceStart, empty",
    hex`90 4f707573`,
    createAudioPacket({ codec: "opus", body: none, packetType: "sequence-start" }),
  ],
  ["Opus CodedFrames", hex`91 4f707573 aabb`, createAudioPacket({ codec: "opus", body })],
  ["MP3 CodedFrames", hex`91 2e6d7033 aabb`, createAudioPacket({ codec: "mp3", body })],
  ["E-AC-3 CodedFrames", hex`91 65632d33 aabb`, createAudioPacket({ codec: "eac3", body })],
  ["FLAC SequenceEnd", hex`92 664c6143`, createAudioPacket({ codec: "flac", body: none, packetType: "sequence-end" })],
  [
    "MultichannelConfig, AC-3 native 5.1",
    hex`94 61632d33 01 06 0000003f`,
    createAudioPacket({ codec: "ac3", body: hex`01 06 0000003f`, packetType: "multichannel-config" }),
  ],
  [
    "AAC track 1 SequenceStart",
    hex`95 00 6d703461 01 12 10`,
    createAudioPacket({ codec: "aac", body: hex`12 10`, trackId: 1, packetType: "sequence-start" }),
  ],
  [
    "ManyTracks",
    hex`95 11 6d703461
      00 000001 aa
      02 000000`,
    {
      ...createAudioPacket({ codec: "aac", body, multitrack: "many-tracks" }),
      tracks: [
        { trackId: 0, codec: "aac", body: hex`aa` },
        { trackId: 2, codec: "aac", body: none },
      ],
    },
  ],
  [
    "ManyTracksManyCodecs",
    hex`95 21
      6d703461 00 000001 aa
      4f707573 01 000001 bb`,
    {
      ...createAudioPacket({ codec: "aac", body, multitrack: "many-tracks-many-codecs" }),
      tracks: [
        { trackId: 0, codec: "aac", body: hex`aa` },
        { trackId: 1, codec: "opus", body: hex`bb` },
      ],
    },
  ],
  [
    "ModEx of 1 ns, then AAC CodedFrames",
    hex`97 02 000001 01 6d703461 aabb`,
    createAudioPacket({ codec: "aac", body, timestampOffsetNanoseconds: 1 }),
  ],
  ["a FourCC in the wrong case", hex`91 6f707573 aabb`, createAudioPacket({ codec: "fourcc:opus", body })],
];

for (const [name, bytes, header] of VECTORS) {
  test(`audio header, both ways: ${name}`, () => {
    deepEqual(decodeAudioHeader(bytes), header);
    deepEqual(encodeAudioHeader(header), bytes);
    expectCleanTruncations(decodeAudioHeader, bytes);
  });
}

test("every legacy first byte comes back as the same bytes", () => {
  for (let first = 0; first < 256; first++) {
    if (first >> 4 === 9) continue;
    const bytes = Uint8Array.of(first, 1, 0xaa);
    deepEqual(encodeAudioHeader(decodeAudioHeader(bytes)), bytes);
  }
});

test("reserved packet types are a value, to be dropped", () => {
  for (const packetType of [3, 6, 8, 9, 10, 11, 12, 13, 14, 15]) {
    deepEqual(decodeAudioHeader(Uint8Array.of(0x90 | packetType)), { kind: "reserved", isEnhanced: true, packetType });
  }
  deepEqual(decodeAudioHeader(hex`af 02 aa`), { kind: "reserved", isEnhanced: false, packetType: 2 });
  const multitrack = { kind: "reserved", isEnhanced: true, packetType: 5 };
  deepEqual(decodeAudioHeader(hex`95 f1 6d703461 00`), multitrack, "a multitrack type without a meaning");
  deepEqual(decodeAudioHeader(hex`95 05 6d703461 00`), multitrack, "multitrack inside multitrack");
});

test("what a form cannot say is refused", () => {
  const packet = createAudioPacket({ codec: "aac", body });
  const refused: readonly AudioHeader[] = [
    createAudioPacket({ codec: "speex", body }),
    createAudioPacket({ codec: "mp3", body, sound: AAC_SOUND }),
    createAudioPacket({ codec: "aac", body, trackId: 1, sound: AAC_SOUND }),
    createAudioPacket({ codec: "aac", body, packetType: "sequence-end", sound: AAC_SOUND }),
    createAudioPacket({ codec: "aac", body, sound: { ...AAC_SOUND, sampleRate: 48000 } }),
    createAudioPacket({ codec: "speex", body, packetType: "sequence-start", sound: sound(11, 11025, 16, 1) }),
    { ...packet, tracks: [] },
    { ...packet, tracks: [...packet.tracks, ...packet.tracks] },
    { kind: "reserved", isEnhanced: true, packetType: 9 },
  ];
  for (const header of refused) throws(() => encodeAudioHeader(header), TypeError);
});

test("random bodies are read, or are a ProtocolError; what was read survives encoding", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      let header: AudioHeader;
      try {
        header = decodeAudioHeader(bytes);
      } catch (error) {
        equal(error instanceof ProtocolError, true);
        return;
      }
      const isEmptyMultitrack = header.kind === "packet" && header.tracks.length === 0;
      if (header.kind === "reserved" || isEmptyMultitrack) return;
      deepEqual(decodeAudioHeader(encodeAudioHeader(header)), header);
    }),
    { numRuns: 2000 },
  );
});
