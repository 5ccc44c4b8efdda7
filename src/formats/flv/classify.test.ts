import { deepEqual, equal, notEqual } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { hex } from "../../bytes/hex.ts";
import { decodeAudioHeader } from "./audio-header.ts";
import { classifyMedia, configSlot } from "./classify.ts";
import type { MediaMessage } from "./media-message.ts";
import { decodeVideoHeader } from "./video-header.ts";

type Traits = Partial<Pick<MediaMessage, "isKeyframe" | "isConfig" | "isDisposable" | "trackId">>;

const VECTORS: readonly (readonly [kind: MediaMessage["kind"], name: string, bytes: Uint8Array, traits: Traits])[] = [
  ["audio", "AAC sequence header", hex`af 00 12 10`, { isConfig: true }],
  ["audio", "AAC sequence header without a configuration", hex`af 00`, {}],
  ["audio", "AAC frame", hex`af 01 21`, {}],
  ["audio", "AAC without packet type", hex`af`, {}],
  ["audio", "silence", hex``, {}],
  ["audio", "MP3 whose second byte is 0", hex`2f 00`, {}],
  ["audio", "Ex SequenceStart", hex`90 4f707573`, { isConfig: true }],
  ["audio", "Ex SequenceStart, FourCC cut", hex`90 4f7075`, {}],
  ["audio", "Ex CodedFrames", hex`91 4f707573 00`, {}],
  ["audio", "Ex SequenceEnd", hex`92 664c6143`, {}],
  ["audio", "Ex MultichannelConfig", hex`94 61632d33 01 06 0000003f`, { isConfig: true }],
  ["audio", "OneTrack SequenceStart", hex`95 00 6d703461 01 12 10`, { isConfig: true, trackId: 1 }],
  ["audio", "OneTrack MultichannelConfig", hex`95 04 6d703461 03 00 02`, { isConfig: true, trackId: 3 }],
  ["audio", "OneTrack CodedFrames", hex`95 01 6d703461 ff 21`, { trackId: 255 }],
  ["audio", "ManyTracks SequenceStart", hex`95 10 6d703461 01 000002 1210`, { isConfig: true, trackId: 0 }],
  ["audio", "ModEx, then SequenceStart", hex`97 02 000001 00 6d703461 12 10`, { isConfig: true }],
  ["audio", "ModEx, then OneTrack", hex`97 02 000001 05 00 6d703461 02 12 10`, { isConfig: true, trackId: 2 }],
  ["audio", "a multitrack type without a meaning", hex`95 30 6d703461 01 12 10`, {}],

  ["video", "AVC sequence header", hex`17 00 000000 01`, { isConfig: true }],
  ["video", "AVC sequence header without a configuration", hex`17 00 000000`, {}],
  ["video", "AVC key frame", hex`17 01 000000 00000001 65`, { isKeyframe: true }],
  ["video", "AVC key frame without NAL units", hex`17 01 000000`, {}],
  ["video", "AVC inter frame", hex`27 01 000000 00000001 41`, {}],
  ["video", "AVC disposable frame", hex`37 01 000000 00000001 01`, { isDisposable: true }],
  ["video", "AVC end of sequence", hex`17 02 000000`, {}],
  ["video", "HEVC sequence header of a vendor", hex`1c 00 000000 01`, { isConfig: true }],
  ["video", "HEVC key frame of a vendor", hex`1c 01 000000 00000001 26`, { isKeyframe: true }],
  ["video", "MPEG-4 header of FFmpeg", hex`19 00 000000 01`, { isConfig: true }],
  ["video", "H.263 key frame", hex`18 00 000000 01`, { isKeyframe: true }],
  ["video", "AVC seek command", hex`57 00`, {}],
  ["video", "FLV1 key frame", hex`12 00 00 84`, { isKeyframe: true }],
  ["video", "FLV1 inter frame", hex`22 00 00 84`, {}],
  ["video", "FLV1 disposable frame", hex`32 00 00 84`, { isDisposable: true }],
  ["video", "FLV1 without a picture", hex`12`, {}],
  ["video", "generated key frame", hex`42 00 00 84`, {}],
  ["video", "no bytes", hex``, {}],
  ["video", "Ex SequenceStart", hex`90 68766331 01`, { isConfig: true }],
  ["video", "Ex key CodedFrames", hex`91 68766331 000028 00`, { isKeyframe: true }],
  ["video", "Ex key CodedFrames without NAL units", hex`91 68766331 000028`, {}],
  ["video", "Ex key CodedFrames of AV1 without a picture", hex`91 61763031`, {}],
  ["video", "Ex SequenceStart without a configuration", hex`90 61763031`, {}],
  ["video", "Ex key CodedFramesX", hex`93 68766331 00`, { isKeyframe: true }],
  ["video", "Ex inter CodedFramesX", hex`a3 68766331 00`, {}],
  ["video", "Ex disposable CodedFrames", hex`b1 61763031 00`, { isDisposable: true }],
  ["video", "Ex SequenceEnd", hex`92 61763031`, {}],
  ["video", "Metadata of OBS", hex`84 68766331 020009`, { isConfig: true }],
  ["video", "Metadata of FFmpeg", hex`d4 68766331 020009`, { isConfig: true }],
  ["video", "MPEG2TSSequenceStart", hex`95 61763031 80`, { isConfig: true }],
  ["video", "Ex command", hex`d1 00`, {}],
  ["video", "reserved packet type", hex`98 61763031 00`, {}],
  ["video", "OneTrack SequenceStart", hex`96 00 61766331 01 01`, { isConfig: true, trackId: 1 }],
  ["video", "OneTrack key frame", hex`96 03 61766331 02 00`, { isKeyframe: true, trackId: 2 }],
  ["video", "OneTrack key frame without NAL units", hex`96 01 61766331 02 000028`, { trackId: 2 }],
  ["video", "OneTrack inter frame", hex`a6 03 61766331 01 00`, { trackId: 1 }],
  ["video", "OneTrack metadata", hex`d6 04 68766331 01 020009`, {}],
  ["video", "OneTrack metadata of OBS", hex`86 04 68766331 01 020009`, { isConfig: true, trackId: 1 }],
  ["video", "ManyTracks key frame", hex`96 13 68766331 05 000003 aabbcc`, { isKeyframe: true, trackId: 0 }],
  ["video", "ManyTracksManyCodecs key frame", hex`96 21 61763031 05 000002 1122`, { isKeyframe: true }],
  ["video", "OneTrack without its track id", hex`96 00 61766331`, {}],
  ["video", "ModEx, then an inter frame", hex`a7 02 07a120 01 61763031 00`, {}],
  ["video", "ModEx, then a key frame", hex`97 02 07a120 01 61763031 00`, { isKeyframe: true }],
  [
    "video",
    "two ModEx, then OneTrack",
    hex`97 00 00 17 02 07a120 06 03 61766331 07 00`,
    { isKeyframe: true, trackId: 7 },
  ],
  ["video", "ModEx without an end", hex`97 05 07a120`, {}],

  ["data", "onMetaData", hex`02 000a 6f6e4d65746144617461 08 00000000 000009`, { isConfig: true }],
  ["data", "onCuePoint", hex`02 000a 6f6e437565506f696e74 05`, {}],
  ["data", "a name that is cut", hex`02 000a 6f6e4d6574`, {}],
  ["data", "no name", hex`05`, {}],
];

