import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { concatBytes } from "../bytes/concat.ts";
import { FlvReader } from "../formats/flv/flv-reader.ts";
import { encodeFlvHeader } from "../formats/flv/flv-writer.ts";
import type { MediaMessage } from "../formats/flv/media-message.ts";
import { ChunkDecoder } from "../rtmp/chunk/chunk-decoder.ts";
import type { Message } from "../rtmp/message/message.ts";
import { Broadcast } from "./broadcast.ts";
import { LogSegment } from "./log-segment.ts";
import { MessageLog } from "./message-log.ts";
import type { Publication } from "./publication.ts";
import { MIN_SEGMENT_BYTES, SegmentPool } from "./segment-pool.ts";
import type { Viewer } from "./viewer.ts";

const MAX_BYTES = 512 * 1024;

/** The same numbers for the same seed. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** A picture of which every byte tells its time. */
function frame(timestamp: number, length: number, isKeyframe: boolean): MediaMessage {
  const payload = new Uint8Array(length).fill(timestamp & 0xff);
  payload.set([isKeyframe ? 0x17 : 0x27, 1, 0, 0, 0]);
  return { kind: "video", timestamp, payload, isKeyframe, isConfig: false, isDisposable: false, trackId: 0 };
}

/** Fails unless all bytes of the picture are those that were written for its time. */
function check({ timestamp, payload }: Pick<Message, "timestamp" | "payload">): void {
  const expected = Buffer.alloc(payload.length - 5, timestamp & 0xff);
  ok(expected.equals(payload.subarray(5)), `the picture at ${timestamp} ms was overwritten`);
}

/** Keeps the very views that it gets, as a socket does, until the test has it send them. */
class KeepingPlayer {
  readonly kind = "bytes";
  readonly streamId: number = 1;
  readonly buffers: Set<ArrayBufferLike>;
  viewer: Viewer | undefined;
  unsentBytes = 0;
  takenBytes = 0;
  isReading = true;
  pictures = 0;
  #kept: Uint8Array[] = [];
  readonly #decoder = new ChunkDecoder();
  readonly #reader: FlvReader | undefined;

  constructor(buffers: Set<ArrayBufferLike>, form: "rtmp" | "flv") {
    this.buffers = buffers;
    this.#decoder.setChunkSize(65_536);
    if (form === "rtmp") return;
    this.#reader = new FlvReader();
    this.#reader.push(encodeFlvHeader({ hasAudio: false, hasVideo: true }));
  }

  get isReady(): boolean {
    return this.unsentBytes === 0;
  }

  write(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) {
      this.buffers.add(piece.buffer);
      this.#kept.push(piece);
      this.unsentBytes += piece.length;
    }
    if (this.isReading) this.#send();
  }

  /** Sends what was kept, which must be what it was. */
  drain(): void {
    this.#send();
    this.viewer?.serve();
  }

  notify(): void {}
  closeSlow(): void {}

  #send(): void {
    const bytes = concatBytes(this.#kept);
    this.#kept = [];
    this.takenBytes += this.unsentBytes;
    this.unsentBytes = 0;
    for (const message of this.#reader === undefined ? messagesOf(this.#decoder, bytes) : tagsOf(this.#reader, bytes)) {
      check(message);
      this.pictures++;
    }
  }
}

function* messagesOf(decoder: ChunkDecoder, bytes: Uint8Array): Generator<Pick<Message, "timestamp" | "payload">> {
  decoder.push(bytes);
  for (let message = decoder.next(); message !== undefined; message = decoder.next()) yield message;
}

function* tagsOf(reader: FlvReader, bytes: Uint8Array): Generator<Pick<Message, "timestamp" | "payload">> {
  reader.push(bytes);
  for (let tag = reader.next(); tag !== undefined; tag = reader.next()) {
    yield { timestamp: tag.timestamp, payload: tag.data };
  }
}

/** Keeps messages one by one, of which only the last are waited for. */
class MessageKeeper {
  readonly kind = "messages";
  readonly streamId = 1;
  readonly isReady = true;
  readonly takenBytes = 0;
  readonly unsentBytes = 0;
  kept: Message[] = [];

  send(message: Message): void {
    this.kept.push(message);
  }

  notify(): void {}
  closeSlow(): void {}
}

function create(segments: SegmentPool): { broadcast: Broadcast; publication: Publication } {
  const lag = { maxLagBytes: 300_000, maxLagMs: 60_000, maxWriteBytes: 100_000, blockedTimeoutMs: 60_000 };
  const broadcast = new Broadcast("live/key", { segments, lag, schedule() {} });
  const result = broadcast.publish({ description: "test", replaced() {} }, 0);
  ok(result.kind === "accepted");
  return { broadcast, publication: result.publication };
}

