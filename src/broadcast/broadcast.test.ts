import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { concatBytes } from "../bytes/concat.ts";
import { hex } from "../bytes/hex.ts";
import { encodeCommandValues } from "../formats/amf/command-values.ts";
import { classifyMedia } from "../formats/flv/classify.ts";
import type { MediaMessage } from "../formats/flv/media-message.ts";
import { scriptName } from "../formats/flv/script-name.ts";
import { ChunkDecoder } from "../rtmp/chunk/chunk-decoder.ts";
import type { Message } from "../rtmp/message/message.ts";
import { Broadcast, type BroadcastOptions } from "./broadcast.ts";
import type { Publication, Publisher } from "./publication.ts";
import { nameInUse } from "./refusals.ts";
import { SegmentPool } from "./segment-pool.ts";
import type { Track } from "./tracks.ts";
import type { Viewer, ViewerNotice } from "./viewer.ts";

/** A player of which the test decides when it takes bytes. */
class TestPlayer {
  readonly kind = "bytes";
  readonly streamId: number = 1;
  readonly events: string[] = [];
  unsentBytes = 0;
  takenBytes = 0;
  isReading = true;
  viewer: Viewer | undefined;
  readonly #decoder = new ChunkDecoder();

  constructor(chunkSize = 65_536) {
    this.#decoder.setChunkSize(chunkSize);
  }

  get isReady(): boolean {
    return this.unsentBytes === 0;
  }

  write(pieces: readonly Uint8Array[]): void {
    const bytes = concatBytes(pieces);
    if (this.isReading) this.takenBytes += bytes.length;
    else this.unsentBytes += bytes.length;
    this.#decoder.push(bytes.slice());
    for (let message = this.#decoder.next(); message !== undefined; message = this.#decoder.next()) {
      this.events.push(describe(message));
    }
  }

  notify(notice: ViewerNotice): void {
    this.events.push(notice);
  }

  closeSlow(blockedMs: number): void {
    this.events.push(`closed after ${blockedMs} ms`);
  }

  take(): string[] {
    return this.events.splice(0);
  }

  drain(): void {
    this.takenBytes += this.unsentBytes;
    this.unsentBytes = 0;
    this.viewer?.serve();
  }
}

/** `v1@40 17`: type, time, first payload byte. */
function describe(message: Message): string {
  const kind = message.type === 8 ? "audio" : message.type === 9 ? "video" : "data";
  return `${kind} ${message.timestamp} ${message.payload[1] ?? ""}`.trim();
}

function create(options: Partial<BroadcastOptions> = {}): {
  broadcast: Broadcast;
  delays: number[];
  flush: (nowMs: number) => void;
} {
  const delays: number[] = [];
  const broadcast = new Broadcast("live/test", { ...options, schedule: (_, delayMs) => delays.push(delayMs) });
  const flush = (nowMs: number): void => {
    broadcast.startPass();
    while (broadcast.continuePass(nowMs, 2));
  };
  return { broadcast, delays, flush };
}

function publish(
  broadcast: Broadcast,
  nowMs = 0,
  description = "first",
): { publication: Publication; replaced: string[] } {
  const replaced: string[] = [];
  const publisher: Publisher = { description, replaced: (by) => replaced.push(by.description) };
  const result = broadcast.publish(publisher, nowMs);
  if (result.kind !== "accepted") throw new Error(result.kind);
  return { publication: result.publication, replaced };
}

/** The second payload byte names the message in what the player saw. */
function frame(
  kind: "audio" | "video" | "data",
  timestamp: number,
  name: number,
  flags: Partial<MediaMessage> = {},
  bytes = 20,
): MediaMessage {
  const payload = new Uint8Array(bytes).fill(1);
  payload[0] = kind === "audio" ? 0xaf : flags.isKeyframe || flags.isConfig ? 0x17 : 0x27;
  payload[1] = name;
  return { kind, timestamp, payload, isKeyframe: false, isConfig: false, isDisposable: false, trackId: 0, ...flags };
}
const key = { isKeyframe: true };
const config = { isConfig: true };

function join(broadcast: Broadcast, player: TestPlayer): Viewer {
  const viewer = broadcast.join(player);
  player.viewer = viewer;
  return viewer;
}

test("a player that waits for the publisher gets everything from the first message", () => {
  const { broadcast, flush } = create();
  const player = new TestPlayer();
  join(broadcast, player);
  const { publication } = publish(broadcast);
  publication.write(frame("video", 0, 0, config), 0);
  publication.write(frame("video", 0, 1, key), 0);
  publication.write(frame("audio", 5, 2), 0);
  flush(0);
  deepEqual(player.take(), ["publish", "video 0 0", "video 0 1", "audio 5 2"]);
});

