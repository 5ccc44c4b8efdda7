import { deepEqual, equal, match, ok } from "node:assert/strict";
import { describe, test } from "node:test";
import {
  AAC_CONFIG,
  type Arrival,
  arrivalsOf,
  type Habits,
  healthOf,
  meteredPublisher,
} from "../../../test/support/metered-publisher.ts";
import { hex } from "../../bytes/hex.ts";
import { HEALTH_CODES, type HealthCode } from "./health-codes.ts";
import type { NetworkConduct } from "./health-facts.ts";
import type { FindingLevel } from "./health-report.ts";

/** Nothing of one kind from a time on. */
const without =
  (kind: Arrival["kind"], fromMs = 0) =>
  (arrival: Arrival): boolean =>
    arrival.kind === kind && arrival.atMs >= fromMs;

/** What comes while the network stands still comes when it goes on: 2 s in every 6. */
function inBursts(atMs: number): number {
  const inTurn = atMs % 6000;
  return inTurn < 4000 ? atMs : atMs - inTurn + 6000;
}

// The profile stays, and the size becomes another: 640×480, Baseline 3.0.
const OTHER_AVC_CONFIG = hex`
  17 00 000000
  01 42c01e ff e1 0016 6742c01eda0280f6840000030004000003 00f03c58ba80 01 0004 68ce3c80
`;

type BadPublisher = {
  readonly code: HealthCode;
  readonly level: FindingLevel;
  /** What the verdict begins with, if it is the gravest. */
  readonly verdict?: RegExp;
  readonly habits?: Habits;
  readonly network?: NetworkConduct;
  readonly afterMs?: number;
};

