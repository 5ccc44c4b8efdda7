import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import HLS from "hls-parser";
import {
  AVC_CONFIG,
  configMessages,
  flv1Picture,
  mediaMessages,
  OTHER_AVC_CONFIG,
  onTrack,
  picture,
  sound,
} from "../../../test/support/hls-publisher.ts";
import { concatBytes } from "../../bytes/concat.ts";
import { classifyMedia } from "../../formats/flv/classify.ts";
import type { MediaMessage } from "../../formats/flv/media-message.ts";
import { findBox, readBoxes } from "../../mp4/read-boxes.ts";
import { countSkipped, encodeMediaPlaylist, type MediaPlaylist } from "./media-playlist.ts";
import type { Rendition } from "./rendition.ts";
import { Segmenter, type SegmenterOptions, type Unsupported } from "./segmenter.ts";

const TIME_OF_DAY_MS = Date.UTC(2026, 0, 2, 3, 4, 5);
const INSTANCE = "0123456789abcdef";

type Cut = { readonly segmenter: Segmenter; readonly unsupported: readonly Unsupported[] };

function cut(messages: readonly MediaMessage[], options: Partial<SegmenterOptions> = {}): Cut {
  const unsupported: Unsupported[] = [];
  const segmenter = new Segmenter({
    segmentMs: 2000,
    partMs: 334,
    segments: 7,
    maxBytes: 64 * 1024 * 1024,
    onUnsupported: (what) => unsupported.push(what),
    ...options,
  });
  feed(segmenter, messages);
  return { segmenter, unsupported };
}

function feed(segmenter: Segmenter, messages: readonly MediaMessage[]): void {
  for (const message of messages) segmenter.write(message, TIME_OF_DAY_MS + message.timestamp);
}

function describePlaylist(segmenter: Segmenter, rendition: Rendition): MediaPlaylist {
  return {
    rendition: rendition.name,
    instance: INSTANCE,
    targetDuration: segmenter.targetDuration ?? 0,
    partTargetSeconds: rendition.partTargetSeconds,
    segments: rendition.segments,
    open: rendition.open,
    discontinuitySequence: rendition.window.discontinuitySequence,
    timelineStartMs: segmenter.timelineStartMs,
    reports: [],
  };
}

function textOf(segmenter: Segmenter, rendition: Rendition): string {
  return encodeMediaPlaylist(describePlaylist(segmenter, rendition)).join("?session=1");
}

function renditionOf(segmenter: Segmenter, name: string): Rendition {
  const rendition = segmenter.rendition(name);
  ok(rendition !== undefined, `no rendition ${name}`);
  return rendition;
}

function durationsOf(rendition: Rendition): number[] {
  return rendition.segments.map(({ durationSeconds }) => Math.round(durationSeconds * 1000));
}

/** What a player understands; throws for what the specification forbids. */
function parse(text: string): HLS.types.MediaPlaylist {
  HLS.setOptions({ strictMode: true });
  const playlist = HLS.parse(text);
  ok(!playlist.isMasterPlaylist);
  return playlist as HLS.types.MediaPlaylist;
}

test("segments end at keyframes, sound at the same times, and parts fill their target", () => {
  const { segmenter } = cut([...configMessages(), ...mediaMessages({ fromMs: 0, toMs: 9000 })]);
  deepEqual(
    segmenter.renditions.map(({ name }) => name),
    ["v0", "a0"],
  );
  const video = renditionOf(segmenter, "v0");
  equal(segmenter.targetDuration, 2);
  deepEqual(durationsOf(video), [2000, 2000, 2000, 2000]);
  // 320 ms would leave a rest of 80. The first segment is cut anew as the others are, by one count of its fragments.
  for (const { parts } of video.segments) {
    deepEqual(
      parts.map(({ durationSeconds, isIndependent }) => [durationSeconds, isIndependent]),
      [0.4, 0.4, 0.4, 0.4, 0.4].map((seconds, index) => [seconds, index === 0]),
    );
  }
  for (const rendition of segmenter.renditions) {
    const parts = rendition.segments.flatMap((segment) => segment.parts).concat(rendition.open?.parts ?? []);
    deepEqual(
      parts.map(({ bytes }) => sequenceNumberOf(bytes)),
      parts.map((_, index) => index + 1),
    );
    const { heldBytes } = rendition;
    const partBytes = parts.reduce((sum, { bytes }) => sum + bytes.length, 0);
    ok(heldBytes >= partBytes && heldBytes < partBytes + 20_000, `${heldBytes} of ${partBytes}`);
  }
  const audio = renditionOf(segmenter, "a0");
  equal(audio.segments.length, 4);
  for (const [index, { startSeconds }] of audio.segments.entries()) {
    ok(Math.abs(startSeconds - 2 * index) < 0.024, `segment ${index} of the sound begins at ${startSeconds}`);
  }
});

