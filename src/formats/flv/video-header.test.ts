import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { expectCleanTruncations } from "../../../test/support/expect-clean-truncations.ts";
import { hex } from "../../bytes/hex.ts";
import { ProtocolError } from "../../errors.ts";
import { codecOfVideoCodecId, FrameType } from "./codec-ids.ts";
import { createVideoPacket, decodeVideoHeader, encodeVideoHeader, type VideoHeader } from "./video-header.ts";

const { Key, Inter, DisposableInter, Command } = FrameType;
const body = hex`aa bb`;
const none = hex``;

/** Each is decoded, and encoded again to the same bytes. */
const VECTORS: readonly (readonly [name: string, bytes: Uint8Array, header: VideoHeader])[] = [
  // Legacy. FLV 10.1 section E.4.3
  [
    "AVC sequence header",
    hex`17 00 000000 aabb`,
    createVideoPacket({ codec: "avc", body, frameType: Key, packetType: "sequence-start", isEnhanced: false }),
  ],
  [
    "AVC key frame, composition time 200 ms",
    hex`17 01 0000c8 aabb`,
    createVideoPacket({ codec: "avc", body, frameType: Key, compositionTimeMs: 200, isEnhanced: false }),
  ],
  [
    "AVC inter frame, composition time -40 ms",
    hex`27 01 ffffd8 aabb`,
    createVideoPacket({ codec: "avc", body, compositionTimeMs: -40, isEnhanced: false }),
  ],
  [
    "AVC end of sequence",
    hex`17 02 000000`,
    createVideoPacket({ codec: "avc", body: none, frameType: Key, packetType: "sequence-end", isEnhanced: false }),
  ],
  [
    "AVC keep-alive without NAL units",
    hex`27 01 000000`,
    createVideoPacket({ codec: "avc", body: none, isEnhanced: false }),
  ],
  [
    "HEVC sequence header of a vendor",
    hex`1c 00 000000 aabb`,
    createVideoPacket({ codec: "hevc", body, frameType: Key, packetType: "sequence-start", isEnhanced: false }),
  ],
  ["AV1 frame of a vendor", hex`2d 01 000000 aabb`, createVideoPacket({ codec: "av1", body, isEnhanced: false })],
  [
    "MPEG-4 frame as FFmpeg writes it",
    hex`29 01 000028 aabb`,
    createVideoPacket({ codec: "mpeg4", body, compositionTimeMs: 40, isEnhanced: false }),
  ],
  ["FLV1 key frame", hex`12 aabb`, createVideoPacket({ codec: "flv1", body, frameType: Key, isEnhanced: false })],
  [
    "FLV1 disposable frame",
    hex`32 aabb`,
    createVideoPacket({ codec: "flv1", body, frameType: DisposableInter, isEnhanced: false }),
  ],
  ["Screen Video", hex`13 aabb`, createVideoPacket({ codec: "screen1", body, frameType: Key, isEnhanced: false })],
  ["Screen Video 2", hex`26 aabb`, createVideoPacket({ codec: "screen2", body, isEnhanced: false })],
  ["VP6", hex`14 aabb`, createVideoPacket({ codec: "vp6", body, frameType: Key, isEnhanced: false })],
  ["VP6 with alpha", hex`15 aabb`, createVideoPacket({ codec: "vp6-alpha", body, frameType: Key, isEnhanced: false })],
  ["an id without a meaning", hex`2e aabb`, createVideoPacket({ codec: "video-14", body, isEnhanced: false })],
  ["start of a seek", hex`57 00`, { kind: "command", isEnhanced: false, codec: "avc", command: 0 }],
  ["end of a seek", hex`57 01`, { kind: "command", isEnhanced: false, codec: "avc", command: 1 }],
  ["no bytes", none, { kind: "empty" }],
  // Enhanced RTMP v1 and v2
  [
    "HEVC SequenceStart",
    hex`90 68766331 aabb`,
    createVideoPacket({ codec: "hevc", body, frameType: Key, packetType: "sequence-start" }),
  ],
  [
    "HEVC key CodedFrames, 40 ms",
    hex`91 68766331 000028 aabb`,
    createVideoPacket({ codec: "hevc", body, frameType: Key, compositionTimeMs: 40 }),
  ],
  ["HEVC inter CodedFramesX", hex`a3 68766331 aabb`, createVideoPacket({ codec: "hevc", body })],
  ["AV1 key CodedFrames", hex`91 61763031 aabb`, createVideoPacket({ codec: "av1", body, frameType: Key })],
  [
    "AV1 SequenceEnd",
    hex`92 61763031`,
    createVideoPacket({ codec: "av1", body: none, frameType: Key, packetType: "sequence-end" }),
  ],
  [
    "VVC SequenceStart",
    hex`90 76766331 aabb`,
    createVideoPacket({ codec: "vvc", body, frameType: Key, packetType: "sequence-start" }),
  ],
  ["VP8 inter CodedFrames", hex`a1 76703038 aabb`, createVideoPacket({ codec: "vp8", body })],
  [
    "VP9 disposable CodedFrames",
    hex`b1 76703039 aabb`,
    createVideoPacket({ codec: "vp9", body, frameType: DisposableInter }),
  ],
  [
    "Metadata as OBS sends it",
    hex`84 68766331 020009 636f6c6f72496e666f`,
    createVideoPacket({ codec: "hevc", body: hex`020009 636f6c6f72496e666f`, frameType: 0, packetType: "metadata" }),
  ],
  [
    "Metadata as FFmpeg sends it",
    hex`d4 68766331 020009 636f6c6f72496e666f`,
    createVideoPacket({
      codec: "hevc",
      body: hex`020009 636f6c6f72496e666f`,
      frameType: Command,
      packetType: "metadata",
    }),
  ],
  [
    "MPEG2TSSequenceStart",
    hex`95 61763031 aabb`,
    createVideoPacket({ codec: "av1", body, frameType: Key, packetType: "mpeg2ts-sequence-start" }),
  ],
  ["command in the enhanced form", hex`d1 00`, { kind: "command", isEnhanced: true, codec: undefined, command: 0 }],
  [
    "a FourCC that nobody defined",
    hex`a1 68657631 aabb`,
    createVideoPacket({ codec: "fourcc:hev1", body, frameType: Inter }),
  ],
  [
    "AVC track 1, OneTrack SequenceStart",
    hex`96 00 61766331 01 aabb`,
    createVideoPacket({ codec: "avc", body, trackId: 1, frameType: Key, packetType: "sequence-start" }),
  ],
  [
    "AVC track 1, OneTrack inter CodedFramesX",
    hex`a6 03 61766331 01 aabb`,
    createVideoPacket({ codec: "avc", body, trackId: 1 }),
  ],
  [
    "track 0 by OneTrack, as GStreamer sends it",
    hex`a6 01 61766331 00 000028 aabb`,
    createVideoPacket({ codec: "avc", body, compositionTimeMs: 40, multitrack: "one-track" }),
  ],
  [
    "HEVC ManyTracks, key, CodedFramesX",
    hex`96 13 68766331
      00 000003 aabbcc   ; track 0
      01 000002 ddee     ; track 1`,
    {
      ...createVideoPacket({ codec: "hevc", body, frameType: Key, multitrack: "many-tracks" }),
      tracks: [
        { trackId: 0, codec: "hevc", body: hex`aabbcc`, compositionTimeMs: 0 },
        { trackId: 1, codec: "hevc", body: hex`ddee`, compositionTimeMs: 0 },
      ],
    },
  ],
  [
    "ManyTracksManyCodecs CodedFrames",
    hex`96 21
      61763031 00 000002 1122          ; AV1, track 0
      61766331 01 000005 000028 3344   ; AVC, track 1, 40 ms`,
    {
      ...createVideoPacket({ codec: "av1", body, frameType: Key, multitrack: "many-tracks-many-codecs" }),
      tracks: [
        { trackId: 0, codec: "av1", body: hex`1122`, compositionTimeMs: 0 },
        { trackId: 1, codec: "avc", body: hex`3344`, compositionTimeMs: 40 },
      ],
    },
  ],
  [
    "ModEx of 500 000 ns, then AV1 inter CodedFrames",
    hex`a7 02 07a120 01 61763031 aabb`,
    createVideoPacket({ codec: "av1", body, timestampOffsetNanoseconds: 500_000 }),
  ],
  [
    "ModEx, then OneTrack",
    hex`a7 02 000001 06 03 68766331 02 aabb`,
    createVideoPacket({ codec: "hevc", body, trackId: 2, timestampOffsetNanoseconds: 1 }),
  ],
];

