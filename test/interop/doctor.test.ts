import { deepEqual, equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import type { HealthCode } from "../../src/broadcast/health/health-codes.ts";
import type { HealthReport } from "../../src/broadcast/health/health-report.ts";
import { type BroadcastTap, tapBroadcast, videoAt } from "../support/broadcast-tap.ts";
import { type LiveServer, startLiveServer } from "../support/live-server.ts";
import { assertEndedWell, startPeer } from "../support/peer-process.ts";
import { requirePeer } from "../support/require-peer.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** What FFmpeg makes by itself: it needs no file, and can do it wrong. */
const PICTURE = ["-f", "lavfi", "-i", "testsrc=size=320x240:rate=30"];
const SOUND = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"];
const PICTURE_CODEC = [
  "-c:v",
  "libx264",
  "-preset",
  "ultrafast",
  "-b:v",
  "800k",
  "-maxrate",
  "800k",
  "-bufsize",
  "800k",
];
const SOUND_CODEC = ["-c:a", "aac", "-b:a", "96k"];
const QUIET = ["-hide_banner", "-nostdin", "-loglevel", "warning"];

/** A machine that has much else to do is late by itself: whether media comes in time is tested with a clock that is moved. */
const OF_THE_MACHINE: ReadonlySet<HealthCode> = new Set([
  "falls-behind",
  "late-media",
  "high-round-trip",
  "nothing-comes",
]);

type Examination = {
  readonly seconds?: number;
  readonly encode: readonly string[];
  /** Before and behind the input. @default in real time, as it is */
  readonly inputOptions?: readonly string[];
  readonly outputOptions?: readonly string[];
  readonly untilMs?: number;
};

/**
 * FFmpeg encodes, which takes as long as it takes, and then publishes that for some time; the server's report on it when
 * so much media has come.
 */
async function examine(t: TestContext, examination: Examination): Promise<HealthReport> {
  const { seconds = 14, encode, inputOptions = ["-re"], outputOptions = [], untilMs = 9000 } = examination;
  const file = join(temporaryFolder(t), "encoded.flv");
  const ffmpeg = requirePeer("ffmpeg");
  const encoder = startPeer(t, ffmpeg, [...QUIET, ...encode, "-t", `${seconds}`, "-f", "flv", file]);
  assertEndedWell(encoder, await encoder.done);
  const live = await startLiveServer(t);
  const tap = tapBroadcast(t, live);
  const output = ["-c", "copy", ...outputOptions, "-f", "flv", live.url()];
  const publisher = startPeer(t, ffmpeg, [...QUIET, ...inputOptions, "-i", file, ...output]);
  await judged(live, tap, untilMs);
  const report = reportOf(live);
  await publisher.stop();
  return report;
}

/** Until as much media has come, and the doctor has a verdict. */
async function judged(live: LiveServer, tap: BroadcastTap, untilMs: number): Promise<void> {
  await tap.until(`${untilMs} ms of video`, videoAt(untilMs), 60_000);
  while (reportOf(live).level === "unknown") await new Promise((resolve) => setImmediate(resolve));
}

function reportOf(live: LiveServer): HealthReport {
  const report = live.server.broadcasts.get("live/key")?.healthAt(performance.now());
  ok(report !== undefined);
  return report;
}

function codesOf({ findings }: HealthReport): string[] {
  return findings.map(({ code }) => code).filter((code) => !OF_THE_MACHINE.has(code));
}

const ALL = [...PICTURE, ...SOUND];
const WELL = [...PICTURE_CODEC, "-g", "60", ...SOUND_CODEC];

describe("what FFmpeg publishes is judged", { concurrency: true }, () => {
  test("as it should be: all is well", async (t) => {
    const report = await examine(t, { encode: [...ALL, ...WELL] });
    deepEqual(codesOf(report), [], report.verdict);
    if (report.findings.length === 0)
      match(report.verdict, /^All is well: H\.264 .*keyframe every 2\.0 s, AAC-LC 48 kHz mono/);
    deepEqual([report.figures.declaredFrameRate, report.figures.gopMs?.mean], [30, 2000]);
    deepEqual([report.figures.frameRate, report.figures.timestampRepairs], [30, 0]);
  });

  test("-g 300: keyframes are far apart", async (t) => {
    const encode = [...PICTURE, ...PICTURE_CODEC, "-g", "300", "-sc_threshold", "0"];
    const report = await examine(t, { encode, untilMs: 13_000 });
    deepEqual(codesOf(report), ["long-gop"], report.verdict);
    equal(report.findings.find(({ code }) => code === "long-gop")?.text, "keyframe every 10.0 s");
  });

  test("without -re: too fast", async (t) => {
    const report = await examine(t, { seconds: 90, encode: [...ALL, ...WELL], inputOptions: [], untilMs: 60_000 });
    deepEqual([codesOf(report)[0], report.level], ["too-fast", "bad"], report.verdict);
    match(report.verdict, /: send in real time \(FFmpeg: -re before -i\)\.$/);
  });

  test("-itsoffset: sound begins late", async (t) => {
    const report = await examine(t, { encode: [...PICTURE, "-itsoffset", "2", ...SOUND, ...WELL] });
    deepEqual(codesOf(report), ["late-track"], report.verdict);
    match(report.findings.map(({ text }) => text).join(), /audio began 2\.0 s after video/);
  });

  test("setpts with jitter: pictures come at uneven distances", async (t) => {
    const uneven = [
      "-vf",
      "settb=1/1000,setpts='PTS+mod(N,2)*28'",
      "-fps_mode",
      "passthrough",
      "-enc_time_base",
      "1:1000",
      "-bf",
      "0",
    ];
    const report = await examine(t, { encode: [...PICTURE, ...uneven, ...PICTURE_CODEC, "-g", "60"] });
    ok(codesOf(report).includes("uneven-frame-rate"), report.verdict);
  });

  test("FLV1 and MP3: browsers cannot play it", async (t) => {
    const codecs = ["-c:v", "flv1", "-b:v", "500k", "-g", "60", "-c:a", "libmp3lame", "-ar", "44100"];
    const report = await examine(t, { encode: [...ALL, ...codecs] });
    deepEqual(codesOf(report), ["unplayable-codec"], report.verdict);
  });

  test("a bitrate that is announced and not kept", async (t) => {
    const codec = ["-c:v", "libx264", "-preset", "ultrafast", "-b:v", "20M", "-g", "60"];
    const report = await examine(t, {
      encode: ["-f", "lavfi", "-i", "color=size=320x240:rate=30", ...codec],
      untilMs: 11_000,
    });
    // Where media comes too slowly, there is no saying what its bitrate is.
    const isSlow = report.findings.some(({ code }) => code === "falls-behind");
    deepEqual(codesOf(report), isSlow ? [] : ["low-bitrate"], report.verdict);
    equal(report.figures.declaredVideoBitrate, 19_531_250);
  });

  test("-flvflags no_metadata", async (t) => {
    const report = await examine(t, { encode: [...ALL, ...WELL], outputOptions: ["-flvflags", "no_metadata"] });
    deepEqual(codesOf(report), ["missing-metadata"], report.verdict);
  });
});
