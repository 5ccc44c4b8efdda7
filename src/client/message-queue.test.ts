import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { classifyMedia } from "../formats/flv/classify.ts";
import { copyOf, MessageQueue } from "./message-queue.ts";

test("messages come out in order with payloads of their own, however many went through", () => {
  const queue = new MessageQueue();
  const payload = new Uint8Array(4);
  let taken = 0;
  for (let count = 0; count < 10_000; count++) {
    payload.fill(count & 0xff);
    queue.push(classifyMedia("audio", count, payload));
    // Two of three are taken at once, so that the queue grows and its taken front is cut off again.
    if (count % 3 !== 0) equal(queue.shift()?.timestamp, taken++);
  }
  for (let message = queue.shift(); message !== undefined; message = queue.shift()) {
    deepEqual(message.payload, new Uint8Array(4).fill(taken & 0xff));
    equal(message.timestamp, taken++);
  }
  equal(taken, 10_000);
  equal(queue.heldBytes, 0);
});

test("empty messages count too, and clearing forgets all", () => {
  const queue = new MessageQueue();
  for (let count = 0; count < 10; count++) queue.push(classifyMedia("audio", count, new Uint8Array()));
  equal(queue.heldBytes, 1280);
  queue.clear();
  equal(queue.heldBytes, 0);
  equal(queue.shift(), undefined);
});

test("a part of a Node Buffer is copied, not shared", () => {
  const buffer = Buffer.from([1, 2, 3, 4]);
  const copy = copyOf(classifyMedia("audio", 0, buffer.subarray(1, 3)));
  buffer.fill(0);
  deepEqual(copy.payload, Uint8Array.of(2, 3));
});