for (const [name, bytes, header] of VECTORS) {
  test(`video header, both ways: ${name}`, () => {
    deepEqual(decodeVideoHeader(bytes), header);
    deepEqual(encodeVideoHeader(header), bytes);
    expectCleanTruncations(decodeVideoHeader, bytes);
  });
}

test("every legacy codec id and frame type comes back as the same bytes", () => {
  for (let first = 0; first < 0x80; first++) {
    const bytes = Uint8Array.of(first, 1, 0, 0, 40, 0xaa);
    const header = decodeVideoHeader(bytes);
    if (first >> 4 === Command) {
      deepEqual(header, { kind: "command", isEnhanced: false, codec: codecOfVideoCodecId(first & 15), command: 1 });
    } else {
      deepEqual(encodeVideoHeader(header), bytes);
    }
  }
});

test("a composition time of 0 is written in the form that leaves it out", () => {
  const header = decodeVideoHeader(hex`91 68766331 000000 aabb`);
  deepEqual(header, createVideoPacket({ codec: "hevc", body, frameType: Key }));
  deepEqual(encodeVideoHeader(header), hex`93 68766331 aabb`);
});

test("CodedFramesX of a codec without composition times is read as CodedFrames", () => {
  deepEqual(decodeVideoHeader(hex`a3 61763031 aabb`), createVideoPacket({ codec: "av1", body }));
});

