import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { concatBytes } from "../bytes/concat.ts";
import { hex } from "../bytes/hex.ts";
import { AmfObject } from "../formats/amf/amf-value.ts";
import { encodeAmf0 } from "../formats/amf/amf0-encoder.ts";
import {
  AAC_SOUND,
  classifyMedia,
  createAudioPacket,
  createVideoPacket,
  encodeAudioHeader,
  encodeMultichannelConfig,
  encodeVideoHeader,
  FrameType,
} from "../formats/flv/index.ts";
import { encodeInitSegment } from "./init-segment.ts";
import { findBox, readBoxes } from "./read-boxes.ts";
import type { TrackConfig, TrackEvent } from "./track.ts";
import { TrackReader } from "./track-reader.ts";
import { MAX_RECORD_BYTES } from "./track-state.ts";

const AVC_RECORD = hex`
  01 64 00 29 ff e1
  001b 67640029acd940780227e5c044000003000400000300c83c60c658
  01 0006 68ebe3cb22c0 fdf8f800
`;
const HEVC_RECORD = hex`
  01 01 60000000 900000000000 1e f000 fc fd f8 f8 0000 0f 03
  a0 0001 0018 40010c01ffff01600000030090000003000003001e959809
  a1 0001 0029 42010101600000030090000003000003001ea014207965959a4932bc05a02000000300200000030141
  a2 0001 0007 4401c172b46240
`;
const VVC_RECORD = hex`ff 0011 5f 01 02 33 00 00 0780 0438 0000`;
const AV1_RECORD = hex`81 00 0c 00 0a0b 000000043cfeccdaf90040`;
const VP9_KEYFRAME = hex`824983420009f00778`; // 160 × 120
const VP8_KEYFRAME = hex`503a00 9d012a a000 7800 01`;
const OPUS_HEAD = hex`4f70757348656164 01 02 3801 80bb0000 0000 00`;
const AAC_LC = hex`1210`; // 44.1 kHz, stereo

type VideoParts = Parameters<typeof createVideoPacket>[0];
type AudioParts = Parameters<typeof createAudioPacket>[0];

/** Feeds packets, 40 ms apart. */
class Feed {
  readonly reader: TrackReader = new TrackReader();
  #timeMs = 1000;

  video(parts: VideoParts): TrackEvent[] {
    return this.send("video", encodeVideoHeader(createVideoPacket(parts)));
  }

  keyframe(codec: string, body: Uint8Array, more: Partial<VideoParts> = {}): TrackEvent[] {
    return this.video({ ...more, codec, body, frameType: FrameType.Key });
  }

  audio(parts: AudioParts): TrackEvent[] {
    return this.send("audio", encodeAudioHeader(createAudioPacket(parts)));
  }

