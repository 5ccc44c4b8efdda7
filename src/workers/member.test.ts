import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { describe, test } from "node:test";
import {
  mediaEvent,
  publish,
  startPool,
  type TestPublisher,
  type Watcher,
  watch,
} from "../../test/support/worker-pool.ts";
import { hex } from "../bytes/hex.ts";
import { connect } from "../client/index.ts";
import { encodeCommandValues } from "../formats/amf/command-values.ts";

const MEDIA: readonly (readonly ["audio" | "video" | "data", number, Uint8Array])[] = [
  ["data", 0, encodeCommandValues(["onMetaData", { width: 1280, height: 720, encoder: "test" }])],
  ["video", 0, hex`17 00 000000 01640028ffe1`],
  ["audio", 0, hex`af 00 1210`],
  // Enhanced RTMP: configuration and picture of track 1, HEVC.
  ["video", 0, hex`96 00 68766331 01 01020304`],
  ["video", 0, big(0x17, 300_000)],
  ["video", 0, hex`96 01 68766331 01 000000 0a0b0c`],
  ["audio", 5, hex`af 01 21 10`],
  ["video", 40, big(0x27, 40_000)],
  ["audio", 28, hex`af 01 22 10`],
  ["data", 30, encodeCommandValues(["onCuePoint", { name: "here" }])],
  ["video", 80, big(0x27, 70_000)],
  ["video", 80, hex`a6 01 68766331 01 000000 0d0e0f`],
];

/** A picture of H.264 with bytes that are not all alike. */
function big(first: number, length: number): Uint8Array {
  const payload = Uint8Array.from({ length }, (_, index) => (index * index) & 255);
  payload.set([first, 1, 0, 0, 0]);
  return payload;
}

function writeAll({ stream }: TestPublisher, media = MEDIA, addMs = 0): void {
  for (const [kind, timestamp, payload] of media) stream.write({ kind, timestamp: timestamp + addMs, payload });
}

const events = MEDIA.map(([kind, timestamp, payload]) => mediaEvent(kind, timestamp, payload));
const LAST = events.at(-1) ?? "";

/** Without the times. */
function bodies(all: readonly string[]): string[] {
  return all.map((event) => event.replace(/ \d+ /, " "));
}

function times(watcher: Watcher, kind: string): number[] {
  return watcher
    .media()
    .filter((event) => event.startsWith(kind))
    .map((event) => Number(event.split(" ")[1]));
}

function isAscending(values: readonly number[]): boolean {
  return values.every((value, index) => index === 0 || value >= (values[index - 1] ?? 0));
}

test("whoever watches, on whatever worker, before or after the publisher, gets the same bit for bit", async (t) => {
  const pool = await startPool(t, 3);
  const early = await Promise.all([1, 2, 3].map((worker) => watch(t, pool.worker(worker))));
  const publisher = await publish(t, pool.worker(2));
  writeAll(publisher);
  await Promise.all(early.map((watcher) => watcher.untilEvent(LAST)));
  const late = await Promise.all([1, 2, 3].map((worker) => watch(t, pool.worker(worker))));
  await Promise.all(late.map((watcher) => watcher.untilEvent(LAST)));
  writeAll(publisher, MEDIA.slice(4), 120);
  const newest = mediaEvent("video", 200, MEDIA.at(-1)?.[2] ?? hex``);
  for (const watcher of [...early, ...late]) await watcher.untilEvent(newest);
  await publisher.stream.close();
  for (const watcher of [...early, ...late]) await watcher.untilEvent("Play.UnpublishNotify");
  for (const watcher of early) {
    equal(watcher.events.filter((event) => event === "Play.PublishNotify").length, 1);
    deepEqual(watcher.media().slice(0, events.length), events);
    deepEqual(watcher.media(), early[1]?.media());
  }
  for (const watcher of late) {
    // What they are told is the same, too, as where the publisher is.
    deepEqual(watcher.events, late[1]?.events);
    deepEqual(watcher.media().slice(0, events.length), events);
  }
});

test("relays are no viewers, and a mirror that nobody watches ends", async (t) => {
  const pool = await startPool(t, 2);
  const publisher = await publish(t, pool.worker(1));
  writeAll(publisher);
  const watcher = await watch(t, pool.worker(2));
  await watcher.untilEvent(LAST);
  equal(pool.worker(1).server.broadcasts.get("live/key")?.viewerCount, 0);
  equal(pool.worker(2).server.broadcasts.get("live/key")?.viewerCount, 1);
  await watcher.stream.close();
  await pool.until("2 unwatch live/key");
  equal(pool.worker(2).server.broadcasts.get("live/key")?.state ?? "idle", "idle");
  await publisher.stream.close();
  await pool.until("1 release live/key");
  equal(pool.directory.size, 0);
});