function flush(broadcast: Broadcast, nowMs: number): void {
  broadcast.startPass();
  while (broadcast.continuePass(nowMs, 2));
}

for (let seed = 1; seed <= 10; seed++) {
  test(`memory that is written again is never anybody's who has yet to send it: seed ${seed}`, () => {
    const random = randomNumbers(seed);
    const segments = new SegmentPool();
    const buffers = new Set<ArrayBufferLike>();
    const sources = [create(segments), create(segments)];
    const players: KeepingPlayer[] = [];
    const keepers: MessageKeeper[] = [];
    let written = 0;
    for (let time = 0; time < 2000; time++) {
      const source = sources[time % 2];
      ok(source !== undefined);
      const { broadcast, publication } = source;
      const length = 5 + random(random(20) === 0 ? 60_000 : 4000);
      written += length;
      publication.write(frame(time, length, random(40) === 0), time);
      if (random(3) === 0) flush(broadcast, time);
      if (players.length < 12 && random(50) === 0) {
        const form = players.length % 2 === 0 ? "rtmp" : "flv";
        const player = new KeepingPlayer(buffers, form);
        player.viewer = form === "rtmp" ? broadcast.join(player) : broadcast.joinFlv(player);
        players.push(player);
      }
      if (keepers.length < 2 && random(200) === 0) {
        const keeper = new MessageKeeper();
        broadcast.join(keeper);
        keepers.push(keeper);
      }
      for (const keeper of keepers) if (random(30) === 0) keeper.kept.splice(0).forEach(check);
      const player = players[random(12)];
      if (player === undefined) continue;
      if (random(4) === 0) player.isReading = !player.isReading;
      if (random(4) === 0) player.drain();
      if (random(150) === 0 && player.viewer !== undefined) {
        // What it has not sent when it leaves is sent later, or never.
        for (const each of sources) each.broadcast.leave(player.viewer);
      }
    }
    for (const player of players) player.drain();
    for (const { kept } of keepers) kept.forEach(check);
    ok(players.some(({ pictures }) => pictures > 300));
    ok(buffers.size * MIN_SEGMENT_BYTES < written * 2, "hardly any memory was used again");
  });
}

test("a segment that was let go is written again, unless it was lent", () => {
  for (const isLent of [false, true]) {
    const segments = new SegmentPool();
    const log = new MessageLog({ segments });
    log.append(frame(1, 20_000, true), 0, 0);
    const [view] = log.views(0, log.head);
    ok(view !== undefined);
    if (isLent) log.lend(0, log.head);
    log.trim(log.head);
    equal(log.heldBytes, 0);
    log.append(frame(2, 20_000, true), 0, 0);
    equal(view.at(-1), isLent ? 1 : 2);
  }
});

test("memory goes back to the pool only as a whole, and what is lent to the garbage collector", () => {
  const segments = new SegmentPool();
  const log = new MessageLog({ segments });
  const positions = Array.from({ length: 12 }, (_, time) => log.append(frame(time, 10_000, true), time, 0));
  // Three to a segment: the second is lent by one of its messages.
  log.lend(positions[4] ?? 0, positions[5] ?? 0);
  log.trim(positions[8] ?? 0);
  equal(segments.freeBytes, MIN_SEGMENT_BYTES);
  equal(log.tail, positions[6]);
  log.trim(log.head);
  equal(segments.freeBytes, 3 * MIN_SEGMENT_BYTES);
});

test("segments have lengths of powers of two, up to the longest; longer ones are made for their message", () => {
  const pool = new SegmentPool();
  const lengths = [1, MIN_SEGMENT_BYTES, MIN_SEGMENT_BYTES + 1, 300_000, MAX_BYTES, MAX_BYTES + 1];
  deepEqual(
    lengths.map((length) => pool.take(length, MAX_BYTES, 0).bytes.length),
    [MIN_SEGMENT_BYTES, MIN_SEGMENT_BYTES, 2 * MIN_SEGMENT_BYTES, MAX_BYTES, MAX_BYTES, MAX_BYTES + 1],
  );
});

test("one length's memory serves no other, and what is long beyond measure is not kept", () => {
  const pool = new SegmentPool();
  const segment = pool.take(MIN_SEGMENT_BYTES, MAX_BYTES, 0);
  pool.release(segment);
  pool.release(new LogSegment(MAX_BYTES + 1));
  equal(pool.freeBytes, MIN_SEGMENT_BYTES);
  ok(pool.take(MIN_SEGMENT_BYTES + 1, MAX_BYTES, 7) !== segment);
  const again = pool.take(1, MAX_BYTES, 7);
  equal(again, segment);
  deepEqual([again.start, again.used, again.count, again.end], [7, 0, 0, 7]);
  equal(pool.freeBytes, 0);
});

