import { deepEqual, ok } from "node:assert/strict";
import { type Comparison, compareTags } from "./compare-tags.ts";
import { type FlvTag, roleOf } from "./flv-tags.ts";
import type { PlayerName } from "./players.ts";

/** What two publishers sent under one name, one after the other. */
export type TwoSessions = {
  readonly first: readonly FlvTag[];
  /** How many frames of each track of the first session arrived at the server. */
  readonly arrived: { readonly audio: number; readonly video: number };
  readonly second: readonly FlvTag[];
};

/**
 * Asserts that a viewer got both sessions, whole and not mixed, on one timeline that never steps back: first all that
 * arrived of the first, then the second from its first keyframe to its end.
 */
export function assertTwoSessions(
  player: PlayerName,
  received: readonly FlvTag[],
  { first, arrived, second }: TwoSessions,
): void {
  const [before, behind] = splitAt(received, arrived);
  const start = compareTags(first, before);
  deepEqual(framesIn(start), arrived);
  // FFmpeg writes a configuration only when it differs from the one before.
  const kept = player === "ffmpeg" ? configurationsMissing(before, behind) : [];
  const rest = compareTags(second, [...kept, ...behind], { untilEnd: true });
  deepEqual(firstIn(rest), { audio: 0, video: 0 });
  for (const type of ["audio", "video"] as const) {
    const times = received.filter((tag) => tag.type === type && isFrame(tag)).map(({ timestamp }) => timestamp);
    for (const [index, time] of times.entries()) {
      const last = times[index - 1] ?? Number.NEGATIVE_INFINITY;
      ok(time > last, `${type} frame ${index} at ${time} ms follows one at ${last} ms`);
    }
  }
}

/** Frames of each track, configurations and ends left out. */
export function countFrames(tags: readonly FlvTag[]): { readonly audio: number; readonly video: number } {
  const count = (type: FlvTag["type"]): number => tags.filter((tag) => tag.type === type && isFrame(tag)).length;
  return { audio: count("audio"), video: count("video") };
}

function isFrame(tag: FlvTag): boolean {
  return ["keyframe", "frame"].includes(roleOf(tag));
}

/** Parts the tags by how many frames of each track belong to the first session; a configuration goes with what follows. */
function splitAt(tags: readonly FlvTag[], counts: TwoSessions["arrived"]): [FlvTag[], FlvTag[]] {
  const left = { audio: counts.audio, video: counts.video, script: 0 };
  const parts: [FlvTag[], FlvTag[]] = [[], []];
  for (const tag of tags) {
    parts[left[tag.type] > 0 ? 0 : 1].push(tag);
    if (isFrame(tag)) left[tag.type]--;
  }
  return parts;
}

/** The newest configurations of the tracks that have none of their own in the second part. */
function configurationsMissing(before: readonly FlvTag[], behind: readonly FlvTag[]): FlvTag[] {
  const isConfigurationOf = (type: string) => (tag: FlvTag) => tag.type === type && roleOf(tag) === "configuration";
  return ["audio", "video"].flatMap((type) => {
    const newest = before.findLast(isConfigurationOf(type));
    return newest === undefined || behind.some(isConfigurationOf(type)) ? [] : [newest];
  });
}

function framesIn({ audio, video }: Comparison): TwoSessions["arrived"] {
  return { audio: audio.frames, video: video.frames };
}

function firstIn({ audio, video }: Comparison): TwoSessions["arrived"] {
  return { audio: audio.firstIndex, video: video.firstIndex };
}
