import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import type { OutgoingMedia } from "../../src/client/index.ts";
import { accelerated, Comparison } from "./ten-minutes.ts";

const MESSAGE: OutgoingMedia = { kind: "video", timestamp: 0xffffff, payload: Uint8Array.of(0x27, 1, 0, 0, 0, 7) };

function sent(...messages: readonly OutgoingMedia[]): Comparison {
  const comparison = new Comparison(1000);
  for (const message of messages) comparison.sent(message);
  return comparison;
}

test("the same messages in the same order are taken, and all must come", () => {
  const other = { ...MESSAGE, kind: "audio" } as const;
  const comparison = sent(MESSAGE, other);
  comparison.received({ ...MESSAGE, payload: MESSAGE.payload.slice() });
  equal(comparison.isWhole, false);
  comparison.received(other);
  deepEqual([comparison.isWhole, comparison.messages, comparison.receivedBytes], [true, 2, 12]);
});

test("a wrong byte, time, kind or length, and one message too many, are found", () => {
  const wrong: readonly OutgoingMedia[] = [
    { ...MESSAGE, payload: Uint8Array.of(0x27, 1, 0, 0, 0, 8) },
    { ...MESSAGE, payload: MESSAGE.payload.subarray(1) },
    { ...MESSAGE, timestamp: 0 },
    { ...MESSAGE, kind: "audio" },
  ];
  for (const message of wrong) throws(() => sent(MESSAGE).received(message), /message 0/);
  throws(() => sent().received(MESSAGE), /more arrived than was sent/);
});

test("the sender waits until the receiver is near enough", async () => {
  const comparison = new Comparison(MESSAGE.payload.length);
  comparison.sent(MESSAGE);
  await comparison.ready();
  comparison.sent(MESSAGE);
  let isReady = false;
  const ready = comparison.ready().then(() => {
    isReady = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  equal(isReady, false);
  comparison.received(MESSAGE);
  await ready;
});

test("ten minutes have a megabit a second, keyframes of megabytes, and the same bytes each time", () => {
  let bytes = 0;
  let largest = 0;
  let lastMs = 0;
  const comparison = new Comparison(Number.POSITIVE_INFINITY);
  const again = accelerated(600, 1000);
  for (const message of accelerated(600, 1000)) {
    bytes += message.payload.length;
    largest = Math.max(largest, message.payload.length);
    lastMs = Math.max(lastMs, message.timestamp);
    comparison.sent(message);
    const { value } = again.next();
    ok(value !== undefined);
    comparison.received(value);
  }
  ok(bytes > 70_000_000 && bytes < 80_000_000);
  equal(largest, 7 * 1024 * 1024);
  ok(lastMs > 1000 + 599_000 && lastMs <= 1000 + 600_000);
});
