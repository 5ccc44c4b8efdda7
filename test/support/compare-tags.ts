import { AssertionError } from "node:assert";
import { type FlvTag, roleOf } from "./flv-tags.ts";

/** How a comparison went when it found nothing wrong. */
export type Comparison = {
  /** Received minus published timestamp, in milliseconds: the same for every tag. */
  readonly offsetMs: number;
  readonly audio: TrackComparison;
  readonly video: TrackComparison;
};

export type TrackComparison = {
  /** How many frames were compared. */
  readonly frames: number;
  /** Where among the published frames of this track the first received one stands. */
  readonly firstIndex: number;
};

export type CompareOptions = {
  /** Fewest frames, audio and video together, that must have arrived. @default 10 */
  readonly minFrames?: number;
  /** The last published frame of each track must have arrived too. @default false */
  readonly untilEnd?: boolean;
  /** Audio and video must arrive in the order in which they were published. @default false: muxers reorder ties */
  readonly sameOrder?: boolean;
};

type Frame = FlvTag & { readonly index: number };

/**
 * Asserts that `received` is a run of `published` without a gap: it starts at a keyframe (or, without video, at any
 * audio frame), every payload is identical, and every timestamp equal up to one constant. Configurations must be among
 * those published; their timestamps, and script tags, are not compared.
 */
export function compareTags(
  published: readonly FlvTag[],
  received: readonly FlvTag[],
  options: CompareOptions = {},
): Comparison {
  const offsetMs = findOffset(published, received);
  compareConfigurations(published, received);
  const video = compareTrack("video", published, received, offsetMs, options);
  const audio = compareTrack("audio", published, received, offsetMs, options);
  if (video.frames > 0 && audio.frames > 0) compareStarts(published, video, audio);
  if (options.sameOrder) compareOrder(published, received, { audio: audio.firstIndex, video: video.firstIndex });
  const frames = audio.frames + video.frames;
  const minFrames = options.minFrames ?? 10;
  if (frames < minFrames) fail(`only ${frames} frames arrived, ${minFrames} were expected`);
  return { offsetMs, audio, video };
}

function framesOf(tags: readonly FlvTag[], type?: FlvTag["type"]): Frame[] {
  return tags
    .map((tag, index) => ({ ...tag, index }))
    .filter((tag) => type === undefined || tag.type === type)
    .filter((tag) => ["keyframe", "frame"].includes(roleOf(tag)));
}

/** The constant between the two timelines: that under which the most frames of the leading track agree. */
function findOffset(published: readonly FlvTag[], received: readonly FlvTag[]): number {
  const hasVideo = framesOf(published, "video").length > 0;
  const type = hasVideo ? "video" : "audio";
  const first = framesOf(received, type)[0];
  if (first === undefined) return fail(`no ${type} frame arrived (${received.length} tags in all)`);
  if (hasVideo && roleOf(first) !== "keyframe") fail(`the first video frame is no keyframe: ${describe(first)}`);
  const candidates = framesOf(published, type).filter((frame) => sameBytes(frame.payload, first.payload));
  const offsets = new Set(candidates.map((frame) => first.timestamp - frame.timestamp));
  const ranked = [...offsets].map((offset) => ({ offset, score: agreement(published, received, type, offset) }));
  const best = ranked.sort((left, right) => right.score - left.score)[0];
  if (best === undefined) return fail(`the first ${type} frame was never published: ${describe(first)}`);
  return best.offset;
}

function agreement(
  published: readonly FlvTag[],
  received: readonly FlvTag[],
  type: FlvTag["type"],
  offsetMs: number,
): number {
  const byTime = new Map(framesOf(published, type).map((frame) => [frame.timestamp + offsetMs, frame]));
  return framesOf(received, type).filter((frame) => {
    const match = byTime.get(frame.timestamp);
    return match !== undefined && sameBytes(match.payload, frame.payload);
  }).length;
}

function compareConfigurations(published: readonly FlvTag[], received: readonly FlvTag[]): void {
  const known = published.filter((tag) => roleOf(tag) === "configuration");
  for (const type of ["audio", "video"] as const) {
    const expected = known.filter((tag) => tag.type === type);
    const actual = received.filter((tag) => tag.type === type && roleOf(tag) === "configuration");
    if (expected.length > 0 && actual.length === 0) fail(`no ${type} configuration arrived`);
    for (const tag of actual) {
      if (expected.some((other) => sameBytes(other.payload, tag.payload))) continue;
      fail(`a ${type} configuration arrived that was never published: ${describe(tag)}\n${preview(tag.payload)}`);
    }
    const configured = received.findIndex((tag) => tag.type === type && roleOf(tag) === "configuration");
    const started = framesOf(received, type)[0]?.index ?? Number.POSITIVE_INFINITY;
    if (expected.length > 0 && configured > started) fail(`the ${type} configuration arrived after a ${type} frame`);
  }
}

