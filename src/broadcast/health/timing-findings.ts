import { inSeconds, inTime, times } from "./figures-in-words.ts";
import { badIf, type Check, createFinding } from "./finding.ts";
import type { HealthFacts } from "./health-facts.ts";
import { HEALTH_THRESHOLDS as THRESHOLDS } from "./health-thresholds.ts";

/** What is wrong with timestamps, and with when media comes. */
export const timingChecks: readonly Check[] = [
  ({ window: { jumps } }) =>
    jumps === 0
      ? undefined
      : createFinding("timestamp-jumps", "bad", `timestamps jumped ${times(jumps)} in the last half minute`),

  ({ window: { back, backMostMs } }) =>
    back < THRESHOLDS.stepsBack && backMostMs < THRESHOLDS.stepBackMs
      ? undefined
      : createFinding(
          "timestamps-back",
          badIf(back >= THRESHOLDS.badStepsBack),
          `timestamps stepped back ${times(back)} in the last half minute, by ${inTime(backMostMs)} at most`,
        ),

  ({ window: { gaps, gapMostMs } }) =>
    gaps === 0
      ? undefined
      : createFinding(
          "timestamp-gaps",
          "warning",
          `timestamps left out time ${times(gaps)} in the last half minute, ${inSeconds(gapMostMs)} at most`,
        ),

  (facts) => {
    if (!isTooFast(facts)) return undefined;
    const { pace } = facts.window;
    const isBad = pace === undefined || pace.speed >= THRESHOLDS.badTooFast;
    const text =
      pace === undefined
        ? `${inSeconds(facts.mediaMs)} of media came in ${inSeconds(facts.mediaTimeMs)}`
        : `media comes at ${pace.speed.toFixed(2)} times real time`;
    return createFinding("too-fast", badIf(isBad), text);
  },

  (facts) => {
    const { pace } = facts.window;
    if (pace === undefined || !fallsBehind(facts)) return undefined;
    const { speed, behindMs } = pace;
    const text = `media comes at ${speed.toFixed(2)} times real time, and is ${inSeconds(behindMs)} late by now`;
    return createFinding("falls-behind", badIf(speed <= THRESHOLDS.badTooSlow), text);
  },

  (facts) => {
    const jitterMs = jitterOf(facts) ?? 0;
    // Each of these shows as lateness, too.
    const isTold = isTooFast(facts) || fallsBehind(facts) || facts.window.gaps > 0;
    return isTold || jitterMs < THRESHOLDS.jitterMs
      ? undefined
      : createFinding(
          "late-media",
          badIf(jitterMs >= THRESHOLDS.badJitterMs),
          `media comes up to ${inTime(jitterMs)} late`,
        );
  },

  (facts) => {
    const driftMs = driftOf(facts) ?? 0;
    const sizeMs = Math.abs(driftMs);
    if (sizeMs < THRESHOLDS.driftMs || isOneSided(facts)) return undefined;
    const text = `audio has drifted ${inTime(sizeMs)} ${driftMs > 0 ? "ahead of" : "behind"} video`;
    return createFinding("audio-video-drift", badIf(sizeMs >= THRESHOLDS.badDriftMs), text);
  },

  (facts) => {
    const { ahead } = facts.window;
    const sizeMs = Math.abs(ahead?.mean ?? 0);
    const isTold = isOneSided(facts) || hasDrifted(facts);
    if (ahead === undefined || isTold || sizeMs < THRESHOLDS.offsetMs + facts.video.usualStepMs) return undefined;
    const spreadMs = ahead.most - ahead.least;
    if (spreadMs >= THRESHOLDS.interleaveMs && spreadMs > sizeMs) return undefined;
    const text = `audio is ${inTime(sizeMs)} ${ahead.mean > 0 ? "ahead of" : "behind"} video`;
    return createFinding("audio-video-offset", badIf(sizeMs >= THRESHOLDS.badOffsetMs), text);
  },

  ({ video, audio, watchedMs }) => {
    const laterMs = audio.firstMs - video.firstMs;
    if (video.frames === 0 || audio.frames === 0 || watchedMs > THRESHOLDS.lateTrackToldMs) return undefined;
    if (Math.abs(laterMs) < THRESHOLDS.lateTrackMs) return undefined;
    const [late, early] = laterMs > 0 ? ["audio", "video"] : ["video", "audio"];
    return createFinding("late-track", "warning", `${late} began ${inTime(Math.abs(laterMs))} after ${early}`);
  },

  (facts) => {
    const { ahead } = facts.window;
    const isTold = isOneSided(facts) || hasDrifted(facts);
    if (ahead === undefined || isTold || facts.window.gaps > 0 || facts.window.jumps > 0) return undefined;
    // While pictures are far apart, the sound between them is not out of turn.
    const spreadMs = ahead.most - ahead.least - facts.video.usualStepMs;
    return spreadMs < THRESHOLDS.interleaveMs
      ? undefined
      : createFinding("poor-interleave", "warning", `audio and video come in turns of up to ${inTime(spreadMs)}`);
  },
];

/** More media than time, or much more than there can be in buffers. */
export function isTooFast({ window: { pace }, mediaMs, mediaTimeMs }: HealthFacts): boolean {
  const aheadMs = mediaMs - mediaTimeMs;
  if (aheadMs > THRESHOLDS.farAheadOfTimeMs && (pace === undefined || pace.speed >= THRESHOLDS.tooFast)) return true;
  if (pace === undefined || pace.durationMs < THRESHOLDS.paceMs) return false;
  return pace.speed >= THRESHOLDS.tooFast && aheadMs > THRESHOLDS.aheadOfTimeMs;
}

export function fallsBehind({ window: { pace } }: HealthFacts): boolean {
  if (pace === undefined || pace.durationMs < THRESHOLDS.slowPaceMs) return false;
  return pace.speed <= THRESHOLDS.tooSlow && pace.behindMs >= THRESHOLDS.behindMs;
}

/** Without what this side is late by itself. */
export function jitterOf({ window: { pace }, ownDelayMs }: HealthFacts): number | undefined {
  return pace === undefined ? undefined : Math.max(0, pace.jitterMs - ownDelayMs);
}

export function driftOf({ window: { ahead }, driftBaseMs }: HealthFacts): number | undefined {
  return ahead === undefined || driftBaseMs === undefined ? undefined : ahead.mean - driftBaseMs;
}

function hasDrifted(facts: HealthFacts): boolean {
  return Math.abs(driftOf(facts) ?? 0) >= THRESHOLDS.driftMs;
}

/** One of the two has stopped, so that their distance says nothing. */
export function isOneSided({ video, audio }: HealthFacts): boolean {
  const apartMs = Math.abs(video.lastAtMs - audio.lastAtMs);
  return apartMs >= Math.max(THRESHOLDS.stoppedTrackMs, THRESHOLDS.stoppedTrackSteps * video.usualStepMs);
}