test("a newcomer gets metadata with time 0, configurations with the keyframe's time, then all since the newest keyframe", () => {
  const { broadcast } = create();
  const { publication } = publish(broadcast);
  publication.write(frame("video", 0, 0, config), 0);
  publication.write(frame("audio", 0, 0, config), 0);
  publication.write(frame("data", 0, 9, config), 0);
  publication.write(frame("video", 1000, 1, key), 0);
  publication.write(frame("video", 1040, 2), 0);
  publication.write(frame("video", 2000, 3, key), 0);
  publication.write(frame("audio", 2010, 4), 0);
  publication.write(frame("video", 2040, 5), 0);
  const player = new TestPlayer();
  join(broadcast, player);
  deepEqual(player.take(), [
    "data 0 9",
    "video 2000 0",
    "audio 2000 0",
    "video 2000 3",
    "audio 2010 4",
    "video 2040 5",
  ]);
});

test("a configuration that changed behind the keyframe is met in its place only", () => {
  const { broadcast } = create();
  const { publication } = publish(broadcast);
  publication.write(frame("audio", 0, 1, config), 0);
  publication.write(frame("video", 10, 1, key), 0);
  publication.write(frame("audio", 20, 2, config), 0);
  publication.write(frame("audio", 20, 3), 0);
  const player = new TestPlayer();
  join(broadcast, player);
  deepEqual(player.take(), ["audio 10 1", "video 10 1", "audio 20 2", "audio 20 3"]);
});

test("sound without pictures is joined within the last second", () => {
  const { broadcast } = create();
  const { publication } = publish(broadcast);
  publication.write(frame("audio", 0, 0, config), 0);
  for (let time = 0; time <= 5000; time += 100) publication.write(frame("audio", time, 1), time);
  const player = new TestPlayer();
  join(broadcast, player);
  const seen = player.take();
  equal(seen[0]?.startsWith("audio"), true);
  ok(seen.length >= 2 && seen.length <= 12, seen.join());
  equal(seen.at(-1), "audio 5000 1");
});

test("where no keyframe came for too many bytes, newcomers get sound at once and pictures from the next keyframe", () => {
  const { broadcast, flush } = create({ maxGopBytes: 100_000 });
  const { publication } = publish(broadcast);
  publication.write(frame("video", 0, 0, config), 0);
  publication.write(frame("video", 0, 1, key), 0);
  for (let time = 40; time < 400; time += 40) publication.write(frame("video", time, 2, {}, 20_000), time);
  const player = new TestPlayer();
  join(broadcast, player);
  publication.write(frame("video", 400, 3), 400);
  publication.write(frame("audio", 410, 4), 410);
  publication.write(frame("video", 440, 5, key), 440);
  publication.write(frame("video", 480, 6), 480);
  flush(480);
  deepEqual(player.take(), ["video 360 0", "audio 410 4", "video 440 5", "video 480 6"]);
  ok(broadcast.heldBytes < 700_000, `${broadcast.heldBytes} bytes held`);
});

test("what newcomers need is bounded in messages too, and so is what waits for a viewer that is behind", () => {
  const { broadcast, flush } = create({ maxLogMessages: 5000 });
  const { publication } = publish(broadcast);
  const empty = { ...frame("video", 0, 0), payload: new Uint8Array() };
  publication.write(frame("video", 0, 1, key), 0);
  for (let count = 2; count <= 5000; count++) publication.write(empty, 0);
  const early = new TestPlayer();
  join(broadcast, early);
  equal(early.take().length, 5000);
  early.isReading = false;
  publication.write(empty, 0);
  const late = new TestPlayer();
  join(broadcast, late);
  flush(0);
  deepEqual(late.take(), []);
  for (let count = 0; count < 500_000; count++) publication.write(empty, 0);
  flush(0);
  ok(broadcast.heldBytes < 1_200_000, `${broadcast.heldBytes} bytes held for messages of 12 bytes`);
  publication.write(frame("video", 40, 2, key), 40);
  flush(40);
  deepEqual(late.take(), ["video 40 2"]);
});

test("configurations and metadata are kept up to a limit, and the publisher is told what is wrong", () => {
  const limit = 2 * (512 + 1000);
  const { broadcast } = create({ maxConfigBytes: limit });
  const { publication } = publish(broadcast);
  publication.write(frame("video", 0, 0, config, 1000), 0);
  publication.write(frame("audio", 0, 0, config, 999), 0);
  publication.write(frame("audio", 0, 0, config, 1000), 0);
  throws(() => publication.write(frame("audio", 0, 0, config, 1001), 0), { code: "publish.config-limit" });
  publication.write(frame("video", 0, 0, config, 500), 0);
  publication.write(frame("audio", 0, 0, config, 1500), 0);
  const { publication: next } = publish(broadcast, 6000, "second");
  next.write(frame("video", 0, 0, config, limit - 512), 6000);
});

