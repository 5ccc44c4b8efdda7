import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { concatBytes } from "../bytes/concat.ts";
import { hex } from "../bytes/hex.ts";
import { classifyMedia } from "../formats/flv/classify.ts";
import type { MediaMessage } from "../formats/flv/media-message.ts";
import { ChunkDecoder } from "../rtmp/chunk/chunk-decoder.ts";
import { Broadcast, type BroadcastOptions } from "./broadcast.ts";
import type { Publisher } from "./publication.ts";
import type { RelayOutput } from "./relays.ts";
import type { ViewerNotice } from "./viewer.ts";

/** Notes what it is told, and each message as `video 40`. */
class TestRelay implements RelayOutput {
  readonly kind = "bytes";
  readonly streamId: number = 1;
  readonly events: string[] = [];
  isReady = true;
  unsentBytes = 0;
  takenBytes = 0;
  readonly #decoder = new ChunkDecoder();

  constructor() {
    this.#decoder.setChunkSize(65_536);
  }

  write(pieces: readonly Uint8Array[]): void {
    this.#decoder.push(concatBytes(pieces));
    for (let message = this.#decoder.next(); message !== undefined; message = this.#decoder.next()) {
      this.events.push(`${message.type === 9 ? "video" : "data"} ${message.timestamp}`);
    }
  }

  notify(notice: ViewerNotice): void {
    this.events.push(notice);
  }

  wake(): void {
    this.events.push("wake");
  }

  started(): void {
    this.events.push("started");
  }

  cleared(name: string): void {
    this.events.push(`cleared ${name}`);
  }

  closeSlow(): void {
    this.events.push("slow");
  }

  take(): string[] {
    return this.events.splice(0);
  }
}

function create(options: Partial<BroadcastOptions> = {}): Broadcast {
  return new Broadcast("live/test", { ...options, schedule() {} });
}

function picture(timestamp: number, isKeyframe = false): MediaMessage {
  return classifyMedia("video", timestamp, isKeyframe ? hex`17 01 000000 65` : hex`27 01 000000 41`);
}

const encoder: Publisher = { description: "an encoder", replaced() {} };

function publishTo(broadcast: Broadcast, publisher: Publisher, nowMs: number) {
  const result = broadcast.publish(publisher, nowMs);
  if (result.kind !== "accepted") throw new Error(result.kind);
  return result.publication;
}

test("a relay gets the log, is woken by each write, and is no viewer", () => {
  const broadcast = create();
  const relay = new TestRelay();
  const viewer = broadcast.relay(relay);
  equal(broadcast.isUnused, false);
  equal(broadcast.isWatched, false);
  const publication = publishTo(broadcast, encoder, 0);
  publication.write(picture(0, true), 0);
  publication.write(picture(40), 40);
  deepEqual(relay.take(), ["publish", "started", "wake", "wake"]);
  viewer.serve();
  deepEqual(relay.take(), ["video 0", "video 40"]);
  equal(broadcast.viewerCount, 0);
  publication.clearData("onMetaData");
  publication.write(picture(80), 80);
  publication.end("unpublished", 90);
  deepEqual(relay.take(), ["cleared onMetaData", "wake", "video 80", "unpublish"]);
  broadcast.leave(viewer);
  equal(broadcast.isUnused, true);
});

test("a relay that comes later begins with the newest keyframe", () => {
  const broadcast = create();
  const publication = publishTo(broadcast, encoder, 0);
  for (const [timestamp, isKeyframe] of [
    [0, true],
    [40, false],
    [80, true],
    [120, false],
  ] as const) {
    publication.write(picture(timestamp, isKeyframe), timestamp);
  }
  const relay = new TestRelay();
  broadcast.relay(relay);
  deepEqual(relay.take(), ["started", "video 80", "video 120"]);
});

test("it hears of each publisher that goes on, behind what the one before has sent", () => {
  const broadcast = create();
  const relay = new TestRelay();
  broadcast.relay(relay);
  const first = publishTo(broadcast, encoder, 0);
  first.write(picture(0, true), 0);
  first.end("lost", 10);
  const second = publishTo(broadcast, encoder, 100);
  second.write(picture(0, true), 100);
  broadcast.tick(20_000);
  deepEqual(relay.take(), ["publish", "started", "wake", "video 0", "started", "wake"]);
});

test("an end that it has not heard of, when somebody publishes again, is not told later", () => {
  const broadcast = create();
  const relay = new TestRelay();
  const viewer = broadcast.relay(relay);
  relay.isReady = false;
  relay.unsentBytes = 1;
  const first = publishTo(broadcast, encoder, 0);
  first.write(picture(0, true), 0);
  first.end("unpublished", 10);
  publishTo(broadcast, encoder, 20).write(picture(0, true), 20);
  relay.isReady = true;
  relay.unsentBytes = 0;
  viewer.serve();
  const told = relay.take();
  deepEqual(
    told.filter((event) => event !== "wake"),
    ["started", "started", "video 0", "video 20", "publish"],
  );
});

test("a relay's publication gives way to any other at once, and viewers are told nothing", () => {
  const broadcast = create({ busyName: "refuse" });
  const replacedBy: string[] = [];
  const relay: Publisher = { description: "a relay", isRelay: true, replaced: (by) => replacedBy.push(by.description) };
  const publication = publishTo(broadcast, relay, 0);
  publication.write(picture(0, true), 0);
  equal(broadcast.publish(encoder, 1).kind, "accepted");
  deepEqual(replacedBy, ["an encoder"]);
  equal(publication.isOver, true);
  // And takes the place of nobody whom the rules protect.
  equal(broadcast.publish(relay, 2).kind, "refused");
});

test("times of a relay are kept, however far apart its messages are", () => {
  const times = [0, 15_000, 30_000, 30_040];
  for (const isRelay of [false, true]) {
    const broadcast = create();
    const seen: number[] = [];
    broadcast.subscribe({ write: ({ timestamp }) => seen.push(timestamp), end() {} });
    const publication = publishTo(broadcast, { ...encoder, isRelay }, 0);
    // All at once, as what was kept for newcomers comes.
    for (const timestamp of times) publication.write(picture(timestamp, timestamp === 0), 0);
    if (isRelay) deepEqual(seen, times);
    else equal(seen.at(-1), 80);
  }
});
