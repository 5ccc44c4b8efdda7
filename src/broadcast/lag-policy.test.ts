import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { chooseForLaggard, chooseWanted, DEFAULT_LAG_LIMITS, type Selection } from "./lag-policy.ts";
import type { LogEntry } from "./message-log.ts";

const limits = DEFAULT_LAG_LIMITS;
const wantsAll = { wantsAudio: true, wantsVideo: true };

/** Messages of 100 bytes each, by one letter and a track id: k a keyframe, p a picture, a audio, c a configuration. */
function entries(text: string): LogEntry[] {
  return text.split(" ").map((letter, index) => ({
    offset: index * 100,
    length: 100,
    payloadLength: 88,
    type: letter.startsWith("a") ? 8 : 9,
    timestamp: index * 40,
    isKeyframe: letter.startsWith("k"),
    isConfig: letter.startsWith("c"),
    isDisposable: false,
    trackId: Number(letter[1] ?? 0),
    writtenAtMs: index * 40,
  }));
}

function offsets(chosen: readonly LogEntry[]): number[] {
  return chosen.map(({ offset }) => offset / 100);
}

test("a laggard goes on at the default track's keyframe: that of another track behind it does not hide it", () => {
  const selection: Selection = { ...wantsAll, needsKeyframe: false };
  const choice = chooseForLaggard(entries("k0 k1 p0 p1 k0 k1 p0 p1"), selection, limits);
  deepEqual(offsets(choice.entries), [4, 5, 6, 7]);
  equal(selection.needsKeyframe, false);
});

test("who waits for a keyframe is not content with one of another track", () => {
  const selection: Selection = { ...wantsAll, needsKeyframe: true };
  deepEqual(offsets(chooseWanted(entries("p0 k1 p0 p1 k0 p0 p1"), selection).entries), [4, 5, 6]);
});

test("a laggard that lost no picture needs no keyframe", () => {
  for (const needsKeyframe of [false, true]) {
    const selection: Selection = { ...wantsAll, needsKeyframe };
    chooseForLaggard(entries("c a a"), selection, limits);
    equal(selection.needsKeyframe, needsKeyframe);
  }
});

test("pictures beyond the budget are left out, until the next keyframe", () => {
  const selection: Selection = { ...wantsAll, needsKeyframe: false };
  const choice = chooseForLaggard(entries("a k p p p"), selection, { ...limits, maxWriteBytes: 300 });
  deepEqual([offsets(choice.entries), choice.droppedMessages, selection.needsKeyframe], [[0], 4, true]);
});