test("reserved packet types are a value, to be dropped", () => {
  for (let packetType = 8; packetType < 16; packetType++) {
    deepEqual(decodeVideoHeader(Uint8Array.of(0x90 | packetType)), { kind: "reserved", isEnhanced: true, packetType });
  }
  deepEqual(decodeVideoHeader(hex`17 03 000000`), { kind: "reserved", isEnhanced: false, packetType: 3 });
  const multitrack = { kind: "reserved", isEnhanced: true, packetType: 6 };
  deepEqual(decodeVideoHeader(hex`96 31 61766331 00`), multitrack, "a multitrack type without a meaning");
  deepEqual(decodeVideoHeader(hex`96 06 61766331 00`), multitrack, "multitrack inside multitrack");
  deepEqual(decodeVideoHeader(hex`96 07 61766331 00`), { ...multitrack, packetType: 7 }, "ModEx inside multitrack");
});

test("a track that says more bytes than there are, or is too short for its time, is truncated", () => {
  throws(() => decodeVideoHeader(hex`96 13 68766331 00 000004 aabbcc`), { code: "bytes.truncated", byteOffset: 10 });
  throws(() => decodeVideoHeader(hex`91 68766331 0000`), { code: "bytes.truncated" });
});

test("what a form cannot say is refused", () => {
  const packet = createVideoPacket({ codec: "avc", body });
  const [track] = packet.tracks;
  const two = track === undefined ? [] : [track, { ...track, trackId: 1 }];
  const refused: readonly VideoHeader[] = [
    createVideoPacket({ codec: "vp8", body, isEnhanced: false }),
    createVideoPacket({ codec: "flv1", body }),
    createVideoPacket({ codec: "fourcc:toolong", body }),
    createVideoPacket({ codec: "avc", body, trackId: 1, isEnhanced: false }),
    createVideoPacket({ codec: "flv1", body, packetType: "sequence-start", isEnhanced: false }),
    createVideoPacket({ codec: "avc", body, packetType: "metadata", isEnhanced: false }),
    { ...packet, tracks: two },
    { ...packet, tracks: two, isEnhanced: false },
    { ...packet, tracks: two, multitrack: "one-track" },
    { ...packet, tracks: [], multitrack: "many-tracks" },
    {
      ...packet,
      tracks: two.map((each) => ({ ...each, codec: each.trackId === 0 ? "avc" : "av1" })),
      multitrack: "many-tracks",
    },
    { kind: "reserved", isEnhanced: true, packetType: 9 },
  ];
  for (const header of refused) throws(() => encodeVideoHeader(header), TypeError);
});

test("random bodies are read, or are a ProtocolError; what was read survives encoding", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      let header: VideoHeader;
      try {
        header = decodeVideoHeader(bytes);
      } catch (error) {
        equal(error instanceof ProtocolError, true);
        return;
      }
      const isEmptyMultitrack = header.kind === "packet" && header.tracks.length === 0;
      if (header.kind === "reserved" || isEmptyMultitrack) return;
      deepEqual(decodeVideoHeader(encodeVideoHeader(header)), header);
    }),
    { numRuns: 2000 },
  );
});
