import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { hex } from "../../bytes/hex.ts";
import { hasMembers } from "../../formats/amf/amf-value.ts";
import { encodeAmf0 } from "../../formats/amf/amf0-encoder.ts";
import { classifyMedia } from "../../formats/flv/classify.ts";
import type { MediaMessage } from "../../formats/flv/media-message.ts";
import { BroadcastAnalysis, type BroadcastReport } from "./broadcast-analysis.ts";

/** When it came, and what. */
type Arrival = readonly [atMs: number, kind: MediaMessage["kind"], timestamp: number, payload: Uint8Array];

function analyse(arrivals: Iterable<Arrival>): BroadcastReport {
  const analysis = new BroadcastAnalysis();
  for (const [atMs, kind, timestamp, payload] of arrivals)
    analysis.write(classifyMedia(kind, timestamp, payload), atMs);
  return analysis.report;
}

const KEYFRAME = hex`17 01 000050 00000001 65`; // AVC, composition time 80 ms
const INTER = hex`27 01 000000 00000001 41`;
const DISPOSABLE = hex`37 01 000028 00000001 01`;
const AAC_CONFIG = hex`af 00 1210`; // AAC-LC 44.1 kHz stereo
const AAC_FRAME = hex`af 01 21 10 04`;

/** A picture each 40 ms, a keyframe each second, and a sound each 20 ms, as they are due. */
function* usual(seconds: number, driftPerSecondMs = 0): Iterable<Arrival> {
  yield [0, "audio", 0, AAC_CONFIG];
  for (let atMs = 0; atMs < seconds * 1000; atMs += 20) {
    const picture = atMs % 80 === 0 ? INTER : DISPOSABLE;
    if (atMs % 40 === 0) yield [atMs, "video", atMs, atMs % 1000 === 0 ? KEYFRAME : picture];
    yield [atMs, "audio", atMs + Math.round((atMs * driftPerSecondMs) / 1000), AAC_FRAME];
  }
}

test("whole GOPs are counted while they come", () => {
  const analysis = new BroadcastAnalysis();
  equal(analysis.wholeGops, Number.POSITIVE_INFINITY, "sound alone has none to wait for");
  const counts = [INTER, KEYFRAME, INTER, KEYFRAME, KEYFRAME].map((payload, index) => {
    analysis.write(classifyMedia("video", 40 * index, payload), 0);
    return analysis.wholeGops;
  });
  deepEqual(counts, [0, 0, 0, 1, 2]);
});

test("rates, steps and GOPs of what comes in order", () => {
  const { tracks, arrival, interleave, unreadable } = analyse(usual(4));
  equal(unreadable, 0);
  const [video, audio] = tracks;
  equal(tracks.length, 2);
  equal(video?.kind, "video");
  equal(video.frameRate, 25);
  deepEqual(video.steps, { count: 99, least: 40, mean: 40, greatest: 40, usual: 40 });
  equal(video.bitrate, 25 * 5 * 8);
  equal(video.peakBitrate, 25 * 5 * 8);
  equal(video.durationMs, 4000);
  deepEqual([video.stepsBack, video.gaps], [0, 0]);
  equal(video.pictures?.keyframes, 4);
  equal(video.pictures.disposable, 48);
  deepEqual(video.pictures.gopMs, { count: 3, least: 1000, mean: 1000, greatest: 1000, usual: 1000 });
  deepEqual(video.pictures.gopFrames, { count: 3, least: 25, mean: 25, greatest: 25, usual: 25 });
  equal(video.pictures.compositionMs?.greatest, 80);
  equal(audio?.codec?.text, "AAC-LC 44.1 kHz stereo");
  equal(audio.frameRate, 50);
  equal(audio.pictures, undefined);
  equal(interleave?.greatestMs, 20);
  ok(Math.abs(interleave.driftMs) < 1);
  equal(arrival.watchedMs, 3980);
  ok(Math.abs((arrival.speed ?? 0) - 1) < 0.01);
});

test("audio that runs away from video is told", () => {
  const { interleave } = analyse(usual(10, 10));
  ok(interleave !== undefined);
  ok(Math.abs(interleave.driftMs - 100) < 3, `${interleave.driftMs}`);
  equal(analyse(usual(1, 10)).interleave?.driftMs, 0);
});

