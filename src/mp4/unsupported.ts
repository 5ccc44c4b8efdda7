import { codecName } from "../formats/flv/codec-description.ts";

/** Why a codec of FLV cannot go into MP4, and what to do, as a sentence for people; undefined where it can. */
export function whyUnsupported(kind: "audio" | "video", codec: string): string | undefined {
  if (SUPPORTED.has(codec)) return undefined;
  const name = LONG_NAMES[codec] ?? codecName(codec);
  const problem = UNPLAYED.has(codec) ? "in MP4 is played by no browser" : "cannot be carried by MP4";
  return `${name} ${problem}: ${ADVICE[kind]}`;
}

const SUPPORTED = new Set(["avc", "hevc", "vvc", "av1", "vp8", "vp9", "aac", "mp3", "opus", "flac", "ac3", "eac3"]);

/** MP4 has a place for them, which helps nobody. */
const UNPLAYED = new Set(["pcm", "g711-alaw", "g711-mulaw", "h263", "mpeg4", "jpeg", "adpcm"]);

const LONG_NAMES: Record<string, string> = {
  flv1: "Sorenson H.263 (FLV1)",
  screen1: "Screen Video",
  screen2: "Screen Video 2",
  device: "Device-specific sound",
};

const ADVICE = {
  video: "send H.264 (or HEVC, AV1, VP9), or watch by RTMP or HTTP-FLV.",
  audio: "send AAC (or Opus, MP3), or listen by RTMP or HTTP-FLV.",
};