test("metadata that was taken back leaves its room", () => {
  const { broadcast } = create({ maxConfigBytes: 2000 });
  const { publication } = publish(broadcast);
  for (let round = 0; round < 3; round++) {
    publication.write(frame("data", 0, 0, config, 1400), 0);
    publication.clearData("");
  }
});

test("only the data that is named is taken back", () => {
  const { broadcast } = create();
  const { publication } = publish(broadcast);
  const data = (name: string): MediaMessage => ({
    ...frame("data", 0, 0, config),
    payload: encodeCommandValues([name, 1]),
  });
  publication.write(data("onMetaData"), 0);
  publication.write(data("onText"), 0);
  publication.write(frame("video", 0, 1, key), 0);
  publication.clearData("onMetaData");
  const names = Array.from(broadcastMessages(broadcast), ({ payload }) => scriptName(payload));
  deepEqual(names, ["onText", undefined]);
});

test("a newcomer that takes nothing yet is sent nothing, and begins when it does", () => {
  const { broadcast, flush } = create();
  const { publication } = publish(broadcast);
  publication.write(frame("video", 0, 0, config), 0);
  publication.write(frame("video", 0, 1, key), 0);
  const player = new TestPlayer();
  player.unsentBytes = 100;
  join(broadcast, player);
  publication.write(frame("video", 40, 2, key), 40);
  publication.write(frame("video", 80, 3), 80);
  flush(80);
  deepEqual(player.take(), []);
  player.drain();
  deepEqual(player.take(), ["video 40 0", "video 40 2", "video 80 3"]);
  publication.end("unpublished", 100);
  deepEqual(player.take(), ["unpublish"]);
});

test("a publisher whose connection broke comes back: viewers go on, with its configurations, and no picture before its keyframe", () => {
  const { broadcast, flush } = create();
  const player = new TestPlayer();
  join(broadcast, player);
  const first = publish(broadcast);
  first.publication.write(frame("video", 0, 1, key), 0);
  first.publication.end("lost", 100);
  equal(broadcast.state, "waiting");
  broadcast.tick(5000);
  const second = publish(broadcast, 6000, "second");
  first.publication.write(frame("video", 40, 66), 6000);
  second.publication.write(frame("video", 0, 2, config), 6000);
  second.publication.write(frame("video", 0, 3), 6000);
  second.publication.write(frame("video", 40, 4, key), 6040);
  second.publication.write(frame("video", 80, 5), 6080);
  flush(6080);
  deepEqual(player.take(), ["publish", "video 0 1", "video 6000 2", "video 6000 4", "video 6040 5"]);
  equal(broadcast.counters.returns, 1);
  equal(broadcast.counters.droppedMessages, 1);
});

test("after the grace time viewers are told once; the next publisher is announced, and time goes on", () => {
  const { broadcast, flush } = create({ graceMs: 10_000 });
  const player = new TestPlayer();
  join(broadcast, player);
  const { publication } = publish(broadcast);
  publication.write(frame("video", 500, 1, key), 0);
  publication.end("lost", 0);
  broadcast.tick(9_999);
  deepEqual(player.take(), ["publish", "video 500 1"]);
  broadcast.tick(10_000);
  broadcast.tick(11_000);
  deepEqual(player.take(), ["unpublish"]);
  equal(broadcast.state, "idle");
  publish(broadcast, 60_000).publication.write(frame("video", 0, 2, key), 60_000);
  flush(60_000);
  deepEqual(player.take(), ["publish", "video 10500 2"]);
});

test("an end on purpose is told at once, behind the last message", () => {
  const { broadcast } = create();
  const player = new TestPlayer();
  join(broadcast, player);
  const { publication } = publish(broadcast);
  publication.write(frame("video", 0, 1, key), 0);
  publication.end("unpublished", 0);
  deepEqual(player.take(), ["publish", "video 0 1", "unpublish"]);
});

test("a slow viewer is told of the end only behind what it still has to get", () => {
  const { broadcast } = create();
  const player = new TestPlayer();
  join(broadcast, player);
  const { publication } = publish(broadcast);
  player.isReading = false;
  publication.write(frame("video", 0, 1, key), 0);
  player.viewer?.serve();
  publication.write(frame("video", 40, 2), 40);
  publication.end("unpublished", 50);
  deepEqual(player.take(), ["publish", "video 0 1"]);
  player.isReading = true;
  player.drain();
  deepEqual(player.take(), ["video 40 2", "unpublish"]);
});

test("a second publisher is refused, takes over, or takes over from a silent one, by configuration", () => {
  const now = 10_000;
  const attempt = (busyName: BroadcastOptions["busyName"], silentMs: number): [string, string[]] => {
    const { broadcast } = create({ busyName, staleAfterMs: 5000 });
    const { publication, replaced } = publish(broadcast, now - silentMs, "first");
    publication.write(frame("video", 0, 1, key), now - silentMs);
    return [broadcast.publish({ description: "second", replaced() {} }, now).kind, replaced];
  };
  deepEqual(attempt("refuse", 9000), ["refused", []]);
  deepEqual(attempt("takeover", 0), ["accepted", ["second"]]);
  deepEqual(attempt("takeover-when-stale", 4999), ["undecided", []]);
  deepEqual(attempt("takeover-when-stale", 5000), ["accepted", ["second"]]);
});