test("what nobody needed for ten seconds is let go, and no more than that", () => {
  const pool = new SegmentPool();
  const taken = Array.from({ length: 4 }, () => pool.take(1, MAX_BYTES, 0));
  for (const segment of taken) pool.release(segment);
  pool.tick(0);
  pool.tick(10_000);
  equal(pool.freeBytes, 4 * MIN_SEGMENT_BYTES);
  pool.release(pool.take(1, MAX_BYTES, 0));
  pool.tick(19_999);
  equal(pool.freeBytes, 4 * MIN_SEGMENT_BYTES);
  pool.tick(20_000);
  equal(pool.freeBytes, MIN_SEGMENT_BYTES);
  pool.tick(30_000);
  equal(pool.freeBytes, 0);
});

test("a segment knows its messages by position, and all that was said of them", () => {
  const segment = new LogSegment(MIN_SEGMENT_BYTES);
  segment.restart(1000);
  const traits = { isKeyframe: true, isConfig: true, isDisposable: true, trackId: 255 };
  const plain = { isKeyframe: false, isConfig: false, isDisposable: false, trackId: 0 };
  for (let index = 0; index < 100; index++) {
    const isEven = index % 2 === 0;
    const message = { ...frame(0, 5 + index, false), ...(isEven ? traits : plain) };
    segment.note(20 + index, isEven ? 9 : 8, message, 2 ** 33 + index, 0.5 + index);
  }
  equal(segment.count, 100);
  deepEqual(segment.entry(0), {
    ...traits,
    type: 9,
    offset: 1000,
    length: 20,
    payloadLength: 5,
    timestamp: 2 ** 33,
    writtenAtMs: 0.5,
  });
  deepEqual(segment.entry(99), {
    ...plain,
    type: 8,
    offset: segment.end - 119,
    length: 119,
    payloadLength: 104,
    timestamp: 2 ** 33 + 99,
    writtenAtMs: 99.5,
  });
  equal(segment.firstAtOrBehind(0), 0);
  equal(segment.firstAtOrBehind(1001), 1);
  equal(segment.firstAtOrBehind(segment.end), 100);
});

test("what waits to be used again is at most half of what is in use, and 1 MiB in any case", () => {
  const pool = new SegmentPool();
  const inUse = Array.from({ length: 80 }, () => pool.take(MIN_SEGMENT_BYTES * 2, MAX_BYTES, 0));
  for (const segment of inUse.splice(0, 40)) pool.release(segment);
  ok(pool.freeBytes <= (40 * MIN_SEGMENT_BYTES * 2) / 2, `${pool.freeBytes} bytes`);
  ok(pool.freeBytes > 0);
  for (const segment of inUse) pool.release(segment);
  ok(pool.freeBytes <= 1024 * 1024, `${pool.freeBytes} bytes`);
  // One beyond the limit is let go.
  const free = pool.freeBytes;
  pool.release(new LogSegment(MIN_SEGMENT_BYTES * 16));
  ok(pool.freeBytes <= Math.max(free, 1024 * 1024));
});

test("an index that had to grow for very short messages is not kept with its segment", () => {
  const pool = new SegmentPool();
  const segment = pool.take(MIN_SEGMENT_BYTES, MAX_BYTES, 0);
  const message = frame(0, 10, false);
  for (let count = 0; count < 2000; count++) segment.note(12, 9, message, count, count);
  const grown = segment.indexBytes;
  pool.release(segment);
  ok(segment.indexBytes < grown / 4);
  equal(pool.take(MIN_SEGMENT_BYTES, MAX_BYTES, 0), segment);
});

test("broadcasts that have ended leave nothing in use", () => {
  const segments = new SegmentPool();
  for (let round = 0; round < 50; round++) {
    const broadcast = new Broadcast("live/test", { segments, graceMs: 0, schedule() {} });
    const result = broadcast.publish({ description: "publisher", replaced() {} }, 0);
    ok(result.kind === "accepted");
    for (let time = 0; time < 2000; time += 40) result.publication.write(frame(time, 4000, time === 0), time);
    result.publication.end("unpublished", 2000);
    broadcast.giveBack();
    equal(broadcast.heldBytes, 0);
  }
  ok(segments.freeBytes <= 1024 * 1024);
});