test("what came at once is told apart from what comes in time", () => {
  const { arrival } = analyse(
    [...usual(6)].map(([atMs, ...message]) => [Math.max(0, atMs - 3000), ...message] as const),
  );
  equal(arrival.burstMs, 3240);
  ok(Math.abs((arrival.speed ?? 0) - 1) < 0.02, `${arrival.speed}`);
  equal(analyse([]).arrival.speed, undefined);
});

test("GOPs of different lengths, a step back and a gap", () => {
  const times = [0, 40, 80, 60, 1000, 1040, 4000];
  const { tracks } = analyse(
    times.map((timestamp) => [timestamp, "video", timestamp, timestamp % 1000 === 0 ? KEYFRAME : INTER] as const),
  );
  equal(tracks[0]?.stepsBack, 1);
  equal(tracks[0].gaps, 2);
  deepEqual(tracks[0].pictures?.gopFrames, { count: 2, least: 2, mean: 3, greatest: 4, usual: 2 });
  deepEqual(tracks[0].pictures.gopMs, { count: 2, least: 1000, mean: 2000, greatest: 3000, usual: 1000 });
});

test("timestamps that wrap at 32 bits go on", () => {
  const start = 2 ** 32 - 60;
  const times = [0, 40, 80, 120].map((offset) => (start + offset) % 2 ** 32);
  const [video] = analyse(times.map((timestamp) => [0, "video", timestamp, INTER] as const)).tracks;
  deepEqual([video?.stepsBack, video?.durationMs, video?.steps?.greatest], [0, 160, 40]);
});

test("each track of messages with many is looked at for itself", () => {
  const both = hex`
    96                     ; enhanced, keyframe, multitrack:
    11 61763031            ;   many tracks, coded frames, AV1
    00 000002 0a 0b        ;   track 0: 2 bytes
    01 000003 0a 0b 0c     ;   track 1: 3 bytes
  `;
  const { tracks } = analyse([
    [0, "video", 0, both],
    [40, "video", 40, both],
  ]);
  deepEqual(
    tracks.map(({ trackId, bytes, codec, pictures }) => [trackId, bytes, codec?.codec, pictures?.keyframes]),
    [
      [0, 4, "av1", 2],
      [1, 6, "av1", 2],
    ],
  );
});

test("metadata is kept, other data is counted by name, with a bound", () => {
  const data = (name: string, ...values: unknown[]): Arrival => [
    0,
    "data",
    0,
    encodeAmf0(name, ...values.map((value) => value as object)),
  ];
  const { metadata, data: names } = analyse([
    data("onMetaData", { width: 320 }),
    data("@setDataFrame", "onMetaData", { width: 640 }),
    data("onCuePoint", {}),
    data("onCuePoint", {}),
    ...Array.from({ length: 100 }, (_, index) => data(`invented${index}`)),
  ]);
  ok(hasMembers(metadata));
  equal(metadata.get("width"), 640);
  equal(names.get("onCuePoint"), 2);
  equal(names.size, 64);
});

test("what cannot be read is counted", () => {
  const { tracks, unreadable } = analyse([
    [0, "video", 0, hex`17`],
    [0, "video", 0, hex`90 68`],
    [0, "audio", 0, hex``],
    [0, "data", 0, hex`02 000a 6f6e4d65746144617461 ff`],
    [0, "video", 0, KEYFRAME],
  ]);
  equal(unreadable, 2);
  equal(tracks[0]?.frames, 1);
  equal(tracks[0].bitrate, undefined);
});

test("a codec whose header tells nothing is told by its first frames", () => {
  const { tracks } = analyse([
    [0, "audio", 0, hex`90 61632d33`], // AC-3, an empty header
    [0, "audio", 0, hex`94 61632d33 01 02 00000003`], // two channels
    [0, "audio", 0, hex`91 61632d33 0b77 0000 14 40 43 e100`], // 48 kHz, 2/0
  ]);
  equal(tracks[0]?.codec?.text, "AC-3 48 kHz stereo");
});
