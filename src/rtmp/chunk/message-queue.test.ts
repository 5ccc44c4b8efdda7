import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MessageQueue, type QueuedMessage } from "./message-queue.ts";

function queued(timestamp: number): QueuedMessage {
  const message = { type: 8, timestamp, streamId: 1, payload: new Uint8Array() };
  return { message, chunkStreamId: 4, offset: 0, isStarted: false };
}

function timestampsOf(queue: MessageQueue): number[] {
  const timestamps: number[] = [];
  while (queue.first !== undefined) {
    timestamps.push(queue.first.message.timestamp);
    queue.removeFirst();
  }
  return timestamps;
}

function queueOf(...timestamps: number[]): MessageQueue {
  const queue = new MessageQueue();
  for (const timestamp of timestamps) queue.push(queued(timestamp));
  return queue;
}

describe("MessageQueue", () => {
  it("gives out what was pushed, the oldest first", () => {
    const queue = queueOf(1, 2, 3);
    assert.equal(queue.length, 3);
    assert.deepEqual(timestampsOf(queue), [1, 2, 3]);
    assert.equal(queue.length, 0);
  });

  it("goes on after it was empty", () => {
    const queue = queueOf(1);
    queue.removeFirst();
    queue.removeFirst();
    assert.equal(queue.length, 0);
    queue.push(queued(2));
    queue.push(queued(3));
    assert.deepEqual(timestampsOf(queue), [2, 3]);
  });

  for (const { dropped, left } of [
    { dropped: [1], left: [2, 3, 4] },
    { dropped: [2, 3], left: [1, 4] },
    { dropped: [4], left: [1, 2, 3] },
    { dropped: [1, 2, 3, 4], left: [] },
    { dropped: [], left: [1, 2, 3, 4] },
  ]) {
    it(`drops ${dropped.join(", ") || "nothing"} of four, and goes on behind the rest`, () => {
      const queue = queueOf(1, 2, 3, 4);
      queue.drop(({ message }) => dropped.includes(message.timestamp));
      assert.equal(queue.length, left.length);
      queue.push(queued(5));
      assert.deepEqual(timestampsOf(queue), [...left, 5]);
    });
  }
});