for (const [kind, name, payload, traits] of VECTORS) {
  test(`${kind} message: ${name}`, () => {
    const nothing = { isKeyframe: false, isConfig: false, isDisposable: false, trackId: 0 };
    deepEqual(classifyMedia(kind, 40, payload), { kind, timestamp: 40, payload, ...nothing, ...traits });
    for (let length = 0; length < payload.length; length++) {
      const cut = classifyMedia(kind, 0, payload.subarray(0, length));
      equal(cut.isKeyframe && !traits.isKeyframe, false, `a key frame when cut to ${length} bytes`);
    }
  });
}

/** Bodies whose first bytes are nearly always a whole header, of every form and codec. */
function mediaBody(multitrackType: number, packetTypes: readonly number[]): fc.Arbitrary<Uint8Array> {
  const fourCc = fc.constantFrom("avc1", "hvc1", "vvc1", "av01", "vp09", "Opus", "mp4a", "wxyz");
  const modEx = fc.array(fc.uint8Array({ minLength: 1, maxLength: 3 }), { maxLength: 2 });
  const parts = {
    high: fc.integer({ min: 0, max: 15 }),
    modEx,
    packetType: fc.constantFrom(...packetTypes),
    isMultitrack: fc.boolean(),
    form: fc.integer({ min: 0, max: 3 }),
    fourCc,
    trackId: fc.nat(255),
    body: fc.uint8Array({ maxLength: 12 }),
  };
  return fc.record(parts).map(({ high, modEx, packetType, isMultitrack, form, fourCc, trackId, body }) => {
    const bytes: number[] = [];
    let types = high << 4;
    for (const data of modEx) {
      bytes.push(types | 7, data.length - 1, ...data);
      types = 0;
    }
    const name = Array.from(fourCc, (letter) => letter.charCodeAt(0));
    if (!isMultitrack) bytes.push(types | packetType, ...name, ...body);
    else {
      bytes.push(types | multitrackType, (form << 4) | packetType, ...name, trackId);
      bytes.push(...(form === 0 ? [] : [0, 0, body.length]), ...body);
    }
    return Uint8Array.from(bytes);
  });
}