  send(kind: "audio" | "video" | "data", payload: Uint8Array): TrackEvent[] {
    this.#timeMs += 40;
    return this.reader.read(classifyMedia(kind, this.#timeMs, payload));
  }
}

function configOf(events: readonly TrackEvent[]): TrackConfig {
  const [first, second] = events;
  ok(first?.kind === "config", `no configuration: ${JSON.stringify(events)}`);
  equal(second?.kind, "sample");
  return first.config;
}

function kindsOf(events: readonly TrackEvent[]): string[] {
  return events.map(({ kind }) => kind);
}

/** The body of a codec's own box. */
function boxOf({ sampleEntry }: TrackConfig, entry: string, type: string): Uint8Array | undefined {
  return findBox(readBoxes(sampleEntry), entry, type)?.body;
}

const PICTURES: readonly {
  readonly codec: string;
  readonly record?: Uint8Array;
  readonly keyframe: Uint8Array;
  readonly codecString: string;
  readonly size: string;
  readonly box: readonly [entry: string, type: string, body: Uint8Array];
}[] = [
  {
    codec: "avc",
    record: AVC_RECORD,
    keyframe: hex`00000002 6588`,
    codecString: "avc1.640029",
    size: "1920×1080",
    box: ["avc1", "avcC", AVC_RECORD],
  },
  {
    codec: "hevc",
    record: HEVC_RECORD,
    keyframe: hex`00000002 2601`,
    codecString: "hvc1.1.6.L30.90",
    size: "160×120",
    box: ["hvc1", "hvcC", HEVC_RECORD],
  },
  {
    codec: "vvc",
    record: VVC_RECORD,
    keyframe: hex`00000002 0041`,
    codecString: "vvc1.1.L51",
    size: "1920×1080",
    box: ["vvc1", "vvcC", concatBytes([hex`00000000`, VVC_RECORD])],
  },
  {
    codec: "av1",
    record: AV1_RECORD,
    keyframe: hex`32021400`,
    codecString: "av01.0.00M.08",
    size: "320×180",
    box: ["av01", "av1C", AV1_RECORD],
  },
  {
    codec: "vp9",
    record: hex`00 0b 82 02 02 02 0000`,
    keyframe: VP9_KEYFRAME,
    codecString: "vp09.00.11.08",
    size: "160×120",
    box: ["vp09", "vpcC", hex`01000000 00 0b 82 02 02 02 0000`],
  },
  {
    codec: "vp9",
    keyframe: VP9_KEYFRAME,
    codecString: "vp09.00.10.08",
    size: "160×120",
    box: ["vp09", "vpcC", hex`01000000 00 0a 82 02 02 02 0000`],
  },
  {
    codec: "vp8",
    record: hex`01000000 00 00 82 01 01 01 0000`,
    keyframe: VP8_KEYFRAME,
    codecString: "vp08.00.10.08",
    size: "160×120",
    box: ["vp08", "vpcC", hex`01000000 00 0a 82 01 01 01 0000`],
  },
];

for (const { codec, record, keyframe, codecString, size, box } of PICTURES) {
  test(`${codec} becomes ${codecString}`, () => {
    const feed = new Feed();
    if (record !== undefined) deepEqual(feed.video({ codec, body: record, packetType: "sequence-start" }), []);
    deepEqual(feed.video({ codec, body: keyframe }), [], "not before a keyframe");
    const events = feed.keyframe(codec, keyframe);
    const config = configOf(events);
    deepEqual([config.kind, config.codec, config.codecString, config.timescale], ["video", codec, codecString, 90_000]);
    equal(`${config.width}×${config.height}`, size);
    deepEqual(boxOf(config, box[0], box[1]), box[2]);
    const [, event] = events;
    ok(event?.kind === "sample");
    deepEqual(event.sample.bytes, keyframe);
    equal(event.sample.isKeyframe, true);
    deepEqual(kindsOf(feed.video({ codec, body: keyframe })), ["sample"]);
  });
}

const SOUNDS: readonly {
  readonly codec: string;
  readonly record?: Uint8Array;
  readonly frame: Uint8Array;
  readonly says: readonly [codecString: string, timescale: number, sampleRate: number, channels: number];
  readonly frameTicks: number;
  readonly box: readonly [entry: string, type: string, body: Uint8Array];
}[] = [
  {
    codec: "aac",
    record: AAC_LC,
    frame: hex`2110`,
    says: ["mp4a.40.2", 44_100, 44_100, 2],
    frameTicks: 1024,
    box: ["mp4a", "esds", hex`00000000 0319 000000 0411 40 15 000000 0000000000000000 0502 1210 0601 02`],
  },
  {
    codec: "aac",
    record: hex`2b92 0800`, // HE-AAC: 22.05 kHz that is heard at 44.1
    frame: hex`2110`,
    says: ["mp4a.40.5", 22_050, 44_100, 2],
    frameTicks: 1024,
    box: ["mp4a", "esds", hex`00000000 031b 000000 0413 40 15 000000 0000000000000000 0504 2b920800 0601 02`],
  },
  {
    codec: "mp3",
    frame: hex`fffb9064 00`,
    says: ["mp4a.40.34", 44_100, 44_100, 2],
    frameTicks: 1152,
    box: ["mp4a", "esds", hex`00000000 0315 000000 040d 6b 15 000000 0000000000000000 0601 02`],
  },
  {
    codec: "mp3",
    frame: hex`fff380c4 00`,
    says: ["mp4a.40.34", 22_050, 22_050, 1],
    frameTicks: 576,
    box: ["mp4a", "esds", hex`00000000 0315 000000 040d 69 15 000000 0000000000000000 0601 02`],
  },
  {
    codec: "opus",
    record: OPUS_HEAD,
    frame: hex`fc 00`,
    says: ["Opus", 48_000, 48_000, 2],
    frameTicks: 960,
    box: ["Opus", "dOps", hex`00 02 0138 0000bb80 0000 00`],
  },
  {
    codec: "opus",
    frame: hex`08 00`, // mono, without a header
    says: ["Opus", 48_000, 48_000, 1],
    frameTicks: 960,
    box: ["Opus", "dOps", hex`00 01 0000 0000bb80 0000 00`],
  },
  {
    codec: "flac",
    record: hex`664c6143 80000022 1000 1000 000000 000000 0bb802f0 00000000 00000000000000000000000000000000`,
    frame: hex`fff8 c9 18 00 00`,
    says: ["fLaC", 48_000, 48_000, 2],
    frameTicks: 4096,
    box: [
      "fLaC",
      "dfLa",
      hex`00000000 80000022 1000 1000 000000 000000 0bb802f0 00000000 00000000000000000000000000000000`,
    ],
  },
  {
    codec: "ac3",
    frame: hex`0b77c2ea544043e106f575f0`,
    says: ["ac-3", 44_100, 44_100, 2],
    frameTicks: 1536,
    box: ["ac-3", "dac3", hex`501140`],
  },
  {
    codec: "eac3",
    frame: hex`0b7703ce7f87c00020802000`,
    says: ["ec-3", 44_100, 44_100, 6],
    frameTicks: 1536,
    box: ["ec-3", "dec3", hex`0018 600f00`], // 3 kbit/s, of a frame that was cut
  },
];

for (const { codec, record, frame, says, frameTicks, box } of SOUNDS) {
  test(`${codec} becomes ${says.join(" ")}`, () => {
    const feed = new Feed();
    if (record !== undefined) deepEqual(feed.audio({ codec, body: record, packetType: "sequence-start" }), []);
    const events = feed.audio({ codec, body: frame });
    const config = configOf(events);
    deepEqual([config.codecString, config.timescale, config.sampleRate, config.channels], says);
    deepEqual(boxOf(config, box[0], box[1]), box[2]);
    const [, event] = events;
    ok(event?.kind === "sample");
    equal(event.sample.frameTicks, frameTicks);
    deepEqual(event.sample.bytes, frame);
    deepEqual(kindsOf(feed.audio({ codec, body: frame })), ["sample"]);
  });
}

test("times are the publisher's, and bytes their own", () => {
  const feed = new Feed();
  feed.video({ codec: "avc", body: AVC_RECORD, packetType: "sequence-start" });
  feed.keyframe("avc", hex`00000001 65`);
  const packet = createVideoPacket({
    codec: "avc",
    body: hex`00000001 41`,
    compositionTimeMs: -40,
    timestampOffsetNanoseconds: 500_000,
  });
  const payload = encodeVideoHeader(packet);
  const [event] = feed.reader.read(classifyMedia("video", 5_000_000_000, payload));
  payload.fill(0);
  ok(event?.kind === "sample");
  deepEqual(event.sample, {
    decodeTimeMs: 5_000_000_000,
    compositionOffsetMs: -39.5,
    bytes: hex`00000001 41`,
    isKeyframe: false,
    frameTicks: 0,
  });
});

test("a configuration is told again only when it is another one, and with the keyframe that it is for", () => {
  const feed = new Feed();
  const start = (body: Uint8Array): TrackEvent[] => feed.video({ codec: "avc", body, packetType: "sequence-start" });
  start(AVC_RECORD);
  const first = configOf(feed.keyframe("avc", hex`00000001 65`));
  start(AVC_RECORD);
  deepEqual(kindsOf(feed.keyframe("avc", hex`00000001 65`)), ["sample"]);
  // Other bytes that mean the same: version 0, and something behind the parameter sets
  const sloppy = concatBytes([hex`00`, AVC_RECORD.subarray(1), hex`abcdef`]);
  start(sloppy);
  deepEqual(kindsOf(feed.keyframe("avc", hex`00000001 65`)), ["sample"]);
  start(hex`01 64 00 1f ff e1 0019 6764001facd942847e5c0440000003004000000503c60c6580 01 0006 68ebe3cb22c0 fdf8f800`);
  deepEqual(kindsOf(feed.video({ codec: "avc", body: hex`00000001 41` })), ["sample"]);
  const second = configOf(feed.keyframe("avc", hex`00000001 65`));
  notEqual(second.codecString, first.codecString);
  equal(second.width, 160);
});

test("another codec on the same track begins anew", () => {
  const feed = new Feed();
  feed.audio({ codec: "aac", body: AAC_LC, packetType: "sequence-start", sound: AAC_SOUND });
  equal(configOf(feed.audio({ codec: "aac", body: hex`21`, sound: AAC_SOUND })).codec, "aac");
  equal(configOf(feed.audio({ codec: "opus", body: hex`fc00` })).codec, "opus");
  equal(configOf(feed.audio({ codec: "mp3", body: hex`fffb906400` })).sampleRate, 44_100);
  equal(configOf(feed.audio({ codec: "mp3", body: hex`fff380c400` })).sampleRate, 22_050);
});

test("tracks of one message are told apart", () => {
  const feed = new Feed();
  const track = (trackId: number, body: Uint8Array) => ({ trackId, codec: "avc", body, compositionTimeMs: 0 });
  const multitrack = "many-tracks";
  const packet = createVideoPacket({ codec: "avc", body: AVC_RECORD, packetType: "sequence-start", multitrack });
  const frames = createVideoPacket({ codec: "avc", body: AVC_RECORD, frameType: FrameType.Key, multitrack });
  const starts = { ...packet, tracks: [track(0, AVC_RECORD), track(4, AVC_RECORD)] };
  const pictures = { ...frames, tracks: [track(0, hex`00000001 65`), track(4, hex`00000001 66`)] };
  deepEqual(feed.send("video", encodeVideoHeader(starts)), []);
  const events = feed.send("video", encodeVideoHeader(pictures));
  deepEqual(
    events.map((event) => [event.kind, event.kind === "config" ? event.config.trackId : event.track.trackId]),
    [
      ["config", 0],
      ["sample", 0],
      ["config", 4],
      ["sample", 4],
    ],
  );
});

test("colours go into the sample entry", () => {
  const feed = new Feed();
  feed.video({ codec: "hevc", body: HEVC_RECORD, packetType: "sequence-start" });
  const members = { colorPrimaries: 9, transferCharacteristics: 16, matrixCoefficients: 9 };
  const hdr = { redX: 0.68, redY: 0.32, greenX: 0.265, greenY: 0.69, blueX: 0.15, blueY: 0.06 };
  const info = {
    colorConfig: object(members),
    hdrCll: object({ maxFall: 400, maxCLL: 1000 }),
    hdrMdcv: object({ ...hdr, whitePointX: 0.3127, whitePointY: 0.329, maxLuminance: 1000, minLuminance: 0.0001 }),
  };
  const body = encodeAmf0("colorInfo", object(info));
  feed.video({ codec: "hevc", body, packetType: "metadata" });
  const config = configOf(feed.keyframe("hevc", hex`00000001 26`));
  deepEqual(boxOf(config, "hvc1", "colr"), hex`6e636c78 0009 0010 0009 00`);
  deepEqual(boxOf(config, "hvc1", "clli"), hex`03e8 0190`);
  deepEqual(boxOf(config, "hvc1", "mdcv"), hex`33c2 86c4 1d4c 0bb8 84d0 3e80 3d13 4042 00989680 00000001`);
});

test("more channels are told by a message of their own", () => {
  const feed = new Feed();
  feed.audio({ codec: "aac", body: hex`1190`, packetType: "sequence-start" }); // stereo
  const body = encodeMultichannelConfig({ order: "native", channels: 6, mask: 0x3f });
  feed.audio({ codec: "aac", body, packetType: "multichannel-config" });
  equal(configOf(feed.audio({ codec: "aac", body: hex`21` })).channels, 6);
});

test("AAC in ADTS frames tells its own configuration, and goes without the headers", () => {
  const feed = new Feed();
  const events = feed.audio({ codec: "aac", body: hex`fff150800 1 3ffc 2110`, sound: AAC_SOUND });
  equal(configOf(events).codecString, "mp4a.40.2");
  const [, event] = events;
  ok(event?.kind === "sample");
  deepEqual(event.sample.bytes, hex`2110`);
});

test("AVC whose parameter sets come with the pictures", () => {
  const feed = new Feed();
  const sps = hex`67640029acd940780227e5c044000003000400000300c83c60c658`;
  const body = concatBytes([hex`0000001b`, sps, hex`00000006 68ebe3cb22c0 00000002 6588`]);
  const config = configOf(feed.keyframe("avc", body));
  deepEqual(boxOf(config, "avc1", "avcC"), AVC_RECORD);
});

test("AVC behind start codes, with its parameter sets", () => {
  const feed = new Feed();
  const sps = hex`67640029acd940780227e5c044000003000400000300c83c60c658`;
  const events = feed.keyframe("avc", concatBytes([hex`00000001`, sps, hex`00000001 68ebe3cb22c0 000001 6588`]));
  deepEqual(boxOf(configOf(events), "avc1", "avcC"), AVC_RECORD);
  const [, event] = events;
  ok(event?.kind === "sample");
  deepEqual(event.sample.bytes, concatBytes([hex`0000001b`, sps, hex`00000006 68ebe3cb22c0 00000002 6588`]));
});

test("HEVC under the codec id of AVC, and AV1 with temporal delimiters", () => {
  const feed = new Feed();
  feed.video({ codec: "avc", body: HEVC_RECORD, packetType: "sequence-start", isEnhanced: false });
  match(configOf(feed.keyframe("avc", hex`00000001 26`)).codecString, /^hvc1/);
  feed.video({ codec: "av1", body: AV1_RECORD, packetType: "sequence-start" });
  const [, event] = feed.keyframe("av1", hex`1200 32021400`);
  ok(event?.kind === "sample");
  deepEqual(event.sample.bytes, hex`32021400`);
});

test("codecs that MP4 does not carry are told once, with advice", () => {
  const feed = new Feed();
  const video = feed.send("video", hex`12 00008400`);
  deepEqual(video, [
    {
      kind: "unsupported",
      track: { kind: "video", trackId: 0 },
      codec: "flv1",
      reason:
        "Sorenson H.263 (FLV1) cannot be carried by MP4: send H.264 (or HEVC, AV1, VP9), or watch by RTMP or HTTP-FLV.",
    },
  ]);
  deepEqual(feed.send("video", hex`22 00008400`), []);
  for (const [payload, reason] of [
    [hex`62 00`, /^Nellymoser cannot .* send AAC/],
    [hex`b2 00`, /^Speex cannot/],
    [hex`7e 00`, /^G.711 A-law in MP4 is played by no browser/],
    [hex`3e 00`, /^PCM in MP4 is played by no browser/],
  ] as const) {
    const [event] = feed.send("audio", payload);
    ok(event?.kind === "unsupported");
    match(event.reason, reason);
  }
});

test("a configuration that is missing or broken is told once", () => {
  const feed = new Feed();
  const told: TrackEvent[] = [];
  for (let count = 0; count < 20; count++) told.push(...feed.keyframe("hevc", hex`00000001 26`));
  deepEqual(kindsOf(told), ["unsupported"]);
  ok(told[0]?.kind === "unsupported");
  equal(told[0].reason, "No configuration of H.265 came: let the encoder send its sequence header first.");
  feed.video({ codec: "hevc", body: HEVC_RECORD.subarray(0, 20), packetType: "sequence-start" });
  const broken = [...feed.keyframe("hevc", hex`00000001 26`), ...feed.keyframe("hevc", hex`00000001 26`)];
  deepEqual(kindsOf(broken), ["unsupported"]);
  ok(broken[0]?.kind === "unsupported");
  match(broken[0].reason, /^The configuration of H.265 makes no sense \(.*\): check the encoder\.$/);
  feed.video({ codec: "hevc", body: HEVC_RECORD, packetType: "sequence-start" });
  equal(configOf(feed.keyframe("hevc", hex`00000001 26`)).width, 160);
});

test("what is no media, or broken, brings nothing", () => {
  const feed = new Feed();
  deepEqual(feed.send("data", encodeAmf0("onMetaData", object({}))), []);
  for (const payload of [hex``, hex`57 00`, hex`17`, hex`9c 61`, hex`97 01 000000 616263`]) {
    deepEqual(feed.send("video", payload), []);
  }
  for (const payload of [hex``, hex`af`, hex`af01`, hex`90 61`, hex`2f 00000000`]) {
    deepEqual(
      kindsOf(feed.send("audio", payload)).filter((kind) => kind !== "unsupported"),
      [],
    );
  }
  feed.video({ codec: "avc", body: AVC_RECORD, packetType: "sequence-start" });
  configOf(feed.keyframe("avc", hex`00000001 65`));
  deepEqual(feed.video({ codec: "avc", body: hex`` }), [], "a picture of no bytes");
  deepEqual(feed.video({ codec: "avc", body: hex``, packetType: "sequence-end" }), []);
});

test("a configuration has a greatest length", () => {
  const feed = new Feed();
  const record = (length: number): Uint8Array => concatBytes([AVC_RECORD, new Uint8Array(length - AVC_RECORD.length)]);
  feed.video({ codec: "avc", body: record(MAX_RECORD_BYTES + 1), packetType: "sequence-start" });
  deepEqual(feed.keyframe("avc", hex`00000001 65`), []);
  feed.video({ codec: "avc", body: record(MAX_RECORD_BYTES), packetType: "sequence-start" });
  equal(configOf(feed.keyframe("avc", hex`00000001 65`)).width, 1920);
});

test("whatever publishers send, nothing is thrown, and what is told can be written and read", () => {
  const pictures = PICTURES.flatMap(({ codec, record = hex``, keyframe }) => [
    { kind: "video" as const, payload: encodeVideoHeader(startOf(codec, record)) },
    { kind: "video" as const, payload: encodeVideoHeader(createVideoPacket({ codec, body: keyframe, frameType: 1 })) },
  ]);
  const sounds = SOUNDS.flatMap(({ codec, record = hex``, frame }) => [
    {
      kind: "audio" as const,
      payload: encodeAudioHeader({ ...createAudioPacket({ codec, body: record }), packetType: "sequence-start" }),
    },
    { kind: "audio" as const, payload: encodeAudioHeader(createAudioPacket({ codec, body: frame })) },
  ]);
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 });
  const message = fc.tuple(fc.constantFrom(...pictures, ...sounds), damage, fc.option(fc.nat(60)));
  fc.assert(
    fc.property(fc.array(message, { maxLength: 30 }), (messages) => {
      const feed = new Feed();
      for (const [{ kind, payload }, changes, length] of messages) {
        const bytes = payload.slice(0, length ?? payload.length);
        for (const [at, value] of changes) if (bytes.length > 0) bytes[at % bytes.length] = value;
        for (const event of feed.send(kind, bytes)) {
          if (event.kind === "config") ok(readBoxes(encodeInitSegment([event.config])).length === 2);
          if (event.kind === "sample") ok(event.sample.bytes.length > 0 && event.sample.frameTicks >= 0);
        }
      }
    }),
    { numRuns: 500 },
  );
});

function startOf(codec: string, body: Uint8Array): ReturnType<typeof createVideoPacket> {
  return createVideoPacket({ codec, body, packetType: "sequence-start" });
}

function object(members: Record<string, unknown>): AmfObject {
  return new AmfObject(Object.entries(members) as never);
}