test("a publisher that comes while another is silent waits: until that one sends, or has been silent for too long", () => {
  const arrive = (isAlive: boolean): string[] => {
    const { broadcast } = create({ busyName: "takeover-when-stale", staleAfterMs: 5000 });
    const { publication, replaced } = publish(broadcast);
    publication.write(frame("video", 0, 1, key), 0);
    const kinds: string[] = [];
    for (let nowMs = 1000; nowMs <= 5000; nowMs += 100) {
      const result = broadcast.publish(
        { description: "second", replaced() {} },
        nowMs,
        nowMs === 1000 ? undefined : 1000,
      );
      kinds.push(result.kind);
      if (result.kind !== "undecided") break;
      if (isAlive && nowMs === 1200) publication.write(frame("video", 40, 2), nowMs + 50);
    }
    return [...new Set(kinds), `${kinds.length}`, ...replaced];
  };
  deepEqual(arrive(true), ["undecided", "refused", "4"]);
  deepEqual(arrive(false), ["undecided", "accepted", "41", "second"]);
});

test("a refusal does not tell who publishes", () => {
  const { broadcast } = create({ busyName: "refuse" });
  publish(broadcast, 0, "192.0.2.7:50000");
  const result = broadcast.publish({ description: "second", replaced() {} }, 0);
  deepEqual(result, { kind: "refused", reason: nameInUse("live/test") });
});

test("its publisher is told each track in words", () => {
  const { broadcast } = create();
  const seen: string[] = [];
  const publisher = { description: "first", replaced() {}, track: (track: Track) => seen.push(track.codec.text) };
  const result = broadcast.publish(publisher, 0);
  if (result.kind !== "accepted") throw new Error(result.kind);
  result.publication.write(classifyMedia("audio", 0, hex`af 00 12 10`), 0);
  result.publication.write(classifyMedia("audio", 0, hex`af 01 21`), 0);
  deepEqual(seen, ["AAC-LC 44.1 kHz stereo"]);
  deepEqual(
    broadcast.tracks.map(({ kind }) => kind),
    ["audio"],
  );
  result.publication.end("unpublished", 0);
  publish(broadcast);
  deepEqual(broadcast.tracks, []);
});

test("a viewer that lags too far gets sound, configurations, and pictures from the newest keyframe, none that is disposable", () => {
  const { broadcast } = create({
    lag: { maxLagBytes: 50_000, maxLagMs: 10_000, maxWriteBytes: 40_000, blockedTimeoutMs: 30_000 },
  });
  const player = new TestPlayer();
  const viewer = join(broadcast, player);
  const { publication } = publish(broadcast);
  publication.write(frame("video", 0, 1, key), 0);
  player.isReading = false;
  viewer.serve();
  player.take();
  for (let time = 40; time <= 1200; time += 40) publication.write(frame("video", time, 2, {}, 2000), time);
  publication.write(frame("audio", 1210, 3), 1210);
  publication.write(frame("video", 1220, 4, config), 1220);
  publication.write(frame("video", 1240, 5, key, 2000), 1240);
  publication.write(frame("video", 1280, 6, { isDisposable: true }, 2000), 1280);
  publication.write(frame("video", 1320, 7, {}, 2000), 1320);
  player.isReading = true;
  player.drain();
  deepEqual(player.take(), ["audio 1210 3", "video 1220 4", "video 1240 5", "video 1320 7"]);
  equal(viewer.counters.skips, 1);
  equal(viewer.counters.droppedMessages, 31);
});

test("a laggard without a keyframe in reach gets sound until one comes", () => {
  const { broadcast, flush } = create({
    lag: { maxLagBytes: 20_000, maxLagMs: 10_000, maxWriteBytes: 40_000, blockedTimeoutMs: 30_000 },
  });
  const player = new TestPlayer();
  const viewer = join(broadcast, player);
  const { publication } = publish(broadcast);
  publication.write(frame("video", 0, 1, key), 0);
  player.isReading = false;
  viewer.serve();
  player.take();
  for (let time = 40; time <= 800; time += 40) publication.write(frame("video", time, 2, {}, 2000), time);
  publication.write(frame("audio", 810, 3), 810);
  player.isReading = true;
  player.drain();
  publication.write(frame("video", 840, 4), 840);
  flush(840);
  publication.write(frame("video", 880, 5, key), 880);
  publication.write(frame("video", 920, 6), 920);
  flush(920);
  deepEqual(player.take(), ["audio 810 3", "video 880 5", "video 920 6"]);
});