function sequenceNumberOf(bytes: Uint8Array): number {
  const mfhd = findBox(readBoxes(bytes), "moof", "mfhd")?.body ?? new Uint8Array(8);
  return new DataView(mfhd.buffer, mfhd.byteOffset, mfhd.byteLength).getUint32(4);
}

test("shorter distances of keyframes fill a segment together", () => {
  const { segmenter } = cut([...configMessages(), ...mediaMessages({ fromMs: 0, toMs: 9000, gopMs: 500 })]);
  deepEqual(durationsOf(renditionOf(segmenter, "v0")), [2000, 2000, 2000, 2000]);
});

test("a keyframe every 10 s makes segments of 10 s, and the target duration holds", () => {
  const { segmenter } = cut([...configMessages(), ...mediaMessages({ fromMs: 0, toMs: 31_000, gopMs: 10_000 })]);
  equal(segmenter.targetDuration, 10);
  deepEqual(durationsOf(renditionOf(segmenter, "v0")), [10_000, 10_000, 10_000]);
});

test("where keyframes get rarer than the target duration allows, segments end without one, and say so", () => {
  const regular = mediaMessages({ fromMs: 0, toMs: 4000 });
  const rare = mediaMessages({ fromMs: 4000, toMs: 12_000, gopMs: 20_000 });
  const { segmenter } = cut([...configMessages(), ...regular, ...rare]);
  const video = renditionOf(segmenter, "v0");
  for (const durationMs of durationsOf(video)) ok(durationMs < 2500, `${durationMs} ms`);
  ok(video.segments.some(({ isIndependent }) => !isIndependent));
  ok(!textOf(segmenter, video).includes("INDEPENDENT-SEGMENTS"));
});

test("nothing can be played before every track has a whole segment", () => {
  const messages = [...configMessages(), ...mediaMessages({ fromMs: 0, toMs: 1990 })];
  const { segmenter } = cut(messages);
  equal(segmenter.targetDuration, undefined);
  deepEqual(segmenter.renditions, []);
  feed(segmenter, mediaMessages({ fromMs: 2000, toMs: 2100 }));
  equal(segmenter.targetDuration, 2);
});

test("sound alone is cut by time", () => {
  const messages = [...configMessages(), ...mediaMessages({ fromMs: 0, toMs: 7000, frameRate: 0 })];
  const { segmenter } = cut(messages);
  deepEqual(
    segmenter.renditions.map(({ name, segments }) => [name, segments.length]),
    [["a0", 3]],
  );
  equal(segmenter.targetDuration, 2);
});

test("pictures alone are cut", () => {
  const { segmenter } = cut([...configMessages(), ...mediaMessages({ fromMs: 0, toMs: 7000, hasAudio: false })]);
  deepEqual(
    segmenter.renditions.map(({ name, segments }) => [name, segments.length]),
    [["v0", 3]],
  );
});

test("the parts are the segment", () => {
  const { segmenter } = cut([...configMessages(), ...mediaMessages({ fromMs: 0, toMs: 5000 })]);
  for (const rendition of segmenter.renditions) {
    for (const segment of rendition.segments) {
      const parts = segment.parts.map((_, index) => rendition.part(segment.number, index)?.bytes ?? new Uint8Array());
      const whole = concatBytes(parts);
      equal(whole.length, segment.byteLength);
      const sum = segment.parts.reduce((seconds, { durationSeconds }) => seconds + durationSeconds, 0);
      ok(Math.abs(sum - segment.durationSeconds) < 1e-6, `${sum} of ${segment.durationSeconds}`);
      // Only the first begins a segment.
      equal(Buffer.from(whole).subarray(4, 8).toString(), "styp");
      for (const { bytes } of segment.parts.slice(1)) equal(Buffer.from(bytes).subarray(4, 8).toString(), "moof");
    }
  }
});

