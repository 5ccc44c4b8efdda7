import { inBits, inNumber, inSeconds } from "./figures-in-words.ts";
import { gravityOf } from "./health-codes.ts";
import type { HealthFacts } from "./health-facts.ts";
import type { HealthFigures, HealthFinding, HealthReport } from "./health-report.ts";
import { HEALTH_THRESHOLDS } from "./health-thresholds.ts";
import { networkChecks } from "./network-findings.ts";
import { pictureChecks } from "./picture-findings.ts";
import { driftOf, jitterOf, timingChecks } from "./timing-findings.ts";
import { trackChecks } from "./track-findings.ts";

const CHECKS = [...trackChecks, ...timingChecks, ...pictureChecks, ...networkChecks];

/** From facts to findings, figures and a verdict. */
export function judgeHealth(facts: HealthFacts): HealthReport {
  const findings = CHECKS.map((check) => check(facts)).filter((finding) => finding !== undefined);
  findings.sort((left, right) => rankOf(left) - rankOf(right));
  const figures = figuresOf(facts);
  const [gravest] = findings;
  if (gravest !== undefined) {
    return { level: gravest.level, verdict: `${capital(gravest.text)}: ${gravest.advice}.`, findings, figures };
  }
  if (facts.watchedMs < HEALTH_THRESHOLDS.leastWatchedMs) {
    const seconds = HEALTH_THRESHOLDS.leastWatchedMs / 1000;
    return { level: "unknown", verdict: `There is a verdict after ${seconds} seconds.`, findings, figures };
  }
  return { level: "good", verdict: `All is well: ${describeMedia(facts, figures)}.`, findings, figures };
}

/** Whatever is bad stands before all that is a warning. */
function rankOf({ level, code }: HealthFinding): number {
  return (level === "bad" ? 0 : 1000) + gravityOf(code);
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function figuresOf(facts: HealthFacts): HealthFigures {
  const { window, declared, network, video, audio } = facts;
  const { seconds, videoBytes, audioBytes, steps, ahead, pace } = window;
  return {
    watchedMs: Math.round(facts.watchedMs),
    timestampsBack: facts.timestampsBack,
    timestampGaps: facts.timestampGaps,
    timestampRepairs: facts.timestampRepairs,
    ...known({
      videoBitrate: video.frames > 0 && seconds > 0 ? Math.round((videoBytes * 8) / seconds) : undefined,
      audioBitrate: audio.frames > 0 && seconds > 0 ? Math.round((audioBytes * 8) / seconds) : undefined,
      declaredVideoBitrate: declared?.videoBitrate,
      declaredAudioBitrate: declared?.audioBitrate,
      frameRate: steps === undefined || steps.mean === 0 ? undefined : rounded(1000 / steps.mean, 100),
      declaredFrameRate: declared?.frameRate,
      gopMs: facts.gops.summary,
      audioAheadMs: ahead && Math.round(ahead.mean),
      audioVideoDriftMs: roundedOr(driftOf(facts)),
      interleaveMs: ahead && Math.max(ahead.most, -ahead.least),
      speed: pace && rounded(pace.speed, 1000),
      jitterMs: roundedOr(jitterOf(facts)),
      roundTripMs: roundedOr(network.roundTripMs),
      hasAcknowledged: network.hasAcknowledged,
      hasAnsweredPing: network.hasAnsweredPing,
    }),
  };
}

type Known<Value> = { [Name in keyof Value]?: Exclude<Value[Name], undefined> };

/** Without the members that are undefined. */
function known<Value extends object>(value: Value): Known<Value> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Known<Value>;
}

function rounded(value: number, places: number): number {
  return Math.round(value * places) / places;
}

function roundedOr(value: number | undefined): number | undefined {
  // And no -0.
  return value === undefined ? undefined : Math.round(value) || 0;
}

/** "H.264 High 4.1 1920×1080 at 30 frames/s, 6.0 Mbit/s, keyframe every 2.0 s, AAC-LC 48 kHz stereo" */
function describeMedia({ tracks, video, audio }: HealthFacts, figures: HealthFigures): string {
  const textOf = (kind: "video" | "audio", trackId: number): string | undefined =>
    tracks.find((track) => track.kind === kind && track.trackId === trackId)?.codec.text;
  const { frameRate, videoBitrate, audioBitrate, gopMs } = figures;
  const words: (string | undefined)[] = [];
  if (video.frames > 0) {
    const rate = frameRate === undefined ? "" : ` at ${inNumber(frameRate)} frames/s`;
    words.push(
      `${textOf("video", video.trackId) ?? "video"}${rate}`,
      videoBitrate === undefined ? undefined : inBits(videoBitrate),
      gopMs === undefined ? undefined : `keyframe every ${inSeconds(gopMs.mean)}`,
    );
  }
  if (audio.frames > 0) {
    const bits = audioBitrate === undefined ? "" : ` at ${inBits(audioBitrate)}`;
    words.push(`${textOf("audio", audio.trackId) ?? "audio"}${bits}`);
  }
  return words.filter((word) => word !== undefined).join(", ") || "data alone";
}
