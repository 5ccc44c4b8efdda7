import { codecName } from "../../formats/flv/codec-description.ts";
import type { Track } from "../tracks.ts";
import { inSeconds } from "./figures-in-words.ts";
import { type Check, createFinding } from "./finding.ts";
import type { HealthFacts } from "./health-facts.ts";
import { HEALTH_THRESHOLDS as THRESHOLDS } from "./health-thresholds.ts";
import { isOneSided } from "./timing-findings.ts";

/** Codecs whose decoders cannot begin without a configuration. */
const CONFIGURED_CODECS: ReadonlySet<string> = new Set(["avc", "hevc", "vvc", "av1", "aac"]);

/** Codecs that no browser plays: all of FLV's own time. */
const UNPLAYABLE_CODECS: ReadonlySet<string> = new Set([
  "flv1",
  "screen1",
  "screen2",
  "vp6",
  "vp6-alpha",
  "h263",
  "jpeg",
  "speex",
  "nellymoser",
  "adpcm",
  "pcm",
  "g711-alaw",
  "g711-mulaw",
]);

type Kind = Track["kind"];
const KINDS: readonly Kind[] = ["video", "audio"];

/** What is wrong with which tracks there are, and what they carry. */
export const trackChecks: readonly Check[] = [
  ({ silentMs }) =>
    silentMs < THRESHOLDS.silentMs
      ? undefined
      : createFinding("nothing-comes", "bad", `nothing came for ${inSeconds(silentMs)}`),

  (facts) => {
    const kind = KINDS.find((each) => lacksConfiguration(facts, each));
    const codec = kind && codecOf(facts, kind);
    return codec === undefined
      ? undefined
      : createFinding(
          "missing-configuration",
          "bad",
          `${codecName(codec)} without its configuration (${HEADERS[codec] ?? "sequence header"})`,
        );
  },

  (facts) => {
    const { declared, watchedMs } = facts;
    if (declared === undefined || watchedMs < THRESHOLDS.missingTrackMs) return undefined;
    const missing = KINDS.find(
      (kind) => facts[kind].frames === 0 && (kind === "video" ? declared.hasVideo : declared.hasAudio),
    );
    const other = missing === "video" ? "audio" : "video";
    return missing === undefined || facts[other].frames === 0
      ? undefined
      : createFinding("missing-track", "bad", `${missing} is announced, and only ${other} comes`);
  },

  (facts) => {
    const { video, audio, nowMs, silentMs } = facts;
    const hasBoth = video.frames > 0 && audio.frames > 0;
    if (!hasBoth || silentMs >= THRESHOLDS.silentMs || !isOneSided(facts)) return undefined;
    const [stopped, other] = video.lastAtMs < audio.lastAtMs ? ["video", "audio"] : ["audio", "video"];
    const sinceMs = nowMs - Math.min(video.lastAtMs, audio.lastAtMs);
    return createFinding("track-stopped", "bad", `no ${stopped} for ${inSeconds(sinceMs)} while ${other} goes on`);
  },

  ({ change, nowMs }) =>
    change === undefined || nowMs - change.atMs > THRESHOLDS.changeToldMs
      ? undefined
      : createFinding(
          "configuration-changed",
          "warning",
          `${change.text} ${Math.round((nowMs - change.atMs) / 1000)} s ago`,
        ),

  ({ tracks }) => {
    const unplayable = tracks.find(({ trackId, codec }) => trackId === 0 && UNPLAYABLE_CODECS.has(codec.codec));
    return unplayable === undefined
      ? undefined
      : createFinding("unplayable-codec", "warning", `browsers cannot play ${codecName(unplayable.codec.codec)}`);
  },

  ({ hasMetadata, watchedMs, video, audio }) =>
    hasMetadata || watchedMs < THRESHOLDS.leastWatchedMs || video.frames + audio.frames === 0
      ? undefined
      : createFinding("missing-metadata", "warning", "no metadata (onMetaData) came"),
];

const HEADERS: Readonly<Record<string, string>> = { avc: "AVC sequence header", aac: "AudioSpecificConfig" };

function lacksConfiguration(facts: HealthFacts, kind: Kind): boolean {
  const { frames, hasConfiguration, firstAtMs } = facts[kind];
  if (frames === 0 || hasConfiguration || facts.nowMs - firstAtMs < THRESHOLDS.missingConfigurationMs) return false;
  return CONFIGURED_CODECS.has(codecOf(facts, kind) ?? "");
}

function codecOf({ tracks, ...facts }: HealthFacts, kind: Kind): string | undefined {
  return tracks.find((track) => track.kind === kind && track.trackId === facts[kind].trackId)?.codec.codec;
}