/** Undefined where the header is not whole. */
function decoded<Header>(decode: (payload: Uint8Array) => Header, payload: Uint8Array): Header | undefined {
  try {
    return decode(payload);
  } catch {
    return undefined;
  }
}

test("what a whole video header says, its first bytes say too", () => {
  const body = fc.oneof(mediaBody(6, [0, 1, 2, 3, 4, 5, 6, 7, 8]), fc.uint8Array({ maxLength: 20 }));
  fc.assert(
    fc.property(body, (payload) => {
      const { isKeyframe, isConfig, isDisposable, trackId } = classifyMedia("video", 0, payload);
      const header = decoded(decodeVideoHeader, payload);
      if (header === undefined) return;
      if (header.kind !== "packet") return void equal(isKeyframe || isConfig || isDisposable, false);
      const { packetType, frameType, multitrack, tracks } = header;
      const hasBody = tracks.some((track) => track.body.length > 0);
      // Whether any of many tracks has a body is not looked for.
      if (multitrack !== undefined && multitrack !== "one-track" && !hasBody) return;
      equal(isConfig, hasBody && packetType !== "frames" && packetType !== "sequence-end");
      equal(isKeyframe, hasBody && packetType === "frames" && frameType === 1);
      equal(isDisposable, hasBody && packetType === "frames" && frameType === 3);
      equal(trackId, multitrack === "one-track" ? tracks[0]?.trackId : 0);
    }),
    { numRuns: 20_000 },
  );
});

test("what a whole audio header says, its first bytes say too", () => {
  const enhanced = mediaBody(5, [0, 1, 2, 3, 4, 5, 6, 7]).map((payload) =>
    payload.with(0, 0x90 | ((payload[0] ?? 0) & 15)),
  );
  fc.assert(
    fc.property(fc.oneof(enhanced, fc.uint8Array({ maxLength: 20 })), (payload) => {
      const { isKeyframe, isConfig, isDisposable, trackId } = classifyMedia("audio", 0, payload);
      equal(isKeyframe || isDisposable, false);
      const header = decoded(decodeAudioHeader, payload);
      if (header === undefined) return;
      if (header.kind !== "packet") return void equal(isConfig, false);
      const { packetType, multitrack, tracks, sound } = header;
      // Opus needs no configuration: its sequence header may be empty.
      const hasBody = sound === undefined || tracks.some((track) => track.body.length > 0);
      if (tracks.length === 0) return;
      equal(isConfig, hasBody && (packetType === "sequence-start" || packetType === "multichannel-config"));
      equal(trackId, multitrack === "one-track" ? tracks[0]?.trackId : 0);
    }),
    { numRuns: 20_000 },
  );
});

test("random bodies of any kind are classified", () => {
  fc.assert(
    fc.property(fc.constantFrom("audio", "video", "data"), fc.uint8Array({ maxLength: 40 }), (kind, payload) => {
      const message = classifyMedia(kind, 7, payload);
      equal(message.isKeyframe && message.isConfig, false);
      const slot = configSlot(message);
      equal(typeof slot, kind === "data" ? "string" : "number");
    }),
    { numRuns: 5000 },
  );
});

test("a newer configuration takes the slot of the older one of its kind, track and purpose", () => {
  const slot = (kind: MediaMessage["kind"], payload: Uint8Array): string | number =>
    configSlot(classifyMedia(kind, 0, payload));
  const avc = slot("video", hex`17 00 000000 01`);
  equal(slot("video", hex`17 00 000000 02 03`), avc);
  equal(slot("video", hex`90 68766331 01`), avc, "another codec on track 0");
  equal(slot("video", hex`96 00 61766331 00 01`), avc, "track 0 by its number");
  equal(slot("video", hex`95 61763031 80`), avc, "MPEG2TSSequenceStart stands for SequenceStart");
  equal(slot("video", hex`97 02 000001 00 68766331 01`), avc, "behind ModEx");
  const others = [
    avc,
    slot("video", hex`96 00 61766331 01 01`), // track 1
    slot("video", hex`96 00 61766331 02 01`), // track 2
    slot("video", hex`84 68766331 02`), // colour information
    slot("video", hex`96 10 61766331 01 000001 01`), // many tracks
    slot("audio", hex`af 00 12 10`),
    slot("audio", hex`94 61632d33 00 02`), // multichannel configuration
    slot("audio", hex`95 00 6d703461 01 12 10`), // track 1
    slot("data", hex`02 0001 61 05`),
    slot("data", hex`02 0001 62 05`),
  ];
  equal(new Set(others).size, others.length);
  equal(slot("data", hex`02 0001 61 05`), slot("data", hex`02 0001 61 06`));
  notEqual(slot("audio", hex`af 00 12 10`), avc);
});