test("a lag in time counts as well as one in bytes, but what a newcomer gets is none", () => {
  const lag = { maxLagBytes: 8_000_000, maxLagMs: 1000, maxWriteBytes: 4000, blockedTimeoutMs: 30_000 };
  const { broadcast } = create({ lag });
  const { publication } = publish(broadcast);
  publication.write(frame("video", 0, 1, key, 1500), 0);
  for (let time = 40; time <= 4000; time += 40) publication.write(frame("video", time, 2, {}, 1500), time);
  const newcomer = new TestPlayer();
  const viewer = join(broadcast, newcomer);
  equal(newcomer.take().length, 101);
  equal(viewer.counters.skips, 0);
  newcomer.isReading = false;
  publication.write(frame("video", 4040, 3, {}, 1500), 4040);
  viewer.serve();
  newcomer.take();
  for (let time = 4080; time <= 6000; time += 40) publication.write(frame("video", time, 4, {}, 1500), time);
  newcomer.isReading = true;
  newcomer.drain();
  equal(viewer.counters.skips, 1);
});

test("a viewer that takes nothing is closed after its time, and its neighbour does not notice", () => {
  const { broadcast, flush } = create();
  const stuck = new TestPlayer();
  const healthy = new TestPlayer();
  join(broadcast, stuck);
  join(broadcast, healthy);
  stuck.isReading = false;
  const { publication } = publish(broadcast);
  for (let time = 0; time <= 31_000; time += 1000) {
    publication.write(frame("video", time, 1, key, 500_000), time);
    flush(time);
    broadcast.tick(time);
  }
  equal(healthy.take().length, 33);
  ok(stuck.take().at(-1)?.startsWith("closed after 31000"), "closed with its time");
  ok(broadcast.heldBytes < 10_000_000, `${broadcast.heldBytes} bytes held`);
});

test("a viewer without sound or pictures gets none; pictures come back with a keyframe", () => {
  const { broadcast, flush } = create();
  const player = new TestPlayer();
  const viewer = join(broadcast, player);
  const { publication } = publish(broadcast);
  publication.write(frame("video", 0, 1, key), 0);
  flush(0);
  viewer.want("video", false);
  publication.write(frame("video", 40, 2), 40);
  publication.write(frame("audio", 45, 3), 45);
  flush(50);
  viewer.want("video", true);
  viewer.want("audio", false);
  publication.write(frame("video", 80, 4), 80);
  publication.write(frame("audio", 85, 5), 85);
  publication.write(frame("video", 120, 6, key), 120);
  publication.write(frame("video", 160, 7), 160);
  flush(160);
  deepEqual(player.take(), ["publish", "video 0 1", "audio 45 3", "video 120 6", "video 160 7"]);
});

test("a paused viewer goes on at the newest keyframe", () => {
  const { broadcast, flush } = create();
  const player = new TestPlayer();
  const viewer = join(broadcast, player);
  const { publication } = publish(broadcast);
  publication.write(frame("video", 0, 1, key), 0);
  flush(0);
  viewer.pause();
  publication.write(frame("video", 40, 2), 40);
  publication.write(frame("video", 80, 3, key), 80);
  publication.write(frame("video", 120, 4), 120);
  flush(120);
  broadcast.resume(viewer);
  deepEqual(player.take(), ["publish", "video 0 1", "video 80 3", "video 120 4"]);
});

test("the flush policy says when: with each frame, audio held; at once; or every so often for each group", () => {
  const low = create();
  join(low.broadcast, new TestPlayer());
  const first = publish(low.broadcast).publication;
  first.write(frame("audio", 0, 1), 0);
  first.write(frame("audio", 20, 1), 20);
  first.write(frame("video", 21, 1, key), 21);
  deepEqual(low.delays, [50, 0]);

  const instant = create({ flush: { kind: "instant" } });
  join(instant.broadcast, new TestPlayer());
  publish(instant.broadcast).publication.write(frame("audio", 0, 1), 0);
  deepEqual(instant.delays, [0]);

  const merge = create({ flush: { kind: "merge", intervalMs: 45 } });
  const players = Array.from({ length: 3 }, () => new TestPlayer());
  for (const player of players) join(merge.broadcast, player);
  publish(merge.broadcast).publication.write(frame("video", 0, 1, key), 0);
  deepEqual(merge.delays, [15]);
  for (const player of players) player.take();
  const served: number[] = [];
  for (let pass = 1; pass <= 3; pass++) {
    merge.flush(pass * 15);
    served.push(players.findIndex((player) => player.take().length > 0));
  }
  deepEqual(served.toSorted(), [0, 1, 2]);
  equal(merge.delays.length, 3, "no pass is asked for when all have got all");
});

