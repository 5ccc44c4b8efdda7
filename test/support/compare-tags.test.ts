import { deepEqual, throws } from "node:assert/strict";
import { test } from "node:test";
import { compareTags } from "./compare-tags.ts";
import type { FlvTag } from "./flv-tags.ts";

const VIDEO_CONFIGURATION: FlvTag = { type: "video", timestamp: 0, payload: Uint8Array.of(0x17, 0, 0, 0, 0, 1) };
const AUDIO_CONFIGURATION: FlvTag = { type: "audio", timestamp: 0, payload: Uint8Array.of(0xaf, 0, 0x12, 0x10) };
const CONFIGURATIONS = [VIDEO_CONFIGURATION, AUDIO_CONFIGURATION];

/** 40 pictures with a keyframe every 10, and two audio frames after each picture. */
const FRAMES: readonly FlvTag[] = Array.from({ length: 40 }, (_, picture): FlvTag[] => [
  { type: "video", timestamp: picture * 40, payload: Uint8Array.of(picture % 10 ? 0x27 : 0x17, 1, 0, 0, 0, picture) },
  { type: "audio", timestamp: picture * 40 + 5, payload: Uint8Array.of(0xaf, 1, 1, picture) },
  { type: "audio", timestamp: picture * 40 + 25, payload: Uint8Array.of(0xaf, 1, 2, picture) },
]).flat();
const PUBLISHED = [...CONFIGURATIONS, ...FRAMES];

function later(tags: readonly FlvTag[], offsetMs: number): FlvTag[] {
  return tags.map((tag) => ({ ...tag, timestamp: tag.timestamp + offsetMs }));
}

function changed(tags: readonly FlvTag[], index: number, change: Partial<FlvTag>): FlvTag[] {
  return tags.map((tag, at) => (at === index ? { ...tag, ...change } : tag));
}

test("a run from the second keyframe on, moved in time, is accepted", () => {
  const received = [...CONFIGURATIONS, ...later(FRAMES.slice(30, 90), 1234)];
  deepEqual(compareTags(PUBLISHED, received, { sameOrder: true }), {
    offsetMs: 1234,
    audio: { frames: 40, firstIndex: 20 },
    video: { frames: 20, firstIndex: 10 },
  });
});

test("configurations may be repeated and script tags may differ", () => {
  const script: FlvTag = { type: "script", timestamp: 7, payload: Uint8Array.of(2) };
  compareTags(PUBLISHED, [script, ...CONFIGURATIONS, ...CONFIGURATIONS, ...FRAMES], { untilEnd: true });
});

test("audio alone may start anywhere, even where payloads repeat", () => {
  const silence = Array.from({ length: 60 }, (_, index): FlvTag => {
    return { type: "audio", timestamp: index * 26 + (index % 3), payload: Uint8Array.of(0x2f, index > 40 ? 1 : 0) };
  });
  deepEqual(compareTags(silence, later(silence.slice(21), 500)).audio, { frames: 39, firstIndex: 21 });
});

test("a flipped byte is found", () => {
  const received = changed(PUBLISHED, 50, { payload: Uint8Array.of(0x27, 1, 0, 0, 8, 16) });
  throws(() => compareTags(PUBLISHED, received), {
    message: [
      "video frame 16 (tag 50 of the received, tag 50 of the published): wrong payload",
      "  published: frame of video, 640 ms, 6 bytes, so 640 ms at offset 0 ms",
      "  received:  frame of video, 640 ms, 6 bytes",
      "  first difference at byte 4 of the payload:",
      "    published [0…] 27 01 00 00 00 10",
      "    received  [0…] 27 01 00 00 08 10",
    ].join("\n"),
  });
});

test("a shifted timestamp is found", () => {
  const received = changed(PUBLISHED, 60, { timestamp: 766 });
  throws(() => compareTags(PUBLISHED, received), /audio frame 38 .*wrong timestamp\n.*765 ms.*\n.*766 ms/);
});

test("a shift of one track against the other is found", () => {
  const received = PUBLISHED.map((tag) => (tag.type === "audio" ? { ...tag, timestamp: tag.timestamp + 1 } : tag));
  throws(() => compareTags(PUBLISHED, received), /the first audio frame was not published at that time/);
});

test("a gap is found, and named as one", () => {
  throws(() => compareTags(PUBLISHED, PUBLISHED.toSpliced(50, 1)), /video frame 16 .*1 frames later: a gap/s);
});

test("a frame that arrives twice is found", () => {
  throws(
    () => compareTags(PUBLISHED, PUBLISHED.toSpliced(50, 0, PUBLISHED[50] ?? VIDEO_CONFIGURATION)),
    /video frame 17/,
  );
});

test("a cut payload is found", () => {
  const received = changed(PUBLISHED, 50, { payload: Uint8Array.of(0x27, 1, 0, 0, 0) });
  throws(() => compareTags(PUBLISHED, received), /first difference at byte 5/);
});

test("what is missing at the start or at the end is found", () => {
  throws(() => compareTags(PUBLISHED, [...CONFIGURATIONS, ...FRAMES.slice(3)]), /the first video frame is no keyframe/);
  throws(
    () => compareTags(PUBLISHED, PUBLISHED.toSpliced(3, 2)),
    /2 audio frames after the first keyframe never arrived/,
  );
  throws(
    () => compareTags(PUBLISHED, PUBLISHED.slice(0, -6), { untilEnd: true }),
    /the last 2 video frames never arrived/,
  );
  throws(() => compareTags(PUBLISHED, PUBLISHED.slice(0, 8)), /only 6 frames arrived/);
  throws(() => compareTags(PUBLISHED, CONFIGURATIONS), /no video frame arrived/);
  throws(
    () =>
      compareTags(
        PUBLISHED,
        PUBLISHED.filter((tag) => tag.type === "video"),
      ),
    /no audio configuration arrived/,
  );
});

test("configurations must arrive, unchanged, before the frames", () => {
  throws(() => compareTags(PUBLISHED, PUBLISHED.slice(1)), /no video configuration arrived/);
  throws(() => compareTags(PUBLISHED, [...FRAMES, ...CONFIGURATIONS]), /configuration arrived after/);
  const other = changed(PUBLISHED, 0, { payload: Uint8Array.of(0x17, 0, 0, 0, 0, 2) });
  throws(() => compareTags(PUBLISHED, other), /a video configuration arrived that was never published/);
});

test("audio and video out of order are found on request", () => {
  const swapped = [...PUBLISHED.slice(0, 50), ...PUBLISHED.slice(50, 52).reverse(), ...PUBLISHED.slice(52)];
  compareTags(PUBLISHED, swapped);
  throws(
    () => compareTags(PUBLISHED, swapped, { sameOrder: true }),
    /was published before the one that arrived earlier/,
  );
});
