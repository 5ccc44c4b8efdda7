import { deepEqual, equal, ok } from "node:assert/strict";
import { describe, test } from "node:test";
import { concatBytes } from "../../bytes/concat.ts";
import { encodeSetChunkSize } from "../message/control.ts";
import { chunkStreamIdOf, type Message, MessageType, Priority } from "../message/message.ts";
import { ChunkDecoder } from "./chunk-decoder.ts";
import { ChunkEncoder } from "./chunk-encoder.ts";
import { type Interleave, OutboundScheduler } from "./outbound-scheduler.ts";

const CHUNK_SIZE = 4096;
/** Basic header and message header, without extended timestamp. */
const HEADER = 12;
const KEYFRAME_BYTES = 2 * 1024 * 1024;

function message(type: number, length: number, timestamp = 0, streamId = 1): Message {
  const payload = Uint8Array.from({ length }, (_, index) => (index * 7 + type + timestamp) & 0xff);
  return { type, timestamp, streamId, payload };
}

const video = (length: number, timestamp = 0): Message => message(MessageType.Video, length, timestamp);
const audio = (length: number, timestamp = 0): Message => message(MessageType.Audio, length, timestamp);
const data = (length: number, timestamp = 0): Message => message(MessageType.Data, length, timestamp);
const call = (length: number, timestamp = 0): Message => message(MessageType.Command, length, timestamp, 0);

function createScheduler(interleave: Interleave, maxQueuedBytes?: number): OutboundScheduler {
  const encoder = new ChunkEncoder();
  encoder.write(encodeSetChunkSize(CHUNK_SIZE), 2);
  encoder.takeOutput();
  return new OutboundScheduler(encoder, { interleave, maxQueuedBytes });
}

function push(scheduler: OutboundScheduler, ...messages: readonly Message[]): void {
  for (const queued of messages) ok(scheduler.push(queued, chunkStreamIdOf(queued.type, queued.streamId)));
}

function decode(bytes: Uint8Array): Message[] {
  const decoder = new ChunkDecoder();
  decoder.setChunkSize(CHUNK_SIZE);
  decoder.push(bytes);
  const messages: Message[] = [];
  for (let next = decoder.next(); next !== undefined; next = decoder.next()) messages.push(structuredClone(next));
  return messages;
}

/** Takes chunk by chunk, and says of which type each was: the order on the wire. */
function takeTypes(scheduler: OutboundScheduler, typeOf: ReadonlyMap<number, string>): string[] {
  const types: string[] = [];
  while (scheduler.queuedMessages > 0) {
    const [bytes] = scheduler.take(1);
    types.push(typeOf.get((bytes?.[0] ?? 0) & 0x3f) ?? "?");
  }
  return types;
}

const NAMES = new Map([
  [chunkStreamIdOf(MessageType.Command, 0), "call"],
  [chunkStreamIdOf(MessageType.Audio, 1), "audio"],
  [chunkStreamIdOf(MessageType.Data, 1), "data"],
  [chunkStreamIdOf(MessageType.Video, 1), "video"],
]);

describe("order on the wire", () => {
  test("control and calls, then audio, then data, then video", () => {
    for (const interleave of ["message", "chunk"] as const) {
      const scheduler = createScheduler(interleave);
      push(scheduler, video(10), data(10), audio(10), call(10));
      deepEqual(takeTypes(scheduler, NAMES), ["call", "audio", "data", "video"]);
    }
  });

  test("message-wise: whole messages, urgent ones first", () => {
    const scheduler = createScheduler("message");
    push(scheduler, video(3 * CHUNK_SIZE), audio(10), audio(10, 5));
    const messages = decode(concatBytes(scheduler.take()));
    deepEqual(messages, [audio(10), audio(10, 5), video(3 * CHUNK_SIZE)]);
  });

  test("chunk-wise: audio that comes while a keyframe goes out cuts in at the next chunk", () => {
    const scheduler = createScheduler("chunk");
    push(scheduler, video(3 * CHUNK_SIZE));
    const first = scheduler.take(1);
    push(scheduler, audio(10));
    const rest = scheduler.take();
    deepEqual(decode(concatBytes([...first, ...rest])), [audio(10), video(3 * CHUNK_SIZE)]);
  });

  test("waiting classes take turns of 8, 4 and 1, so that none starves", () => {
    const scheduler = createScheduler("message");
    for (let time = 0; time < 20; time++) push(scheduler, video(5, time), data(5, time), audio(5, time));
    const order = takeTypes(scheduler, NAMES);
    const round = [...Array(8).fill("audio"), ...Array(4).fill("data"), "video"];
    deepEqual(order.slice(0, 26), [...round, ...round]);
    deepEqual(order.slice(26, 35), ["audio", "audio", "audio", "audio", "data", "data", "data", "data", "video"]);
  });

  test("messages of one chunk stream keep their order, whatever their kind", () => {
    const scheduler = createScheduler("chunk");
    const shared = 4;
    const messages = [video(2 * CHUNK_SIZE), audio(10), data(10), video(5, 1), audio(10, 2)];
    for (const queued of messages) ok(scheduler.push(queued, shared));
    push(scheduler, call(10));
    deepEqual(decode(concatBytes(scheduler.take())), [call(10), ...messages]);
  });
});