test("a subscriber gets messages on the timeline, from the newest keyframe, and the end once", () => {
  const { broadcast } = create();
  const { publication } = publish(broadcast);
  publication.write(frame("video", 0, 0, config), 0);
  publication.write(frame("video", 0, 1, key), 0);
  const seen: string[] = [];
  const stop = broadcast.subscribe({
    write: (message) => seen.push(`${message.kind} ${message.timestamp} ${message.payload[1]}`),
    end: () => seen.push("end"),
  });
  publication.write(frame("audio", 10, 2), 0);
  publication.end("unpublished", 0);
  stop();
  deepEqual(seen, ["video 0 0", "video 0 1", "audio 10 2", "end"]);
});

test("viewers that leave during a pass do not keep others from being served", () => {
  const { broadcast, flush } = create();
  const players = Array.from({ length: 5 }, () => new TestPlayer());
  for (const player of players) join(broadcast, player);
  const { publication } = publish(broadcast);
  publication.write(frame("video", 0, 1, key), 0);
  broadcast.leave(players[1]?.viewer as Viewer);
  broadcast.leave(players[1]?.viewer as Viewer);
  flush(0);
  deepEqual(
    players.map((player) => player.take().length),
    [2, 1, 2, 2, 2],
  );
  equal(broadcast.viewerCount, 4);
});

test("a viewer that moves into the place of one that left during a pass is served in that pass", () => {
  const { broadcast } = create();
  const players = Array.from({ length: 6 }, () => new TestPlayer());
  for (const player of players) join(broadcast, player);
  const { publication } = publish(broadcast);
  for (const player of players) player.take();
  publication.write(frame("video", 0, 1, key), 0);
  broadcast.startPass();
  broadcast.continuePass(0, 3);
  for (const index of [0, 2, 4]) broadcast.leave(players[index]?.viewer as Viewer);
  while (broadcast.continuePass(0, 2));
  deepEqual(
    players.map((player) => player.take().length),
    [1, 1, 1, 1, 0, 1],
  );
});

test("all viewers can leave, in any order, behind a pass and during one", () => {
  for (const order of [
    [0, 1, 2, 3, 4],
    [4, 3, 2, 1, 0],
    [2, 0, 4, 1, 3],
    [1, 4, 0, 3, 2],
  ]) {
    for (const served of [0, 1, 3, 5]) {
      const { broadcast } = create();
      const players = Array.from({ length: 5 }, () => new TestPlayer());
      for (const player of players) join(broadcast, player);
      broadcast.startPass();
      broadcast.continuePass(0, served);
      for (const index of order) broadcast.leave(players[index]?.viewer as Viewer);
      equal(broadcast.viewerCount, 0, `${order.join()} behind ${served}`);
    }
  }
});

test("a viewer so far behind that its place is gone gets the configurations that it missed", () => {
  const { broadcast, flush } = create({
    lag: { maxLagBytes: 100_000, maxLagMs: 100_000, maxWriteBytes: 40_000, blockedTimeoutMs: 30_000 },
  });
  const player = new TestPlayer();
  join(broadcast, player);
  const { publication } = publish(broadcast);
  publication.write(frame("video", 0, 7, config), 0);
  player.isReading = false;
  flush(0);
  player.take();
  publication.write(frame("video", 0, 1, key), 0);
  publication.write(frame("video", 40, 2, config), 40);
  for (let time = 40; time <= 2000; time += 40) publication.write(frame("video", time, 3, key, 30_000), time);
  publication.write(frame("video", 2040, 4, key), 2040);
  publication.write(frame("audio", 2050, 5), 2050);
  player.isReading = true;
  player.drain();
  deepEqual(player.take(), ["video 2040 2", "video 2040 4", "audio 2050 5"]);
});

test("a viewer that goes on behind a pause gets the configurations of that time", () => {
  const { broadcast, flush } = create();
  const player = new TestPlayer();
  const viewer = join(broadcast, player);
  const { publication } = publish(broadcast);
  publication.write(frame("video", 0, 7, config), 0);
  publication.write(frame("video", 0, 1, key), 0);
  flush(0);
  viewer.pause();
  publication.write(frame("video", 40, 2, config), 40);
  publication.write(frame("video", 40, 3, key), 40);
  publication.write(frame("video", 80, 4, key), 80);
  broadcast.resume(viewer);
  deepEqual(player.take(), ["publish", "video 0 7", "video 0 1", "video 80 2", "video 80 4"]);
  viewer.pause();
  publication.write(frame("video", 120, 5, key), 120);
  broadcast.resume(viewer);
  deepEqual(player.take(), ["video 120 5"]);
});

