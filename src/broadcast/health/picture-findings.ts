import { inBits, inNumber, inSeconds, inTime } from "./figures-in-words.ts";
import { badIf, type Check, createFinding } from "./finding.ts";
import type { HealthFacts } from "./health-facts.ts";
import { HEALTH_THRESHOLDS as THRESHOLDS } from "./health-thresholds.ts";
import { fallsBehind, isTooFast } from "./timing-findings.ts";

/** What is wrong with keyframes, frame rate and bitrates. */
export const pictureChecks: readonly Check[] = [
  ({ video, gops: { hasKeyframe, openMs } }) => {
    const limitMs = hasKeyframe ? THRESHOLDS.keyframeMs : THRESHOLDS.firstKeyframeMs;
    return video.frames === 0 || openMs < limitMs
      ? undefined
      : createFinding("no-keyframe", "bad", `no keyframe for ${inSeconds(openMs)}`);
  },

  ({ gops: { summary, openMs, hasKeyframe } }) => {
    if (!hasKeyframe || openMs >= THRESHOLDS.keyframeMs) return undefined;
    if (summary === undefined) {
      return openMs < THRESHOLDS.longGopMs
        ? undefined
        : createFinding(
            "long-gop",
            badIf(openMs >= THRESHOLDS.badGopMs),
            `no second keyframe within ${inSeconds(openMs)}`,
          );
    }
    const { mean } = summary;
    return mean < THRESHOLDS.longGopMs
      ? undefined
      : createFinding("long-gop", badIf(mean >= THRESHOLDS.badGopMs), `keyframe every ${inSeconds(mean)}`);
  },

  ({ gops: { summary, openMs } }) => {
    if (summary === undefined || summary.mean >= THRESHOLDS.longGopMs || openMs >= THRESHOLDS.keyframeMs)
      return undefined;
    const { least, mean, most } = summary;
    const isEven = most < THRESHOLDS.unevenGopMs || most < mean * THRESHOLDS.unevenGopRatio;
    return isEven
      ? undefined
      : createFinding("uneven-gop", "warning", `keyframes are ${inSeconds(least)} to ${inSeconds(most)} apart`);
  },

  ({ window: { steps }, declared }) => {
    const declaredRate = declared?.frameRate;
    if (steps === undefined || declaredRate === undefined || steps.count < THRESHOLDS.leastPictures) return undefined;
    const rate = 1000 / steps.mean;
    const share = rate / declaredRate;
    return share >= THRESHOLDS.frameRateShare
      ? undefined
      : createFinding(
          "low-frame-rate",
          badIf(share < THRESHOLDS.badFrameRateShare),
          `${inNumber(rate)} frames/s come, and ${inNumber(declaredRate)} are announced`,
        );
  },

  ({ window: { steps, gaps, jumps } }) => {
    if (steps === undefined || steps.count < THRESHOLDS.leastPictures || gaps + jumps > 0) return undefined;
    const isEven = steps.mean > THRESHOLDS.slideShowMs || steps.deviation < steps.mean * THRESHOLDS.unevenSteps;
    return isEven
      ? undefined
      : createFinding(
          "uneven-frame-rate",
          "warning",
          `pictures are ${inTime(steps.mean)} apart, give or take ${inTime(steps.deviation)}`,
        );
  },

  (facts) => {
    const bitrates = comparableBitrates(facts).find(({ ratio }) => ratio > THRESHOLDS.highBitrateRatio);
    return bitrates && createFinding("high-bitrate", "warning", bitrates.text);
  },

  (facts) => {
    const bitrates = comparableBitrates(facts).find(
      ({ kind, ratio }) => kind === "video" && ratio < THRESHOLDS.lowBitrateShare,
    );
    return bitrates && createFinding("low-bitrate", "warning", bitrates.text);
  },

  (facts) => {
    const { peakBytes, videoBytes, seconds } = facts.window;
    if (!isPaced(facts)) return undefined;
    const [peak, mean] = [peakBytes * 8, (videoBytes * 8) / seconds];
    return peak < mean * THRESHOLDS.spikeRatio || peak - mean < THRESHOLDS.spikeBits
      ? undefined
      : createFinding("bitrate-spikes", "warning", `video has ${inBits(mean)}, and up to ${inBits(peak)} in a second`);
  },
];

type ComparedBitrates = { readonly kind: "video" | "audio"; readonly ratio: number; readonly text: string };

/** Those that are announced, unless there are tracks that were not meant. */
function comparableBitrates(facts: HealthFacts): readonly ComparedBitrates[] {
  const { window, declared } = facts;
  if (!isPaced(facts)) return [];
  return (["video", "audio"] as const).flatMap((kind) => {
    const announced = kind === "video" ? declared?.videoBitrate : declared?.audioBitrate;
    const bytes = kind === "video" ? window.videoBytes : window.audioBytes;
    if (announced === undefined || bytes === 0 || facts[kind].hasOtherTracks) return [];
    const bits = (bytes * 8) / window.seconds;
    const text = `${kind} has ${inBits(bits)}, and ${inBits(announced)} are announced`;
    return [{ kind, ratio: bits / announced, text }];
  });
}

/** What came in a second of time is what a second of media has. */
function isPaced(facts: HealthFacts): boolean {
  return facts.window.seconds >= THRESHOLDS.bitrateSeconds && !isTooFast(facts) && !fallsBehind(facts);
}
