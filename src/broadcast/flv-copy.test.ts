import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { concatBytes } from "../bytes/concat.ts";
import { hex } from "../bytes/hex.ts";
import { encodeCommandValues } from "../formats/amf/command-values.ts";
import { classifyMedia } from "../formats/flv/classify.ts";
import { FlvReader } from "../formats/flv/flv-reader.ts";
import { encodeFlvHeader } from "../formats/flv/flv-writer.ts";
import type { MediaMessage } from "../formats/flv/media-message.ts";
import { ChunkDecoder } from "../rtmp/chunk/chunk-decoder.ts";
import { Broadcast, type BroadcastOptions } from "./broadcast.ts";
import { DEFAULT_LAG_LIMITS } from "./lag-policy.ts";
import type { Publication } from "./publication.ts";
import type { Viewer, ViewerNotice, ViewerWants } from "./viewer.ts";

/** Notes each message as `9 40 1700000000`: type, time, and the first bytes; the test decides when it takes bytes. */
abstract class TestPlayer {
  readonly kind = "bytes";
  readonly streamId: number = 1;
  readonly events: string[] = [];
  readonly bytes: Uint8Array[] = [];
  viewer: Viewer | undefined;
  unsentBytes = 0;
  takenBytes = 0;
  isReading = true;
  isBegun = true;

  get isReady(): boolean {
    return this.isBegun && this.unsentBytes === 0;
  }

  write(pieces: readonly Uint8Array[]): void {
    const bytes = concatBytes(pieces).slice();
    this.bytes.push(bytes);
    if (this.isReading) this.takenBytes += bytes.length;
    else this.unsentBytes += bytes.length;
    this.events.push(...this.read(bytes));
  }

  notify(notice: ViewerNotice): void {
    this.events.push(notice);
  }

  closeSlow(blockedMs: number): void {
    this.events.push(`closed after ${blockedMs} ms`);
  }

  drain(): void {
    this.takenBytes += this.unsentBytes;
    this.unsentBytes = 0;
    this.viewer?.serve();
  }

  take(): string[] {
    return this.events.splice(0);
  }

  protected abstract read(bytes: Uint8Array): string[];
}

class FlvPlayer extends TestPlayer {
  readonly #reader = new FlvReader();

  constructor() {
    super();
    this.#reader.push(encodeFlvHeader({ hasAudio: true, hasVideo: true }));
  }

  protected read(bytes: Uint8Array): string[] {
    this.#reader.push(bytes);
    const events: string[] = [];
    for (let tag = this.#reader.next(); tag !== undefined; tag = this.#reader.next()) {
      events.push(describe(tag.type, tag.timestamp, tag.data));
    }
    equal(this.#reader.pendingBytes, 0, "a write ends within a tag");
    return events;
  }
}

class RtmpPlayer extends TestPlayer {
  readonly #decoder = new ChunkDecoder();

  constructor() {
    super();
    this.#decoder.setChunkSize(65_536);
  }