test("a pause does not end the wait for a keyframe", () => {
  const { broadcast, flush } = create();
  const player = new TestPlayer();
  const viewer = join(broadcast, player);
  const { publication } = publish(broadcast);
  publication.write(frame("video", 0, 1, key), 0);
  flush(0);
  viewer.want("video", false);
  publication.write(frame("video", 40, 2), 40);
  flush(40);
  viewer.want("video", true);
  viewer.pause();
  broadcast.resume(viewer);
  publication.write(frame("video", 80, 3), 80);
  flush(80);
  deepEqual(player.take(), ["publish", "video 0 1"]);
});

test("what the last slow viewer needed of a broadcast that is over is let go", () => {
  const { broadcast } = create();
  const player = new TestPlayer();
  join(broadcast, player);
  const { publication } = publish(broadcast);
  player.isReading = false;
  publication.write(frame("video", 0, 1, key), 0);
  player.viewer?.serve();
  publication.write(frame("video", 40, 2), 40);
  publication.end("unpublished", 50);
  ok(broadcast.heldBytes > 0);
  player.isReading = true;
  player.drain();
  broadcast.tick(1000);
  equal(broadcast.heldBytes, 0);
});

test("a subscriber may subscribe again at the end, and waits for the next publisher", () => {
  const { broadcast } = create();
  const { publication } = publish(broadcast);
  const seen: string[] = [];
  const subscriber = {
    write: (message: MediaMessage) => void seen.push(`${message.kind} ${message.payload[1]}`),
    end: () => {
      seen.push("end");
      broadcast.subscribe(subscriber);
    },
  };
  broadcast.subscribe(subscriber);
  publication.write(frame("audio", 0, 1), 0);
  publication.end("unpublished", 0);
  publish(broadcast).publication.write(frame("audio", 0, 2), 0);
  deepEqual(seen, ["audio 1", "end", "audio 2"]);
});

test("a publisher that was replaced changes nothing any more, and can see that it is over", () => {
  const { broadcast } = create({ busyName: "takeover" });
  const first = publish(broadcast).publication;
  equal(first.isOver, false);
  const second = publish(broadcast, 0, "second").publication;
  equal(first.isOver, true);
  second.write(frame("data", 0, 9, config), 0);
  second.write(frame("video", 0, 1, key), 0);
  first.clearData("");
  first.end("unpublished", 0);
  equal(broadcast.state, "live");
  const player = new TestPlayer();
  join(broadcast, player);
  deepEqual(player.take(), ["data 0 9", "video 0 1"]);
});

test("tracks of a returned publisher begin with a keyframe each", () => {
  const { broadcast, flush } = create();
  const first = publish(broadcast).publication;
  first.write(frame("video", 0, 1, key), 0);
  first.end("lost", 0);
  const player = new TestPlayer();
  join(broadcast, player);
  player.take();
  const second = publish(broadcast, 100).publication;
  second.write(frame("video", 0, 2, { isKeyframe: true, trackId: 1 }), 100);
  second.write(frame("video", 0, 3), 100);
  second.write(frame("video", 40, 4, { trackId: 1 }), 140);
  second.write(frame("video", 40, 5, key), 140);
  flush(140);
  deepEqual(
    player.take().map((line) => line.split(" ")[2]),
    ["2", "4", "5"],
  );
});

test("how far a viewer is behind counts by the clock: a file pushed faster than real time is no lag", () => {
  const lag = { maxLagBytes: 8_000_000, maxLagMs: 1000, maxWriteBytes: 4000, blockedTimeoutMs: 30_000 };
  const { broadcast } = create({ lag });
  const player = new TestPlayer();
  const viewer = join(broadcast, player);
  const { publication } = publish(broadcast);
  publication.write(frame("video", 0, 1, key, 1500), 0);
  player.isReading = false;
  viewer.serve();
  player.take();
  for (let time = 40; time <= 60_000; time += 40) publication.write(frame("video", time, 2, {}, 1500), time / 100);
  player.isReading = true;
  player.drain();
  equal(viewer.counters.skips, 0);
  equal(player.take().length, 1500);
});

test("newcomers get no hour of sound because the last picture was that long ago", () => {
  const { broadcast } = create();
  const { publication } = publish(broadcast);
  publication.write(frame("video", 0, 0, config), 0);
  publication.write(frame("video", 0, 1, key), 0);
  for (let time = 0; time <= 300_000; time += 100) publication.write(frame("audio", time, 2), time);
  const player = new TestPlayer();
  join(broadcast, player);
  ok(player.take().length <= 12);
  publication.write(frame("video", 300_040, 3), 300_040);
  publication.write(frame("video", 300_080, 4, key), 300_080);
  player.viewer?.serve();
  deepEqual(player.take(), ["video 300080 4"]);
});

test("where there are only data messages, newcomers get the last second of them", () => {
  const { broadcast } = create();
  const { publication } = publish(broadcast);
  publication.write(frame("audio", 0, 1), 0);
  for (let time = 0; time <= 5000; time += 100) {
    publication.write(frame("data", time, 2), time);
    if (time < 1000) publication.write(frame("audio", time, 1), time);
  }
  const player = new TestPlayer();
  join(broadcast, player);
  ok(player.take().length <= 12);
});