function compareTrack(
  type: "audio" | "video",
  published: readonly FlvTag[],
  received: readonly FlvTag[],
  offsetMs: number,
  options: CompareOptions,
): TrackComparison {
  const expected = framesOf(published, type);
  const actual = framesOf(received, type);
  const first = actual[0];
  if (first === undefined) {
    if (expected.length > 0) fail(`no ${type} frame arrived, ${expected.length} were published`);
    return { frames: 0, firstIndex: -1 };
  }
  const firstIndex = expected.findIndex(
    (frame) => frame.timestamp + offsetMs === first.timestamp && sameBytes(frame.payload, first.payload),
  );
  if (firstIndex < 0) {
    fail(`the first ${type} frame was not published at that time (offset ${offsetMs} ms): ${describe(first)}`);
  }
  for (const [index, frame] of actual.entries()) {
    compareFrame(type, index, expected, firstIndex, frame, offsetMs);
  }
  if (options.untilEnd && firstIndex + actual.length < expected.length) {
    fail(`the last ${expected.length - firstIndex - actual.length} ${type} frames never arrived`);
  }
  return { frames: actual.length, firstIndex };
}

function compareFrame(
  type: string,
  index: number,
  expected: readonly Frame[],
  firstIndex: number,
  frame: Frame,
  offsetMs: number,
): void {
  const wanted = expected[firstIndex + index];
  if (wanted === undefined) fail(`more ${type} frames arrived than were published: ${describe(frame)}`);
  const place = `${type} frame ${index} (tag ${frame.index} of the received, tag ${wanted.index} of the published)`;
  const isSame = sameBytes(wanted.payload, frame.payload);
  if (isSame && frame.timestamp === wanted.timestamp + offsetMs) return;
  const later = expected.findIndex((other, at) => at > firstIndex + index && sameBytes(other.payload, frame.payload));
  const lines = [
    isSame ? `${place}: wrong timestamp` : `${place}: wrong payload`,
    `  published: ${describe(wanted)}, so ${wanted.timestamp + offsetMs} ms at offset ${offsetMs} ms`,
    `  received:  ${describe(frame)}`,
  ];
  if (!isSame) {
    const at = firstDifference(wanted.payload, frame.payload);
    lines.push(`  first difference at byte ${at} of the payload:`);
    lines.push(`    published ${preview(wanted.payload, at)}`, `    received  ${preview(frame.payload, at)}`);
    if (later > 0) lines.push(`  this payload was published ${later - firstIndex - index} frames later: a gap`);
  }
  fail(lines.join("\n"));
}

/** A viewer that joins at a keyframe gets the audio from there on too. */
function compareStarts(published: readonly FlvTag[], video: TrackComparison, audio: TrackComparison): void {
  const keyframe = framesOf(published, "video")[video.firstIndex];
  if (keyframe === undefined) return;
  const audioFrames = framesOf(published, "audio");
  const due = audioFrames.findIndex(
    ({ index, timestamp }) => index > keyframe.index && timestamp >= keyframe.timestamp,
  );
  const missed = audio.firstIndex - due;
  if (due >= 0 && missed > 0) fail(`${missed} audio frames after the first keyframe never arrived`);
}

/** Call once the tracks are known to be equal: the received frame with a number is the published one with that number. */
function compareOrder(
  published: readonly FlvTag[],
  received: readonly FlvTag[],
  next: { audio: number; video: number },
): void {
  const frames = { audio: framesOf(published, "audio"), video: framesOf(published, "video") };
  let last = -1;
  for (const frame of framesOf(received)) {
    const type = frame.type === "audio" ? "audio" : "video";
    const position = frames[type][next[type]++]?.index ?? -1;
    if (position < last)
      fail(`tag ${frame.index} was published before the one that arrived earlier: ${describe(frame)}`);
    last = position;
  }
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && firstDifference(left, right) === left.length;
}

function firstDifference(left: Uint8Array, right: Uint8Array): number {
  const end = Math.min(left.length, right.length);
  for (let at = 0; at < end; at++) if (left[at] !== right[at]) return at;
  return end;
}

function describe(tag: FlvTag): string {
  return `${roleOf(tag)} of ${tag.type}, ${tag.timestamp} ms, ${tag.payload.length} bytes`;
}

function preview(bytes: Uint8Array, at = 0): string {
  const start = Math.max(0, at - 4);
  const text = Array.from(bytes.subarray(start, start + 16), (byte) => byte.toString(16).padStart(2, "0"));
  return `[${start}…] ${text.join(" ")}`;
}

function fail(message: string): never {
  throw new AssertionError({ message });
}