test("another configuration is a discontinuity with an init segment of its own, in all renditions", () => {
  const before = [...configMessages(), ...mediaMessages({ fromMs: 0, toMs: 5000 })];
  const after = [classifyMedia("video", 5000, OTHER_AVC_CONFIG), ...mediaMessages({ fromMs: 5000, toMs: 10_000 })];
  const { segmenter } = cut([...before, ...after]);
  const [video, audio] = [renditionOf(segmenter, "v0"), renditionOf(segmenter, "a0")];
  const marks = (rendition: Rendition): unknown[] =>
    rendition.segments.map(({ isDiscontinuous, initNumber }) => [isDiscontinuous, initNumber]);
  deepEqual(marks(video), [
    [false, 0],
    [false, 0],
    [false, 0],
    [true, 1],
    [false, 1],
  ]);
  deepEqual(marks(audio).slice(0, 4), [
    [false, 0],
    [false, 0],
    [false, 0],
    [true, 0],
  ]);
  ok(video.init(1) !== undefined && video.init(2) === undefined);
  const text = textOf(segmenter, video);
  equal(text.match(/#EXT-X-DISCONTINUITY\n/g)?.length, 1);
  equal(text.match(/#EXT-X-MAP/g)?.length, 2);
});

test("the same configuration again changes nothing", () => {
  const again = configMessages(5000);
  const { segmenter } = cut([
    ...configMessages(),
    ...mediaMessages({ fromMs: 0, toMs: 5000 }),
    ...again,
    ...mediaMessages({ fromMs: 5000, toMs: 9000 }),
  ]);
  for (const { segments } of segmenter.renditions) ok(segments.every(({ isDiscontinuous }) => !isDiscontinuous));
});

test("a publisher that is back at once goes on without a discontinuity, after a pause with one", () => {
  const first = [...configMessages(), ...mediaMessages({ fromMs: 0, toMs: 5000 })];
  const soon = cut([...first, ...configMessages(5300), ...mediaMessages({ fromMs: 5300, toMs: 10_000 })]);
  const late = cut([...first, ...configMessages(9000), ...mediaMessages({ fromMs: 9000, toMs: 14_000 })]);
  const count = ({ segmenter }: Cut, name: string): number =>
    renditionOf(segmenter, name).segments.filter(({ isDiscontinuous }) => isDiscontinuous).length;
  deepEqual([count(soon, "v0"), count(soon, "a0"), count(late, "v0"), count(late, "a0")], [0, 0, 1, 1]);
  // The pause is in no segment.
  for (const { segments } of late.segmenter.renditions) {
    for (const { durationSeconds } of segments) ok(durationSeconds < 2.5, `${durationSeconds} s`);
  }
  const dates = parse(textOf(late.segmenter, renditionOf(late.segmenter, "v0"))).segments.map(
    ({ programDateTime }) => (programDateTime?.getTime() ?? 0) - TIME_OF_DAY_MS,
  );
  deepEqual(dates.slice(0, 4), [0, 2000, 4000, 9000]);
});

test("pictures that are seldom are no pauses", () => {
  const slow = mediaMessages({ fromMs: 0, toMs: 20_000, frameRate: 0.5, gopMs: 2000, hasAudio: false });
  const { segmenter } = cut([...configMessages(), ...slow]);
  const { segments } = renditionOf(segmenter, "v0");
  ok(segments.length > 3 && segments.every(({ isDiscontinuous }) => !isDiscontinuous));
});

test("sound that is gone for a while leaves gaps, and its segments keep their numbers", () => {
  const messages = [
    ...configMessages(),
    ...mediaMessages({ fromMs: 0, toMs: 4000 }),
    ...mediaMessages({ fromMs: 4000, toMs: 10_000, hasAudio: false }),
    ...mediaMessages({ fromMs: 10_000, toMs: 16_000 }),
  ];
  const { segmenter } = cut(messages);
  const [video, audio] = [renditionOf(segmenter, "v0"), renditionOf(segmenter, "a0")];
  deepEqual(
    audio.segments.map(({ number, isGap }) => [number, isGap]),
    video.segments.map(({ number }) => [number, number >= 2 && number <= 4]),
  );
  for (const [index, { startSeconds }] of audio.segments.entries()) {
    ok(Math.abs(startSeconds - (video.segments[index]?.startSeconds ?? 0)) < 0.05, `segment ${index}`);
  }
  ok(parse(textOf(segmenter, audio)).segments.some(({ gap }) => gap === true));
});

test("pictures that are gone for a while leave gaps, and the sound goes on", () => {
  const messages = [
    ...configMessages(),
    ...mediaMessages({ fromMs: 0, toMs: 4000 }),
    ...mediaMessages({ fromMs: 4000, toMs: 12_000, frameRate: 0 }),
    ...mediaMessages({ fromMs: 12_000, toMs: 18_000 }),
  ];
  const { segmenter } = cut(messages);
  const [video, audio] = [renditionOf(segmenter, "v0"), renditionOf(segmenter, "a0")];
  ok(video.segments.some(({ isGap }) => isGap));
  ok(audio.segments.every(({ isGap }) => !isGap));
  ok(Math.abs(video.segments.length - audio.segments.length) <= 1);
});

test("tracks of a multitrack broadcast become renditions of their own", () => {
  const media = mediaMessages({ fromMs: 0, toMs: 7000 });
  const messages = [...configMessages(), ...media].flatMap((message) => [message, onTrack(1, message)]);
  const { segmenter } = cut(messages);
  deepEqual(
    segmenter.renditions.map(({ name, segments }) => [name, segments.map(({ number }) => number)]),
    ["v0", "v1", "a0", "a1"].map((name) => [name, [0, 1, 2]]),
  );
});

test("a codec that MP4 cannot carry is left out and told, and the other track plays", () => {
  const pictures = [0, 1000, 2000].map(flv1Picture);
  const only = cut(pictures);
  equal(only.segmenter.hasOnlyUnsupported, true);
  deepEqual(
    only.unsupported.map(({ track, codec }) => [track.kind, track.trackId, codec]),
    [["video", 0, "flv1"]],
  );
  const { segmenter } = cut([
    ...pictures,
    ...configMessages(),
    ...mediaMessages({ fromMs: 0, toMs: 5000, frameRate: 0 }),
  ]);
  equal(segmenter.hasOnlyUnsupported, false);
  deepEqual(
    segmenter.renditions.map(({ name }) => name),
    ["a0"],
  );
});

test("at the end, the rest is the last segment, and the playlist says that nothing comes", () => {
  const { segmenter } = cut([...configMessages(), ...mediaMessages({ fromMs: 0, toMs: 5000 })]);
  segmenter.end();
  for (const rendition of segmenter.renditions) {
    const playlist = parse(textOf(segmenter, rendition));
    equal(playlist.endlist, true);
    equal(playlist.segments.length, 3);
  }
  deepEqual(durationsOf(renditionOf(segmenter, "v0")), [2000, 2000, 1000]);
});

test("memory has a bound: fewer segments are named, and one more byte is not kept", () => {
  const messages = [...configMessages(), ...mediaMessages({ fromMs: 0, toMs: 60_000, pictureBytes: 10_000 })];
  const segmentBytes = 50 * 10_000;
  const maxBytes = 4 * segmentBytes;
  const segmenter = cut([], { maxBytes }).segmenter;
  for (const message of messages) {
    feed(segmenter, [message]);
    ok(segmenter.heldBytes <= maxBytes, `${segmenter.heldBytes} bytes`);
  }
  const { segments } = renditionOf(segmenter, "v0");
  ok(segments.length >= 1 && segments.length < 4, `${segments.length} segments`);
});

test("a segment that would be larger than the bound is cut short", () => {
  const messages = [
    ...configMessages(),
    ...mediaMessages({ fromMs: 0, toMs: 9000, gopMs: 9000, pictureBytes: 50_000 }),
  ];
  const { segmenter } = cut(messages, { maxBytes: 2_000_000 });
  ok(segmenter.heldBytes <= 2_000_000, `${segmenter.heldBytes} bytes`);
  ok(durationsOf(renditionOf(segmenter, "v0")).every((durationMs) => durationMs < 2000));
});

test("segments that have left the playlist can still be fetched for as long again", () => {
  const { segmenter } = cut([...configMessages(), ...mediaMessages({ fromMs: 0, toMs: 41_000 })], { segments: 4 });
  const video = renditionOf(segmenter, "v0");
  deepEqual(
    video.segments.map(({ number }) => number),
    [16, 17, 18, 19],
  );
  ok(video.window.find(12) !== undefined && video.window.find(11) === undefined);
});

/** What publishers may do, in pieces of a few seconds. */
const stretch = fc.record({
  durationMs: fc.integer({ min: 300, max: 9000 }),
  pauseMs: fc.constantFrom(0, 0, 0, 500, 3000),
  frameRate: fc.constantFrom(0, 15, 24, 25, 30, 50, 60),
  gopMs: fc.constantFrom(500, 1000, 2000, 3700),
  hasAudio: fc.boolean(),
  isReconfigured: fc.boolean(),
});

test("whatever a publisher does, each playlist is good, and each follows from the one before", () => {
  fc.assert(
    fc.property(fc.array(stretch, { minLength: 1, maxLength: 6 }), (stretches) => {
      const segmenter = cut(configMessages()).segmenter;
      const seen = new Map<string, HLS.types.MediaPlaylist>();
      let timeMs = 0;
      let hasOtherConfig = false;
      for (const { durationMs, pauseMs, isReconfigured, ...media } of stretches) {
        timeMs += pauseMs;
        hasOtherConfig = hasOtherConfig !== isReconfigured;
        feed(segmenter, [classifyMedia("video", timeMs, hasOtherConfig ? OTHER_AVC_CONFIG : AVC_CONFIG)]);
        for (const message of mediaMessages({ fromMs: timeMs, toMs: timeMs + durationMs, ...media })) {
          const before = segmenter.changes;
          feed(segmenter, [message]);
          if (segmenter.changes !== before && segmenter.targetDuration !== undefined) lookAt(segmenter, seen);
        }
        timeMs += durationMs;
      }
      segmenter.end();
      if (segmenter.targetDuration !== undefined) lookAt(segmenter, seen);
    }),
    { numRuns: 10 },
  );
});

function lookAt(segmenter: Segmenter, seen: Map<string, HLS.types.MediaPlaylist>): void {
  for (const rendition of segmenter.renditions) {
    const text = textOf(segmenter, rendition);
    // Some stretches end in parts that are too short for their target: all else is held against the specification.
    const playlist = parseLeniently(text);
    // The one that still grows has none.
    for (const { duration = 0 } of playlist.segments) {
      ok(Math.round(duration) <= playlist.targetDuration, `${duration} s of ${playlist.targetDuration}`);
    }
    const before = seen.get(rendition.name);
    if (before !== undefined) expectFollows(before, playlist);
    seen.set(rendition.name, playlist);
    expectDelta(segmenter, rendition);
  }
}

function parseLeniently(text: string): HLS.types.MediaPlaylist {
  HLS.setOptions({ strictMode: false, silent: true });
  return HLS.parse(text) as HLS.types.MediaPlaylist;
}

/** What both playlists name is the same. */
function expectFollows(before: HLS.types.MediaPlaylist, after: HLS.types.MediaPlaylist): void {
  equal(after.targetDuration, before.targetDuration);
  const moved = (after.mediaSequenceBase ?? 0) - (before.mediaSequenceBase ?? 0);
  ok(moved >= 0);
  const left = before.segments.slice(0, moved).filter(({ discontinuity }) => discontinuity === true).length;
  equal((after.discontinuitySequenceBase ?? 0) - (before.discontinuitySequenceBase ?? 0), left);
  for (const [index, segment] of before.segments.slice(moved).entries()) {
    const same = after.segments[index];
    // The last one may have been open.
    if (segment.uri === "" || same === undefined) continue;
    deepEqual(
      [same.uri, same.duration, same.programDateTime, same.discontinuity, same.map?.uri],
      [segment.uri, segment.duration, segment.programDateTime, segment.discontinuity, segment.map?.uri],
    );
  }
}

/** A delta update, put into the playlist that a client has, is the full one. */
function expectDelta(segmenter: Segmenter, rendition: Rendition): void {
  const playlist = describePlaylist(segmenter, rendition);
  const skipped = countSkipped(playlist);
  if (skipped === 0) return;
  const full = encodeMediaPlaylist(playlist).join("").split("\n");
  const delta = encodeMediaPlaylist(playlist, skipped).join("").split("\n");
  const skipAt = delta.indexOf(`#EXT-X-SKIP:SKIPPED-SEGMENTS=${skipped}`);
  const [firstUri = -1, lastUri = -1] = [0, skipped - 1].map((index) =>
    full.findIndex((line) => line.includes(`-s${playlist.segments[index]?.number}.m4s`)),
  );
  ok(skipAt > 0 && firstUri > 0);
  deepEqual([...delta.slice(0, skipAt), ...full.slice(skipAt, lastUri + 1), ...delta.slice(skipAt + 1)], full);
}

test("a long playlist is told in deltas that leave out all before the skip boundary", () => {
  const messages = [...configMessages(), ...mediaMessages({ fromMs: 0, toMs: 41_000 })];
  const { segmenter } = cut(messages, { segments: 20 });
  for (const rendition of segmenter.renditions) {
    equal(countSkipped(describePlaylist(segmenter, rendition)), 14);
    expectDelta(segmenter, rendition);
  }
});

test("a steady publisher's playlists pass a strict parser at every change, at many frame rates", () => {
  for (const frameRate of [10, 15, 20, 24, 25, 30, 50, 60]) {
    const segmenter = cut(configMessages()).segmenter;
    for (const message of mediaMessages({ fromMs: 0, toMs: 21_000, frameRate })) {
      const before = segmenter.changes;
      feed(segmenter, [message]);
      if (segmenter.changes === before || segmenter.targetDuration === undefined) continue;
      for (const rendition of segmenter.renditions) parse(textOf(segmenter, rendition));
    }
  }
});

test("what comes before the first keyframe is left out", () => {
  const { segmenter } = cut([
    ...configMessages(),
    picture(0, false),
    sound(0),
    picture(40, false),
    ...mediaMessages({ fromMs: 80, toMs: 5000 }),
  ]);
  equal(renditionOf(segmenter, "v0").segments[0]?.startSeconds, 0.08);
});

test("a publisher whose time does not go on fills no memory, whatever the size of its pictures", () => {
  const maxBytes = 4 * 1024 * 1024;
  for (const pictureBytes of [1, 100_000]) {
    const { segmenter } = cut([...configMessages(), picture(0, true)], { maxBytes });
    let most = 0;
    for (let count = 0; count < 40_000; count++) {
      segmenter.write(picture(10, false, pictureBytes), TIME_OF_DAY_MS);
      most = Math.max(most, segmenter.heldBytes);
      if (pictureBytes > 1 && count > 400) break;
    }
    // The part ends, and what was pending counts.
    feed(segmenter, [picture(600, false), picture(640, false)]);
    most = Math.max(most, segmenter.heldBytes);
    ok(most <= maxBytes, `${most} bytes of pictures of ${pictureBytes} bytes`);
    // It goes on, and so does what is kept of it.
    feed(segmenter, mediaMessages({ fromMs: 680, toMs: 8000, hasAudio: false }));
    ok((segmenter.rendition("v0")?.segments.length ?? 0) > 2);
  }
});

test("init segments go with the segments that need them", () => {
  const messages = Array.from({ length: 60 }, (_, index) => [
    classifyMedia("video", index * 1000, index % 2 === 0 ? AVC_CONFIG : OTHER_AVC_CONFIG),
    ...mediaMessages({ fromMs: index * 1000, toMs: (index + 1) * 1000, hasAudio: false }),
  ]).flat();
  const { segmenter } = cut(messages);
  const rendition = segmenter.rendition("v0");
  ok(rendition !== undefined);
  for (const { initNumber } of rendition.segments) ok(rendition.init(initNumber) !== undefined);
  const kept = Array.from({ length: 60 }, (_, number) => rendition.init(number)).filter((init) => init !== undefined);
  ok(kept.length <= 16, `${kept.length} of 60`);
  equal(rendition.init(0), undefined);
});
