import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import type { MediaMessage } from "../formats/flv/media-message.ts";
import { type Clip, createClip } from "./clip.ts";
import { type Clock, publishLoop, systemClock } from "./publish-loop.ts";

function message(kind: MediaMessage["kind"], timestamp: number, isConfig = false): MediaMessage {
  const payload = Uint8Array.of(timestamp & 0xff);
  return { kind, timestamp, payload, isKeyframe: false, isConfig, isDisposable: false, trackId: 0 };
}

/** 80 ms at 25 pictures a second, with audio every 20 ms. */
const RECORDED = [
  message("data", 1000, true),
  message("video", 1000, true),
  message("audio", 1000, true),
  message("video", 1000),
  message("audio", 1000),
  message("audio", 1020),
  message("video", 1040),
  message("audio", 1040),
];

/** Time passes only by waiting, or by `skip`. */
function fakeClock(): Clock & { skip(ms: number): void } {
  let nowMs = 5000;
  return {
    nowMs: () => nowMs,
    wait: async (delayMs) => {
      nowMs += delayMs;
    },
    skip: (ms) => {
      nowMs += ms;
    },
  };
}

type Sent = { readonly kind: string; readonly timestamp: number; readonly isConfig: boolean; readonly atMs: number };

/** Publishes until `count` messages are sent. */
async function publish(
  clip: Clip,
  count: number,
  clock: Clock,
  onWrite: (sent: number) => void = () => {},
): Promise<Sent[]> {
  const stop = new AbortController();
  const startMs = clock.nowMs();
  const sent: Sent[] = [];
  const sink = {
    write({ kind, timestamp, isConfig }: MediaMessage): void {
      sent.push({ kind, timestamp, isConfig, atMs: clock.nowMs() - startMs });
      onWrite(sent.length);
      if (sent.length === count) stop.abort();
    },
  };
  await publishLoop(clip, sink, clock, stop.signal);
  return sent;
}

test("a clip starts at 0 and lasts until its next frame would come", () => {
  const clip = createClip(RECORDED);
  deepEqual(
    clip.messages.map(({ timestamp }) => timestamp),
    [0, 0, 0, 0, 0, 20, 40, 40],
  );
  equal(clip.durationMs, 80);
});

test("a clip in another order is put in order, and one without media is refused", () => {
  const clip = createClip([message("audio", 30), message("video", 10), message("video", 50)]);
  deepEqual(
    clip.messages.map(({ timestamp }) => timestamp),
    [0, 20, 40],
  );
  equal(clip.durationMs, 80);
  throws(() => createClip([message("data", 0)]), /no audio and no video/);
  throws(() => createClip([]), /no audio and no video/);
});

test("each message is sent when it is due, and timestamps go on over the rounds", async () => {
  const sent = await publish(createClip(RECORDED), 8 + 5 + 5, fakeClock());
  deepEqual(
    sent.slice(8).map(({ timestamp }) => timestamp),
    [80, 80, 100, 120, 120, 160, 160, 180, 200, 200],
  );
  for (const { timestamp, atMs } of sent) equal(atMs, timestamp);
});

test("configurations are sent in the first round only", async () => {
  const sent = await publish(createClip(RECORDED), 40, fakeClock());
  deepEqual(
    sent.filter(({ isConfig }) => isConfig).map(({ kind, timestamp }) => [kind, timestamp]),
    [
      ["data", 0],
      ["video", 0],
      ["audio", 0],
    ],
  );
});

test("after a short delay it catches up; after a long one it goes on from there", async () => {
  const clock = fakeClock();
  const clip = createClip(RECORDED);
  const sent = await publish(clip, 38, clock, (count) => {
    if (count === 13) clock.skip(500);
    if (count === 28) clock.skip(60_000);
  });
  const lateMs = sent.map(({ timestamp, atMs }) => atMs - timestamp);
  equal(lateMs[12], 0);
  ok((lateMs[13] ?? 0) > 400);
  deepEqual([...new Set(lateMs.slice(29))].length, 1, "one new start, kept from then on");
  const timestamps = sent.map(({ timestamp }) => timestamp);
  deepEqual(
    timestamps,
    timestamps.toSorted((left, right) => left - right),
  );
});

test("timestamps wrap at 32 bits", async () => {
  const clip: Clip = { messages: [message("video", 0), message("video", 5)], durationMs: 2 ** 31 };
  const sent = await publish(clip, 6, fakeClock());
  deepEqual(
    sent.map(({ timestamp }) => timestamp),
    [0, 5, 2 ** 31, 2 ** 31 + 5, 0, 5],
  );
});

test("nothing is sent once it is stopped, not even after a wait", async () => {
  const stop = new AbortController();
  const sent: number[] = [];
  const clock: Clock = {
    nowMs: () => 0,
    wait: async () => stop.abort(),
  };
  await publishLoop(createClip(RECORDED), { write: ({ timestamp }) => sent.push(timestamp) }, clock, stop.signal);
  deepEqual(sent, [0, 0, 0, 0, 0]);
});

test("the clock of the system stops waiting when it is told to", async () => {
  const stop = new AbortController();
  const waiting = systemClock.wait(3_600_000, stop.signal);
  stop.abort();
  await waiting;
  ok(systemClock.nowMs() >= 0);
});