const BAD_PUBLISHERS: readonly BadPublisher[] = [
  { code: "nothing-comes", level: "bad", verdict: /^Nothing came for 4\.0 s: check/, afterMs: 4000 },
  {
    code: "missing-configuration",
    level: "bad",
    verdict: /^H\.264 without its configuration \(AVC sequence header\): start/,
    habits: { videoConfig: undefined },
  },
  {
    code: "missing-configuration",
    level: "bad",
    verdict: /^AAC without its configuration \(AudioSpecificConfig\): start/,
    habits: { audioConfig: undefined },
  },
  {
    code: "no-keyframe",
    level: "bad",
    verdict: /^No keyframe for 20\.0 s: set/,
    habits: { keyframeEvery: () => false },
  },
  {
    code: "no-keyframe",
    level: "bad",
    verdict: /^No keyframe for 35\.0 s: set/,
    habits: { seconds: 45, keyframeEvery: (picture) => picture <= 300 && picture % 60 === 0 },
  },
  {
    code: "missing-track",
    level: "bad",
    verdict: /^Video is announced, and only audio comes: check/,
    habits: { isLeftOut: without("video") },
  },
  {
    code: "missing-track",
    level: "bad",
    verdict: /^Audio is announced, and only video comes: check/,
    habits: { isLeftOut: without("audio") },
  },
  {
    code: "track-stopped",
    level: "bad",
    verdict: /^No video for 8\.0 s while audio goes on: check/,
    habits: { isLeftOut: without("video", 12_000) },
  },
  {
    code: "track-stopped",
    level: "bad",
    verdict: /^No audio for 8\.\d s while video goes on: check/,
    habits: { isLeftOut: without("audio", 12_000) },
  },
  {
    code: "timestamp-jumps",
    level: "bad",
    verdict: /^Timestamps jumped 2 times in the last half minute: let/,
    habits: {
      videoTime: (time) => (time > 10_000 ? time + 60_000 : time),
      audioTime: (time) => (time > 10_000 ? time + 60_000 : time),
    },
  },
  {
    code: "timestamps-back",
    level: "warning",
    verdict: /^Timestamps stepped back 9 times in the last half minute, by 47 ms at most: give/,
    habits: { videoTime: (time) => (time > 0 && time % 2000 === 0 ? time - 80 : time) },
  },
  {
    code: "timestamps-back",
    level: "bad",
    habits: { audioTime: (time) => (Math.round(time) % 5 === 0 ? time - 60 : time) },
  },
  {
    code: "timestamp-gaps",
    level: "warning",
    habits: { isLeftOut: ({ timestamp }) => timestamp > 12_000 && timestamp < 14_500 },
  },
  {
    code: "too-fast",
    level: "bad",
    verdict: /^Media comes at 3\.00 times real time: send in real time \(FFmpeg: -re/,
    habits: { seconds: 60, arrival: (atMs) => atMs / 3 },
  },
  {
    code: "too-fast",
    level: "bad",
    verdict: /^20\.0 s of media came in 0\.2 s: send/,
    habits: { arrival: (atMs) => atMs / 100 },
  },
  {
    code: "too-fast",
    level: "warning",
    verdict: /^Media comes at 1\.20 times real time: send/,
    habits: { seconds: 60, arrival: (atMs) => atMs / 1.2 },
  },
  {
    code: "falls-behind",
    level: "bad",
    verdict: /^Media comes at 0\.80 times real time, and is [56]\.\d s late by now: lower the video bitrate/,
    habits: { seconds: 40, arrival: (atMs) => atMs / 0.8 },
  },
  {
    code: "falls-behind",
    level: "warning",
    verdict: /^Media comes at 0\.95 times/,
    habits: { seconds: 40, arrival: (atMs) => atMs / 0.95 },
  },
  {
    code: "late-media",
    level: "warning",
    verdict: /^Media comes up to 2\.0 s late: lower/,
    habits: { seconds: 34, arrival: inBursts },
  },
  {
    code: "long-gop",
    level: "warning",
    verdict: /^Keyframe every 10\.0 s: set the keyframe interval to 2 s, so that viewers start faster/,
    habits: { seconds: 35, keyframeEvery: (picture) => picture % 300 === 0 },
  },
  {
    code: "long-gop",
    level: "bad",
    verdict: /^Keyframe every 20\.0 s: set/,
    habits: { seconds: 45, keyframeEvery: (picture) => picture % 600 === 0 },
  },
  {
    code: "long-gop",
    level: "warning",
    verdict: /^No second keyframe within 8\.0 s: set/,
    habits: { seconds: 8, keyframeEvery: (picture) => picture === 0 },
  },
  {
    code: "uneven-gop",
    level: "warning",
    verdict: /^Keyframes are 1\.0 s to 7\.0 s apart: set a fixed/,
    habits: { keyframeEvery: (picture) => (picture < 300 ? picture % 30 === 0 : picture % 480 === 0) },
  },
  {
    code: "audio-video-drift",
    level: "warning",
    verdict: /^Audio has drifted 3\d\d ms ahead of video: take/,
    habits: { seconds: 60, audioTime: (time) => time * 1.01 },
  },
  {
    code: "audio-video-drift",
    level: "bad",
    verdict: /^Audio has drifted 1\.\d s behind video: take/,
    habits: { seconds: 60, audioTime: (time) => time * 0.96 },
  },
  {
    code: "audio-video-offset",
    level: "warning",
    verdict: /^Audio is 9\d\d ms behind video: remove/,
    habits: { videoTime: (time) => time + 1000 },
  },
  {
    code: "audio-video-offset",
    level: "bad",
    habits: { audioTime: (time) => time + 3000 },
  },
  {
    code: "late-track",
    level: "warning",
    verdict: /^Audio began 2\.0 s after video: begin/,
    habits: { isLeftOut: ({ kind, timestamp, payload }) => kind === "audio" && payload[1] === 1 && timestamp < 2000 },
  },
  {
    code: "poor-interleave",
    level: "warning",
    verdict: /^Audio and video come in turns of up to 1\.\d s: send/,
    habits: { audioArrival: (atMs) => Math.ceil(atMs / 1500) * 1500 },
  },
  {
    code: "low-frame-rate",
    level: "warning",
    verdict: /^24 frames\/s come, and 30 are announced: check/,
    habits: { frameRate: 24 },
  },
  { code: "low-frame-rate", level: "bad", verdict: /^15 frames/, habits: { frameRate: 15 } },
  {
    code: "uneven-frame-rate",
    level: "warning",
    verdict: /^Pictures are 33 ms apart, give or take 2\d ms: encode/,
    habits: { videoTime: (time) => time + (Math.round(time * 0.03) % 2) * 28 },
  },
  {
    code: "high-bitrate",
    level: "warning",
    verdict: /^Video has 7\.2 Mbit\/s, and 2\.4 Mbit\/s are announced: limit/,
    habits: { pictureBytes: () => 30_000 },
  },
  {
    code: "high-bitrate",
    level: "warning",
    verdict: /^Audio has \d+ kbit\/s, and 128 kbit\/s are announced: limit/,
    habits: { soundBytes: 1000 },
  },
  {
    code: "low-bitrate",
    level: "warning",
    verdict: /^Video has 240 kbit\/s, and 2\.4 Mbit\/s are announced: check/,
    habits: { pictureBytes: () => 1000 },
  },
  {
    code: "bitrate-spikes",
    level: "warning",
    verdict: /^Video has 2\.\d Mbit\/s, and up to 1\d\.\d Mbit\/s in a second: smooth/,
    habits: { seconds: 25, pictureBytes: (picture) => (picture % 300 < 30 ? 55_000 : 4_000) },
  },
  {
    code: "unplayable-codec",
    level: "warning",
    verdict: /^Browsers cannot play FLV1: encode/,
    habits: { videoConfig: undefined, picture: hex`22 00 00 84 00 00 00` },
  },
  {
    code: "unplayable-codec",
    level: "warning",
    verdict: /^Browsers cannot play Speex: encode/,
    habits: { audioConfig: undefined, sound: hex`b6 00 00` },
  },
  {
    code: "missing-metadata",
    level: "warning",
    verdict: /^No metadata \(onMetaData\) came: let/,
    habits: { metadata: undefined },
  },
  {
    code: "unanswered-pings",
    level: "warning",
    verdict: /^The last 3 pings were not answered: check/,
    network: { hasAnsweredPing: true, unansweredPings: 3, roundTripMs: 20 },
  },
  {
    code: "high-round-trip",
    level: "warning",
    verdict: /^A ping takes 800 ms there and back: lower/,
    network: { hasAnsweredPing: true, roundTripMs: 800 },
  },
  {
    code: "unacknowledged",
    level: "warning",
    verdict: /^It never acknowledged what it was sent: report/,
    network: { hasAcknowledged: false, sentBytes: 10_000_000, acknowledgeEveryBytes: 2_500_000 },
  },
];

describe("a bad publisher is found out", () => {
  for (const { code, level, verdict, habits, network, afterMs } of BAD_PUBLISHERS) {
    test(`${code}, ${level}: ${verdict?.source ?? "among others"}`, () => {
      const options = network === undefined ? {} : { network: () => network };
      const report = healthOf(habits, options, afterMs);
      const found = report.findings.find((finding) => finding.code === code);
      equal(found?.level, level, report.verdict);
      equal(found.advice, HEALTH_CODES[code].advice);
      if (verdict === undefined) return;
      match(report.verdict, verdict);
      equal(report.level, level);
      equal(report.findings[0]?.code, code);
    });
  }

  test("configuration-changed, warning, for a minute", () => {
    const publisher = meteredPublisher();
    publisher.send(arrivalsOf());
    publisher.send([{ atMs: 20_000, kind: "video", timestamp: 20_000, payload: OTHER_AVC_CONFIG }]);
    const later = (from: number): Arrival[] =>
      arrivalsOf({ seconds: 40 })
        .filter(({ timestamp }) => timestamp > 0)
        .map((each) => ({ ...each, atMs: each.atMs + from, timestamp: each.timestamp + from }));
    publisher.send(later(20_000));
    const report = publisher.report(60_000);
    match(report.verdict, /^Video changed from 320×240 to 640×480 40 s ago: keep/);
    equal(report.level, "warning");
    publisher.send(later(60_000));
    equal(publisher.report(100_000).level, "good");
  });

  test("every finding has a bad publisher", () => {
    const tested = new Set<string>(BAD_PUBLISHERS.map(({ code }) => code)).add("configuration-changed");
    deepEqual(
      Object.keys(HEALTH_CODES).filter((code) => !tested.has(code)),
      [],
    );
  });
});

describe("a good publisher has no findings", () => {
  const GOOD: Readonly<Record<string, Habits>> = {
    "a usual one": {},
    "for two minutes": { seconds: 120 },
    "60 frames/s": { frameRate: 60, metadata: { videocodecid: 7, audiocodecid: 10, framerate: 60 } },
    "NTSC rates, by name": {
      frameRate: 29.97,
      metadata: { videocodecid: "avc1", audiocodecid: "mp4a", framerate: "29.97" },
    },
    "without any figures": { metadata: { encoder: "obs-output module" } },
    "video alone": { isLeftOut: without("audio"), metadata: { videocodecid: 7, framerate: 30 } },
    "audio alone": { isLeftOut: without("video"), metadata: { audiocodecid: 10 } },
    "scene cuts": { keyframeEvery: (picture) => picture % 60 === 0 || picture % 137 === 0 },
    "a still picture": { pictureBytes: (picture) => (picture % 60 === 0 ? 60_000 : 5_000) },
    "no timestamps of its own time": { videoTime: (time) => time + 86_400_000, audioTime: (time) => time + 86_400_000 },
    "timestamps that begin again at 2^32": {
      videoTime: (time) => time + 2 ** 32 - 10_000,
      audioTime: (time) => time + 2 ** 32 - 10_000,
    },
    "timestamps that begin again at 2^24": {
      videoTime: (time) => (time + 2 ** 24 - 10_000) % 2 ** 24,
      audioTime: (time) => (time + 2 ** 24 - 10_000) % 2 ** 24,
    },
    "what it had in its buffers comes at once": { arrival: (atMs) => Math.max(0, atMs - 3000) },
    "read in rounds of 100 ms": { arrival: (atMs) => Math.ceil(atMs / 100) * 100 },
    "uneven by 200 ms": { arrival: (atMs) => (atMs % 1000 < 800 ? atMs : Math.ceil(atMs / 1000) * 1000) },
    "one stall of 2 s that is caught up with": {
      seconds: 40,
      arrival: (atMs) => (atMs > 20_000 && atMs < 22_000 ? 22_000 : atMs),
    },
    "a clock that is 200 ppm off": { seconds: 60, arrival: (atMs) => atMs * 1.0002 },
    "a slide show": { frameRate: 0.5, keyframeEvery: () => true, metadata: { videocodecid: 7 }, seconds: 40 },
    "speech with pauses": {
      audioConfig: undefined,
      sound: hex`2f ff fb 90`,
      metadata: { videocodecid: 7, audiocodecid: 2 },
    },
  };
  for (const [name, habits] of Object.entries(GOOD)) {
    test(name, () => {
      const { level, verdict, findings, figures } = healthOf(habits);
      deepEqual([level, findings], ["good", []], verdict);
      match(verdict, /^All is well: /);
      ok(!JSON.stringify(figures).includes("null"), "all figures are numbers");
    });
  }

  test("one that answers no pings, as OBS does, and had to acknowledge nothing", () => {
    const network = { hasAnsweredPing: false, unansweredPings: 50, hasAcknowledged: false, sentBytes: 4000 };
    const { level, figures } = healthOf({}, { network: () => ({ ...network, acknowledgeEveryBytes: 2_500_000 }) });
    equal(level, "good");
    deepEqual([figures.hasAnsweredPing, figures.hasAcknowledged], [false, false]);
  });
});

test("the verdict names what comes", () => {
  equal(
    healthOf().verdict,
    "All is well: H.264 Constrained Baseline 3.0 320×240 at 30 frames/s, 2.4 Mbit/s, keyframe every 2.0 s, AAC-LC 48 kHz stereo at 128 kbit/s.",
  );
  equal(
    healthOf({ isLeftOut: without("video"), metadata: {} }).verdict,
    "All is well: AAC-LC 48 kHz stereo at 128 kbit/s.",
  );
});

test("the figures are what came", () => {
  const network = { hasAnsweredPing: true, roundTripMs: 12.4, unansweredPings: 0, hasAcknowledged: true };
  const { figures } = healthOf({ seconds: 30 }, { network: () => network });
  const { videoBitrate = 0, audioBitrate = 0, jitterMs = 0, interleaveMs = 0, audioAheadMs = 99, ...others } = figures;
  ok(Math.abs(videoBitrate - 2_400_000) < 10_000, `${videoBitrate}`);
  ok(Math.abs(audioBitrate - 127_500) < 2_000, `${audioBitrate}`);
  ok(jitterMs <= 1 && interleaveMs <= 34 && Math.abs(audioAheadMs) <= 20);
  deepEqual(others, {
    watchedMs: 29_995,
    timestampsBack: 0,
    timestampGaps: 0,
    timestampRepairs: 0,
    declaredVideoBitrate: 2_400_000,
    declaredAudioBitrate: 128_000,
    frameRate: 30,
    declaredFrameRate: 30,
    gopMs: { least: 2000, mean: 2000, most: 2000 },
    audioVideoDriftMs: 0,
    speed: 1,
    roundTripMs: 12,
    hasAcknowledged: true,
    hasAnsweredPing: true,
  });
});

test("there is no verdict in the first five seconds, unless something is plainly wrong", () => {
  const { level, verdict, findings } = healthOf({ seconds: 4 });
  deepEqual([level, verdict, findings], ["unknown", "There is a verdict after 5 seconds.", []]);
  equal(healthOf({ seconds: 20, arrival: (atMs) => atMs / 100 }).level, "bad");
});

test("what was bad is forgotten after half a minute", () => {
  const once: Habits = { videoTime: (time) => (Math.round(time) === 10_000 ? time - 500 : time) };
  equal(healthOf({ ...once, seconds: 30 }).findings[0]?.code, "timestamps-back");
  const later = healthOf({ ...once, seconds: 50 });
  deepEqual([later.level, later.figures.timestampsBack, later.figures.timestampRepairs], ["good", 1, 1]);
});

test("what is bad stands before what is a warning, whatever it is about", () => {
  const { level, findings } = healthOf({
    seconds: 45,
    metadata: undefined,
    keyframeEvery: (picture) => picture % 600 === 0,
    audioTime: (time) => time + 1000,
  });
  equal(level, "bad");
  deepEqual(
    findings.map((finding) => `${finding.level} ${finding.code}`),
    ["bad long-gop", "warning audio-video-offset", "warning late-track", "warning missing-metadata"],
  );
});

test("this side's own delay is not the publisher's", () => {
  const late: Habits = { seconds: 34, arrival: inBursts };
  equal(healthOf(late).findings[0]?.code, "late-media");
  equal(healthOf(late, { ownDelayMs: 1500 }).level, "good");
  const network = { hasAnsweredPing: true, roundTripMs: 650 };
  equal(healthOf({}, { network: () => network }).findings[0]?.code, "high-round-trip");
  equal(healthOf({}, { network: () => network, ownDelayMs: 100 }).level, "good");
});

test("further tracks count in the bitrate, and in nothing else", () => {
  const second: Arrival[] = arrivalsOf({ isLeftOut: without("audio") })
    .filter(({ payload, kind }) => kind === "video" && payload[1] === 1)
    // Enhanced, multitrack, one track, coded frames without composition time; AV1, track 1.
    .map((arrival) => ({
      ...arrival,
      timestamp: arrival.timestamp + 5000,
      payload: hex`a6 03 61763031 01 0000000000`,
    }));
  const publisher = meteredPublisher();
  publisher.send([...arrivalsOf(), ...second].sort((left, right) => left.atMs - right.atMs));
  const { level, figures, verdict } = publisher.report(20_000);
  equal(level, "good", verdict);
  ok((figures.videoBitrate ?? 0) > 2_402_000, `${figures.videoBitrate}`);
  equal(figures.frameRate, 30);
});

test("metadata that cannot be read, and metadata without end, do no harm", () => {
  const publisher = meteredPublisher();
  const bad = hex`02 000a 6f6e4d65746144617461 ff`;
  publisher.send(Array.from({ length: 100 }, () => ({ atMs: 0, kind: "data" as const, timestamp: 0, payload: bad })));
  publisher.send(arrivalsOf({ metadata: undefined, audioConfig: AAC_CONFIG }));
  equal(publisher.report(20_000).level, "good");
});

test("the last report stays until the next publication begins", () => {
  const publisher = meteredPublisher();
  const { broadcast } = publisher;
  equal(broadcast.healthAt(100_000)?.level, "unknown");
  publisher.send(arrivalsOf());
  publisher.end(20_000);
  const last = broadcast.healthAt(500_000);
  equal(last?.level, "good");
  equal(last.figures.watchedMs, 20_000);
  broadcast.publish({ description: "a relay", isRelay: true, replaced() {} }, 600_000);
  equal(broadcast.healthAt(600_000), undefined);
});
