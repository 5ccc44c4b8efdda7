import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { MediaMessage } from "../formats/flv/media-message.ts";
import { type Log, silentLog } from "../server/log.ts";
import { createClip } from "./clip.ts";
import { keepPublishing, type PublishedStream } from "./keep-publishing.ts";
import type { Clock } from "./publish-loop.ts";

const CLIP = createClip(
  [0, 40, 80].map((timestamp): MediaMessage => {
    const payload = Uint8Array.of(0x17);
    return { kind: "video", timestamp, payload, isKeyframe: true, isConfig: false, isDisposable: false, trackId: 0 };
  }),
);

function fakeClock(waits: number[] = []): Clock {
  let nowMs = 0;
  return {
    nowMs: () => nowMs,
    async wait(delayMs) {
      waits.push(delayMs);
      nowMs += delayMs;
    },
  };
}

/** A stream whose connection can break while it is written to. */
function fakeStream(onWrite: (count: number, breakOff: () => void) => void): PublishedStream & { isClosed: boolean } {
  const { promise, resolve } = Promise.withResolvers<{ readonly description: string }>();
  let count = 0;
  return {
    isClosed: false,
    ended: promise,
    write: () => onWrite(++count, () => resolve({ description: "the network broke" })),
    async close() {
      this.isClosed = true;
      resolve({ description: "closed by the application" });
    },
  };
}

test("a stop closes the stream in order", async () => {
  const stop = new AbortController();
  const stream = fakeStream((count) => count === 5 && stop.abort());
  await keepPublishing({ clip: CLIP, open: async () => stream, clock: fakeClock(), log: silentLog }, stop.signal);
  equal(stream.isClosed, true);
});

test("a broken connection is opened again", async () => {
  const stop = new AbortController();
  const reasons: unknown[] = [];
  const log: Log = { ...silentLog, warn: (details) => reasons.push(details) };
  const streams: ReturnType<typeof fakeStream>[] = [];
  const open = async (): Promise<PublishedStream> => {
    const stream = fakeStream((count, breakOff) => {
      if (count < 5) return;
      if (streams.length < 3) breakOff();
      else stop.abort();
    });
    streams.push(stream);
    return stream;
  };
  await keepPublishing({ clip: CLIP, open, clock: fakeClock(), log }, stop.signal);
  deepEqual(
    streams.map(({ isClosed }) => isClosed),
    [true, true, true],
  );
  deepEqual(reasons, [
    { reason: "the network broke", retryMs: 250 },
    { reason: "the network broke", retryMs: 250 },
  ]);
});

test("a server that cannot be reached is tried later each time, but at least every 5 s", async () => {
  const stop = new AbortController();
  const waits: number[] = [];
  const lines: string[] = [];
  const log: Log = { ...silentLog, warn: (_details, line) => lines.push(line) };
  let tries = 0;
  const open = async (): Promise<PublishedStream> => {
    if (++tries === 8) stop.abort();
    throw new Error("refused");
  };
  await keepPublishing({ clip: CLIP, open, clock: fakeClock(waits), log }, stop.signal);
  deepEqual(waits, [250, 500, 1000, 2000, 4000, 5000, 5000]);
  equal(lines.length, 7);
});

test("a stream that throws is an attempt that failed", async () => {
  const stop = new AbortController();
  let tries = 0;
  const open = async (): Promise<PublishedStream> => {
    if (++tries === 2) stop.abort();
    return fakeStream(() => {
      throw new Error("not connected");
    });
  };
  await keepPublishing({ clip: CLIP, open, clock: fakeClock(), log: silentLog }, stop.signal);
  equal(tries, 2);
});