describe("the wait behind a keyframe of 2 MB", () => {
  for (const [name, urgent] of [
    ["an audio message", audio(400, 20)],
    ["a call", call(100)],
  ] as const) {
    test(`chunk-wise: ${name} waits for at most one chunk`, () => {
      const scheduler = createScheduler("chunk");
      push(scheduler, video(KEYFRAME_BYTES));
      const before = concatBytes(scheduler.take(300_000));
      push(scheduler, urgent);
      const after = concatBytes(scheduler.take());
      const all = concatBytes([before, after]);
      const arrival = findArrival(all, urgent);
      const wait = arrival - before.length - (HEADER + urgent.payload.length);
      ok(wait <= CHUNK_SIZE + HEADER, `${wait} bytes went before it`);
      deepEqual(decode(all), [urgent, video(KEYFRAME_BYTES)]);
    });
  }

  test("message-wise: what is queued with it goes first, what comes later waits for the whole keyframe", () => {
    const scheduler = createScheduler("message");
    push(scheduler, video(KEYFRAME_BYTES), audio(400));
    const before = concatBytes(scheduler.take(1));
    equal(decode(before)[0]?.type, MessageType.Audio);
    const keyframe = concatBytes(scheduler.take(1));
    ok(keyframe.length > KEYFRAME_BYTES);
    deepEqual(decode(keyframe), [video(KEYFRAME_BYTES)]);
  });

  test("what is taken at once is bounded: to the next chunk border, however long the message", () => {
    const scheduler = createScheduler("chunk");
    push(scheduler, video(KEYFRAME_BYTES));
    while (scheduler.queuedMessages > 0) {
      const [bytes] = scheduler.take(16_384);
      ok((bytes?.length ?? 0) < 16_384 + CHUNK_SIZE + HEADER);
    }
  });

  test("three messages in flight at once all arrive whole", () => {
    const scheduler = createScheduler("chunk");
    const taken: Uint8Array[] = [];
    push(scheduler, video(50_000));
    taken.push(...scheduler.take(10_000));
    push(scheduler, data(30_000));
    taken.push(...scheduler.take(10_000));
    equal(scheduler.isBetweenMessages, false);
    push(scheduler, audio(20_000));
    taken.push(...scheduler.take(5_000), ...scheduler.take());
    equal(scheduler.isBetweenMessages, true);
    const messages = decode(concatBytes(taken));
    deepEqual(
      new Map(messages.map((next) => [next.type, next])),
      new Map([audio(20_000), data(30_000), video(50_000)].map((next) => [next.type, next])),
    );
  });
});

/** How many bytes it took until the message was there. */
function findArrival(bytes: Uint8Array, wanted: Message): number {
  const decoder = new ChunkDecoder();
  decoder.setChunkSize(CHUNK_SIZE);
  for (let at = 0; at < bytes.length; at++) {
    decoder.push(bytes.subarray(at, at + 1));
    for (let next = decoder.next(); next !== undefined; next = decoder.next()) {
      if (next.type === wanted.type) return at + 1;
    }
  }
  throw new Error("the message never arrived");
}

describe("bounds", () => {
  test("maxQueuedBytes: a message counts its payload and 64 bytes; one byte more is refused", () => {
    const scheduler = createScheduler("message", 1000);
    push(scheduler, video(500));
    equal(scheduler.push(audio(1000 - 64 - 564 + 1), 6), false);
    ok(scheduler.push(audio(1000 - 64 - 564), 6));
    equal(scheduler.push(data(0), 4), false, "the three classes of media share the bound");
    equal(scheduler.queuedMessages, 2);
  });

  test("control and calls have a bound of their own", () => {
    const scheduler = createScheduler("message", 1000);
    push(scheduler, video(936));
    equal(scheduler.push(call(937), 3), false);
    push(scheduler, call(936));
    equal(scheduler.push(call(0), 3), false);
    equal(scheduler.queuedMessagesOf(Priority.Control), 1);
  });

  test("empty messages are bounded too", () => {
    const scheduler = createScheduler("message", 640);
    let count = 0;
    while (scheduler.push(audio(0), 6)) count++;
    equal(count, 10);
  });

  test("what was sent makes room", () => {
    const scheduler = createScheduler("message", 1000);
    push(scheduler, video(936));
    scheduler.take();
    equal(scheduler.queuedBytes, 0);
    push(scheduler, video(936));
  });
});

describe("dropUnsent", () => {
  test("drops what waits, but finishes what was begun", () => {
    const scheduler = createScheduler("chunk");
    push(scheduler, video(3 * CHUNK_SIZE), video(10, 1), video(10, 2), audio(10));
    const begun = [...scheduler.take(1), ...scheduler.take(1)];
    equal(
      scheduler.dropUnsent(({ type }) => type === MessageType.Video),
      2,
    );
    equal(scheduler.queuedBytes, 2 * CHUNK_SIZE);
    push(scheduler, video(10, 3));
    deepEqual(decode(concatBytes([...begun, ...scheduler.take()])), [audio(10), video(3 * CHUNK_SIZE), video(10, 3)]);
    equal(scheduler.queuedMessages, 0);
  });

  test("a chunk stream that was emptied so is free again for any kind", () => {
    const scheduler = createScheduler("message");
    ok(scheduler.push(video(10), 4));
    equal(
      scheduler.dropUnsent(() => true),
      1,
    );
    ok(scheduler.push(audio(10), 4));
    equal(scheduler.queuedMessagesOf(Priority.Audio), 1);
    deepEqual(decode(concatBytes(scheduler.take())), [audio(10)]);
  });
});

test("nothing waits, nothing is taken", () => {
  deepEqual(createScheduler("message").take(), []);
});