  protected read(bytes: Uint8Array): string[] {
    this.#decoder.push(bytes);
    const events: string[] = [];
    for (let message = this.#decoder.next(); message !== undefined; message = this.#decoder.next()) {
      events.push(describe(message.type, message.timestamp, message.payload));
    }
    return events;
  }
}

function describe(type: number, timestamp: number, payload: Uint8Array): string {
  return `${type} ${timestamp} ${Buffer.from(payload.subarray(0, 6)).toString("hex")} ${payload.length}`;
}

const META: Uint8Array = encodeCommandValues(["onMetaData", { width: 16 }]);

function media(kind: MediaMessage["kind"], timestamp: number, payload: Uint8Array): MediaMessage {
  return classifyMedia(kind, timestamp, payload);
}

function avcConfig(timestamp: number): MediaMessage {
  return media("video", timestamp, hex`17 00 000000 01`);
}

function aacConfig(timestamp: number): MediaMessage {
  return media("audio", timestamp, hex`af 00 12 10`);
}

function picture(timestamp: number, isKeyframe: boolean, length = 20): MediaMessage {
  const payload = new Uint8Array(length).fill(7);
  payload.set([isKeyframe ? 0x17 : 0x27, 1, 0, 0, 0, timestamp & 0xff]);
  return media("video", timestamp, payload);
}

function sound(timestamp: number): MediaMessage {
  return media("audio", timestamp, Uint8Array.of(0xaf, 1, timestamp & 0xff));
}

type Scene = { readonly broadcast: Broadcast; write(...messages: MediaMessage[]): void; end(): void; publish(): void };

function create(options: Partial<BroadcastOptions> = {}): Scene {
  const broadcast = new Broadcast("live/key", { ...options, schedule() {} });
  let publication: Publication;
  const publish = (): void => {
    const result = broadcast.publish({ description: "test", replaced() {} }, 0);
    ok(result.kind === "accepted");
    publication = result.publication;
  };
  publish();
  return {
    broadcast,
    publish,
    write(...messages) {
      for (const message of messages) publication.write(message, message.timestamp);
      broadcast.startPass();
      while (broadcast.continuePass(0, 10));
    },
    end: () => publication.end("lost", 0),
  };
}

function join<Player extends TestPlayer>(broadcast: Broadcast, player: Player, wanted?: ViewerWants): Player {
  player.viewer = player instanceof FlvPlayer ? broadcast.joinFlv(player, wanted) : broadcast.join(player, wanted);
  return player;
}

test("a newcomer gets metadata, configurations and all since the newest keyframe as tags, and then what follows", () => {
  const { broadcast, write } = create();
  write(media("data", 0, META), avcConfig(0), aacConfig(0), picture(0, true), sound(10), picture(40, true), sound(50));
  const player = join(broadcast, new FlvPlayer());
  write(picture(80, false));
  deepEqual(player.take(), [
    `18 0 02000a6f6e4d ${META.length}`,
    "9 40 170000000001 6",
    "8 40 af001210 4",
    "9 40 170100000028 20",
    "8 50 af0132 3",
    "9 80 270100000050 20",
  ]);
  deepEqual(
    player.bytes.at(-1),
    hex`
      09 000014 000050 00 000000                                   ; video, 20 bytes, 80 ms, stream 0
      27 01 000000 50 07070707 07070707 07070707 0707
      0000001f                                                     ; 11 + 20 bytes
    `,
  );
});

test("times beyond 24 bits have their upper byte behind the lower ones", () => {
  const { broadcast, write } = create();
  const player = join(broadcast, new FlvPlayer());
  write(picture(0x1234567, true));
  deepEqual(player.bytes.at(-1)?.subarray(0, 11), hex`09 000014 234567 01 000000`);
});

function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

for (let seed = 1; seed <= 20; seed++) {
  test(`viewers of both forms that come at the same time get the same: seed ${seed}`, () => {
    const next = random(seed);
    const scene = create({ maxGopBytes: 4000, maxLogMessages: 200, graceMs: 1_000_000 });
    const { broadcast, write } = scene;
    const pairs: { readonly flv: FlvPlayer; readonly rtmp: RtmpPlayer }[] = [];
    for (let time = 0; time < 3000; time += 10) {
      const kinds = [avcConfig, aacConfig, sound, (at: number) => picture(at, next(12) === 0, 10 + next(400))];
      const make = kinds[next(20)] ?? kinds[2 + (next(2) as 0 | 1)];
      if (make !== undefined) write(make(time));
      if (next(60) === 0) {
        scene.end();
        scene.publish();
      }
      if (next(10) > 0) continue;
      const wanted = { wantsAudio: next(4) > 0, wantsVideo: next(4) > 0, isFinal: next(2) > 0 };
      pairs.push({
        flv: join(broadcast, new FlvPlayer(), wanted),
        rtmp: join(broadcast, new RtmpPlayer(), wanted),
      });
    }
    ok(pairs.length > 5);
    for (const { flv, rtmp } of pairs) deepEqual(flv.events, rtmp.events);
  });
}

test("who never wants audio gets no configurations of it, and who may want it later does", () => {
  const { broadcast, write } = create();
  write(avcConfig(0), aacConfig(0), picture(0, true));
  const never = join(broadcast, new FlvPlayer(), { wantsAudio: false, wantsVideo: true, isFinal: true });
  const later = join(broadcast, new FlvPlayer(), { wantsAudio: false, wantsVideo: true });
  write(aacConfig(20), sound(30), picture(40, false));
  deepEqual(
    never.events.map((event) => event.slice(0, 4).trim()),
    ["9 0", "9 0", "9 40"],
  );
  equal(later.events.filter((event) => event.startsWith("8 ")).length, 2);
});

test("nothing is kept for viewers by HTTP until the first comes, and nothing 10 s after the last has left", () => {
  const { broadcast, write } = create();
  write(picture(0, true, 2000));
  const alone = broadcast.heldBytes;
  const player = join(broadcast, new FlvPlayer());
  ok(broadcast.heldBytes > alone);
  broadcast.tick(20_000);
  ok(player.viewer !== undefined);
  broadcast.leave(player.viewer);
  broadcast.tick(20_500);
  broadcast.tick(30_400);
  ok(broadcast.heldBytes > alone);
  broadcast.tick(30_500);
  equal(broadcast.heldBytes, alone);
  const second = join(broadcast, new FlvPlayer());
  write(picture(40, false));
  equal(second.events.length, 2);
});

test("one who comes back in time keeps the copy", () => {
  const { broadcast, write } = create();
  write(picture(0, true));
  const player = join(broadcast, new FlvPlayer());
  ok(player.viewer !== undefined);
  broadcast.leave(player.viewer);
  broadcast.tick(0);
  join(broadcast, new FlvPlayer());
  broadcast.tick(15_000);
  const held = broadcast.heldBytes;
  broadcast.tick(16_000);
  equal(broadcast.heldBytes, held);
});

test("viewers wait for a publisher that is lost, and begin anew with its configurations", () => {
  const scene = create();
  const { broadcast, write } = scene;
  write(avcConfig(0), picture(0, true));
  const player = join(broadcast, new FlvPlayer());
  scene.end();
  scene.publish();
  write(picture(0, false), avcConfig(0), picture(40, true));
  const late = join(broadcast, new FlvPlayer());
  equal(player.events.length, 4);
  deepEqual(late.events, player.events.slice(2));
});

test("one that does not read is skipped to a keyframe, holds no more than its limit, and is closed in the end", () => {
  const lag = { ...DEFAULT_LAG_LIMITS, maxLagBytes: 200_000, maxWriteBytes: 50_000, blockedTimeoutMs: 1000 };
  const { broadcast, write } = create({ lag, maxGopBytes: 100_000 });
  write(avcConfig(0), picture(0, true));
  const player = join(broadcast, new FlvPlayer());
  player.isReading = false;
  for (let time = 40; time < 40_000; time += 40) write(picture(time, time % 1000 === 0, 2000));
  ok(broadcast.heldBytes < 2_000_000, `${broadcast.heldBytes} bytes are held`);
  for (const nowMs of [500, 1000]) broadcast.tick(nowMs);
  broadcast.tick(3000);
  ok(player.events.includes("closed after 2000 ms"), player.events.join("\n"));
  player.isReading = true;
  player.take();
  player.drain();
  const [first = "", second = ""] = player.take();
  ok(first.startsWith("9 39") || second.startsWith("9 39"), `${first}, ${second}`);
  equal(player.viewer?.counters.skips, 1);
});

test("an output that is not ready yet gets all when it is", () => {
  const { broadcast, write } = create();
  const player = new FlvPlayer();
  player.isBegun = false;
  join(broadcast, player);
  write(avcConfig(0), picture(0, true));
  deepEqual(player.take(), []);
  player.isBegun = true;
  write(picture(40, false));
  equal(player.take().length, 3);
});