test("a publisher of whose pictures none can be used yet is not stale", () => {
  const { broadcast } = create({ staleAfterMs: 1000 });
  publish(broadcast).publication.end("lost", 0);
  const { publication } = publish(broadcast, 100);
  for (let time = 0; time <= 3000; time += 40) publication.write(frame("video", time, 1), 100 + time);
  equal(broadcast.publish({ description: "second", replaced() {} }, 3200).kind, "undecided");
  equal(broadcast.publish({ description: "second", replaced() {} }, 3200, 3000).kind, "refused");
});

test("a merging flush makes no pass for groups without viewers, and passes nobody over who comes and goes", () => {
  const { broadcast, delays, flush } = create({ flush: { kind: "merge", intervalMs: 60 } });
  const players = Array.from({ length: 4 }, () => new TestPlayer());
  for (const player of players) join(broadcast, player);
  for (const index of [0, 1, 3]) broadcast.leave(players[index]?.viewer as Viewer);
  const { publication } = publish(broadcast);
  for (const player of players) player.take();
  publication.write(frame("video", 0, 1, key), 0);
  deepEqual(delays, [30]);
  flush(30);
  deepEqual(players[2]?.take(), ["video 0 1"]);
  const newcomer = new TestPlayer();
  join(broadcast, newcomer);
  newcomer.take();
  publication.write(frame("video", 40, 2), 40);
  for (let pass = 0; pass < 3 && delays.length > pass + 1; pass++) flush(60 + 30 * pass);
  deepEqual(players[2]?.take(), ["video 40 2"]);
  deepEqual(newcomer.take(), ["video 40 2"]);
});

test("what was written last is let go of with the log, once its memory has waited in vain to be used again", async () => {
  const segments = new SegmentPool();
  const { broadcast, flush } = create({ segments });
  const seen: WeakRef<ArrayBufferLike>[] = [];
  const output = Object.assign(new TestPlayer(), {
    write: (pieces: readonly Uint8Array[]) => void seen.push(...pieces.map(({ buffer }) => new WeakRef(buffer))),
  });
  broadcast.join(output);
  const { publication } = publish(broadcast);
  publication.write(frame("video", 0, 1, key, 200_000), 0);
  flush(0);
  publication.end("unpublished", 0);
  broadcast.tick(0);
  equal(broadcast.heldBytes, 0);
  for (const nowMs of [0, 10_000, 20_000]) segments.tick(nowMs);
  equal(segments.freeBytes, 0);
  // What a WeakRef was made of lives until the job is over.
  await new Promise((resolve) => setImmediate(resolve));
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  deepEqual(
    seen.map((reference) => reference.deref()),
    [undefined],
  );
  equal(broadcast.viewerCount, 1);
});

test("a publisher is told of everybody who comes, and whether somebody is there can be asked", () => {
  const { broadcast } = create();
  let told = 0;
  const result = broadcast.publish({ description: "test", replaced() {}, watched: () => void told++ }, 0);
  equal(result.kind, "accepted");
  equal(broadcast.hasAudience, false);
  const viewer = broadcast.join(new TestPlayer());
  equal(told, 1);
  equal(broadcast.hasAudience, true);
  const unsubscribe = broadcast.subscribe({ write() {}, end() {} });
  equal(told, 2);
  broadcast.leave(viewer);
  equal(broadcast.hasAudience, true);
  unsubscribe();
  equal(broadcast.hasAudience, false);
  const relay = broadcast.relay(Object.assign(new TestPlayer(), { wake() {}, started() {}, cleared() {} }));
  equal(told, 3);
  equal(broadcast.hasAudience, true);
  broadcast.leave(relay);
  equal(broadcast.hasAudience, false);
});

test("what an application hands over in a Buffer may be used again at once", () => {
  const { broadcast } = create();
  const { publication } = publish(broadcast);
  // As Node's Buffer is: a slice of it is a view.
  class View extends Uint8Array {
    override slice(start?: number, end?: number): Uint8Array<ArrayBuffer> {
      return this.subarray(start, end) as Uint8Array<ArrayBuffer>;
    }
  }
  const payload = new View(20).fill(7);
  publication.write({ ...frame("video", 0, 7, config), payload }, 0);
  publication.write(frame("video", 10, 1, key), 10);
  payload.fill(0);
  const player = new TestPlayer();
  join(broadcast, player);
  deepEqual(player.take(), ["video 10 7", "video 10 1"]);
});

/** What a subscriber that comes now gets. */
function broadcastMessages(broadcast: Broadcast): MediaMessage[] {
  const messages: MediaMessage[] = [];
  broadcast.subscribe({
    write: (message) => messages.push({ ...message, payload: message.payload.slice() }),
    end() {},
  })();
  return messages;
}