test("a publisher whose connection broke comes back to another worker, and viewers notice nothing", async (t) => {
  const pool = await startPool(t, 3);
  const watchers = await Promise.all([1, 2, 3].map((worker) => watch(t, pool.worker(worker))));
  const first = await publish(t, pool.worker(1));
  writeAll(first);
  for (const watcher of watchers) await watcher.untilEvent(LAST);
  // A break, not an end: the server is told nothing.
  first.breakOff();
  await pool.worker(1).until("connection closed");
  const second = await publish(t, pool.worker(2));
  const returned = MEDIA.map(([kind, timestamp, payload]) => [kind, timestamp + 5000, payload] as const);
  writeAll(second, returned);
  await Promise.all(
    watchers.map((watcher) => watcher.until("all twice", () => watcher.media().length >= 2 * events.length)),
  );
  for (const watcher of watchers) {
    deepEqual(bodies(watcher.media()), bodies([...events, ...events]));
    deepEqual(
      watcher.events.filter((event) => /Notify|ended/.test(event)),
      ["Play.PublishNotify"],
    );
    ok(isAscending(times(watcher, "video")), `times of video: ${times(watcher, "video")}`);
    ok(isAscending(times(watcher, "audio")), `times of audio: ${times(watcher, "audio")}`);
  }
});

test("a viewer that comes first waits, is told who publishes when, and does not mind where", async (t) => {
  const pool = await startPool(t, 3);
  const watcher = await watch(t, pool.worker(3));
  const notices = (): string[] => watcher.events.filter((event) => /Notify|ended/.test(event));
  for (const worker of [1, 2, 3, 1]) {
    const before = notices().length;
    const publisher = await publish(t, pool.worker(worker));
    writeAll(publisher);
    await publisher.stream.close();
    await watcher.until("both notices", () => notices().length >= before + 2);
  }
  deepEqual(notices(), Array(4).fill(["Play.PublishNotify", "Play.UnpublishNotify"]).flat());
  equal(watcher.media().length, 4 * events.length);
  deepEqual(bodies(watcher.media()), Array(4).fill(bodies(events)).flat());
});

describe("a publisher on another worker than the present one", () => {
  test("refuse: is told that the name is in use", async (t) => {
    const pool = await startPool(t, 2, { publish: { busyName: "refuse" } });
    const first = await publish(t, pool.worker(1));
    await rejects(publish(t, pool.worker(2)), /already being published/);
    equal(first.stream.isOver, false);
  });

  test("takeover: replaces it at once, and viewers everywhere notice nothing", async (t) => {
    const pool = await startPool(t, 3, { publish: { busyName: "takeover" } });
    const watchers = await Promise.all([1, 2, 3].map((worker) => watch(t, pool.worker(worker))));
    const first = await publish(t, pool.worker(1));
    writeAll(first);
    for (const watcher of watchers) await watcher.untilEvent(LAST);
    const second = await publish(t, pool.worker(2));
    match((await first.stream.ended).description, /Another publisher took over|closed/);
    writeAll(second);
    for (const watcher of watchers) await watcher.until("all twice", () => watcher.media().length >= 2 * events.length);
    for (const watcher of watchers) {
      deepEqual(bodies(watcher.media()), bodies([...events, ...events]));
      ok(!watcher.events.includes("Play.UnpublishNotify"));
      ok(isAscending(times(watcher, "video")));
    }
    equal(pool.directory.homeOf("live/key")?.worker, 2);
  });

  test("takeover-when-stale: waits until the first has been silent for long enough, or has sent something", async (t) => {
    const pool = await startPool(t, 2, { publish: { staleAfterMs: 400 } });
    const first = await publish(t, pool.worker(1));
    writeAll(first);
    const second = await publish(t, pool.worker(2));
    match((await first.stream.ended).description, /Another publisher took over|closed/);
    const third = publish(t, pool.worker(1));
    third.catch(() => {});
    await pool.until("1 claim live/key");
    const sending = setInterval(() => writeAll(second), 10);
    t.after(() => clearInterval(sending));
    await rejects(third, /already being published/);
  });
});

