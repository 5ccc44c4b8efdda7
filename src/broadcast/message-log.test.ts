import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { concatBytes } from "../bytes/concat.ts";
import { hex } from "../bytes/hex.ts";
import type { MediaMessage } from "../formats/flv/media-message.ts";
import { type LogEntry, MessageLog } from "./message-log.ts";

function audio(timestamp: number, payload: Uint8Array): MediaMessage {
  return {
    kind: "audio",
    timestamp,
    payload,
    isKeyframe: false,
    isConfig: false,
    isDisposable: false,
    trackId: 0,
  };
}

function append(log: MessageLog, message: MediaMessage): LogEntry {
  const entry = log.entryAt(log.append(message, message.timestamp, 0));
  ok(entry !== undefined);
  return entry;
}

test("a message stands in the log as a type 0 chunk on message stream 1", () => {
  const log = new MessageLog();
  append(log, audio(16, hex`af 01 21`));
  deepEqual(
    concatBytes(log.views(0, log.head)),
    hex`
      06 000010 000003 08 01000000   ; format 0, chunk stream 6: audio, 16 ms, 3 bytes, stream 1
      af 01 21
    `,
  );
});

test("times wrap at 32 bits on the wire and count on in the index", () => {
  const log = new MessageLog();
  const entry = append(log, audio(2 ** 32 + 5, hex`af`));
  equal(entry.timestamp, 2 ** 32 + 5);
  deepEqual(concatBytes(log.views(0, log.head)).subarray(1, 4), hex`000005`);
});

test("a payload longer than a chunk comes back whole, with and without extended timestamps", () => {
  for (const timestamp of [0, 0x1000000]) {
    const log = new MessageLog({ chunkSize: 128 });
    const payload = Uint8Array.from({ length: 1000 }, (_, index) => index % 251);
    append(log, audio(timestamp, hex`00`));
    const entry = append(log, audio(timestamp, payload));
    deepEqual(log.payload(entry), payload);
  }
});

test("views cover what lies between two messages, over the borders of segments", () => {
  const log = new MessageLog({ maxSegmentBytes: 64 * 1024 });
  const entries = Array.from({ length: 100 }, (_, index) =>
    append(log, audio(index, new Uint8Array(3000).fill(index))),
  );
  const from = entries[7];
  const to = entries[93];
  const bytes = concatBytes(log.views(from?.offset ?? 0, to?.offset ?? 0));
  equal(bytes.length, (to?.offset ?? 0) - (from?.offset ?? 0));
  deepEqual(bytes.subarray(12, 12 + 3000), new Uint8Array(3000).fill(7));
  deepEqual(
    Array.from(log.entries(from?.offset ?? 0, to?.offset ?? 0), (entry) => entry.timestamp),
    range(7, 93),
  );
});

test("a message larger than a segment gets a segment of its own", () => {
  const log = new MessageLog({ maxSegmentBytes: 64 * 1024 });
  append(log, audio(0, hex`01`));
  const payload = new Uint8Array(300_000).fill(9);
  deepEqual(log.payload(append(log, audio(1, payload))), payload);
});

test("trimming lets go of whole segments only, and views that were handed out stay as they are", () => {
  const log = new MessageLog({ maxSegmentBytes: 32 * 1024 });
  const entries = Array.from({ length: 40 }, (_, index) => append(log, audio(index, new Uint8Array(3000).fill(index))));
  const held = log.heldBytes;
  const view = log.views(0, entries[1]?.offset ?? 0)[0] as Uint8Array;
  log.trim(entries[25]?.offset ?? 0);
  equal(log.tail <= (entries[25]?.offset ?? 0), true);
  equal(log.tail > (entries[10]?.offset ?? 0), true);
  equal(log.heldBytes < held, true);
  equal(view[12 + 5], 0);
  equal(log.entryAt(entries[25]?.offset ?? 0)?.timestamp, 25);
});

test("another message stream id is written into a copy of each header", () => {
  const log = new MessageLog({ maxSegmentBytes: 32 * 1024 });
  for (let index = 0; index < 30; index++) append(log, audio(index, new Uint8Array(3000).fill(1)));
  const copy = log.viewsFor(7, 0, log.head);
  const original = concatBytes(log.views(0, log.head));
  const bytes = concatBytes(copy);
  for (const entry of log.entries(0)) {
    deepEqual(bytes.subarray(entry.offset + 8, entry.offset + 12), hex`07000000`);
    deepEqual(original.subarray(entry.offset + 8, entry.offset + 12), hex`01000000`);
    deepEqual(bytes.subarray(entry.offset + 12, entry.offset + entry.length), new Uint8Array(3000).fill(1));
  }
});

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}