test("when the home of a broadcast dies, viewers elsewhere wait, and get what is published next", async (t) => {
  const pool = await startPool(t, 3);
  const watcher = await watch(t, pool.worker(3));
  const first = await publish(t, pool.worker(1));
  writeAll(first);
  await watcher.untilEvent(LAST);
  await pool.kill(1);
  equal(pool.worker(3).server.broadcasts.get("live/key")?.viewerCount, 1);
  const second = await publish(t, pool.worker(2));
  writeAll(second);
  await watcher.until("all twice", () => watcher.media().length >= 2 * events.length);
  deepEqual(bodies(watcher.media()), bodies([...events, ...events]));
  ok(!watcher.events.includes("Play.UnpublishNotify"));
});

test("when it dies and nobody comes back, viewers are told after the grace time", async (t) => {
  const pool = await startPool(t, 2, { publish: { graceMs: 200 } });
  const watcher = await watch(t, pool.worker(2));
  const first = await publish(t, pool.worker(1));
  writeAll(first);
  await watcher.untilEvent(LAST);
  await pool.kill(1);
  await watcher.untilEvent("Play.UnpublishNotify");
});

test("viewers and publishers of a hundred names, on any worker, at the same time, again and again", async (t) => {
  const pool = await startPool(t, 3);
  const names = Array.from({ length: 100 }, (_, index) => `live/${index}`);
  for (const round of [0, 1]) {
    await Promise.all(
      names.map(async (name, index) => {
        const coming = watch(t, pool.worker(((index + round) % 3) + 1), name);
        const publisher = await publish(t, pool.worker((index % 2) + 1 + round), name);
        const watcher = await coming;
        await watcher.until("that it plays", () => watcher.events.includes("Play.Start"));
        writeAll(publisher);
        await watcher.until("the last", (all) => all.some((event) => event.endsWith(LAST.slice(-13))));
        await publisher.stream.close();
        await watcher.untilEvent("Play.UnpublishNotify");
        deepEqual(bodies(watcher.media()), bodies(events));
        await watcher.stream.close();
      }),
    );
  }
  await pool.until("3 release live/99");
});

test("two who want one name at the same moment, on two workers, do not both get it", async (t) => {
  const pool = await startPool(t, 2, { publish: { busyName: "refuse" } });
  for (let round = 0; round < 20; round++) {
    const name = `live/${round}`;
    const both = await Promise.allSettled([1, 2].map((worker) => publish(t, pool.worker(worker), name)));
    equal(both.filter(({ status }) => status === "fulfilled").length, 1);
  }
});

test("many who take a name over at the same moment, on all workers, leave one", async (t) => {
  const pool = await startPool(t, 3, { publish: { busyName: "takeover" } });
  for (let round = 0; round < 10; round++) {
    const name = `live/${round}`;
    const all = await Promise.all(Array.from({ length: 12 }, (_, i) => publish(t, pool.worker((i % 3) + 1), name)));
    const { promise: replaced, resolve } = Promise.withResolvers<void>();
    let left = all.length;
    for (const { stream } of all) void stream.ended.then(() => --left === 1 && resolve());
    await replaced;
    const home = pool.directory.homeOf(name)?.worker;
    const publishers = [1, 2, 3].filter(
      (worker) => pool.worker(worker).server.broadcasts.get(name)?.publisher?.isRelay === undefined,
    );
    ok(home !== undefined && publishers.includes(home));
  }
});

test("whoever plays one name after another keeps no more mirrors than there may be broadcasts", async (t) => {
  const pool = await startPool(t, 1, { limits: { maxBroadcasts: 2 } });
  const connection = await connect(pool.worker(1).url("live/").replace(/\/$/, ""));
  t.after(() => connection.close());
  for (let index = 0; index < 6; index++) await (await connection.play(`${index}`)).close();
  ok(pool.said.filter((saying) => saying.startsWith("1 unwatch")).length >= 2);
});

test("limits are one for all workers", async (t) => {
  const pool = await startPool(t, 2, { limits: { maxConnections: 2 } });
  const first = await publish(t, pool.worker(1), "live/1");
  await publish(t, pool.worker(2), "live/2");
  await rejects(publish(t, pool.worker(1), "live/3"));
  await first.stream.close();
  first.breakOff();
  await pool.until("1 left");
  await publish(t, pool.worker(2), "live/3");
});
