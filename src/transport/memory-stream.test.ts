import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { hex } from "../bytes/hex.ts";
import type { ByteStream } from "./byte-stream.ts";
import { memoryStreamPair } from "./memory-stream.ts";

/** Starts a stream and writes down what happens, bytes as text. */
function record(stream: ByteStream, onBytes: (bytes: Uint8Array) => void = () => {}): string[] {
  const events: string[] = [];
  stream.start({
    onBytes(bytes): void {
      events.push(Buffer.from(bytes).toString("hex"));
      onBytes(bytes);
    },
    onDrain: () => events.push("drain"),
    onEnd: () => events.push("end"),
    onClose: (error) => events.push(error ? `close: ${error.message}` : "close"),
  });
  return events;
}

/** Until every microtask, and what it queued, has run. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test("the pieces of a write arrive in order, as one, and not during the write", async () => {
  const [left, right] = memoryStreamPair();
  const atRight = record(right);
  left.write([hex`01`, hex`02 03`]);
  left.write([hex`04`, hex``]);
  left.write([]);
  deepEqual(atRight, []);
  await settled();
  deepEqual(atRight, ["010203", "04"]);
  deepEqual([left.bytesWritten, right.bytesRead, left.bytesRead, right.bytesWritten], [4, 4, 0, 0]);
  equal(left.unsentBytes, 0);
});

test("the writer's bytes stay as they are, a Buffer's too", async () => {
  const [left, right] = memoryStreamPair();
  const atRight = record(right);
  const bytes = Buffer.from(hex`01 02`);
  left.write([bytes]);
  await settled();
  deepEqual(atRight, ["0102"]);
  equal(bytes.toString("hex"), "0102");
});

test("both sides write at once, also in answer to bytes", async () => {
  const [left, right] = memoryStreamPair();
  const atLeft = record(left);
  record(right, (bytes) => right.write([bytes]));
  left.write([hex`01`]);
  right.write([hex`02`]);
  await settled();
  deepEqual(atLeft, ["02", "01"]);
});

test("what arrived is a copy, overwritten after the call", async () => {
  const [left, right] = memoryStreamPair();
  const kept: Uint8Array[] = [];
  record(right, (bytes) => {
    bytes[0] = 9;
    kept.push(bytes);
  });
  const sent = hex`01 02`;
  left.write([sent]);
  await settled();
  deepEqual(sent, hex`01 02`);
  deepEqual(kept, [hex`00 00`]);
});

test("a side that pauses lets the other's unsent bytes grow, and drains when it resumes", async () => {
  const [left, right] = memoryStreamPair();
  const atLeft = record(left);
  const atRight = record(right);
  right.pause();
  left.write([hex`01 02`]);
  left.write([hex`03`]);
  await settled();
  equal(left.unsentBytes, 3);
  deepEqual(atRight, []);
  right.resume();
  await settled();
  deepEqual(atRight, ["0102", "03"]);
  deepEqual(atLeft, ["drain"]);
  equal(left.unsentBytes, 0);
});

test("a pause while bytes are under way keeps them, and one in the middle keeps the rest", async () => {
  const [left, right] = memoryStreamPair();
  const atLeft = record(left);
  const atRight = record(right, () => right.pause());
  left.write([hex`01`]);
  left.write([hex`02`]);
  equal(left.unsentBytes, 0);
  await settled();
  deepEqual(atRight, ["01"]);
  equal(left.unsentBytes, 1);
  right.resume();
  await settled();
  deepEqual(atRight, ["01", "02"]);
  deepEqual(atLeft, ["drain"]);
});

test("a buffer takes as much as it holds before bytes count as unsent", async () => {
  const [left, right] = memoryStreamPair({ bufferBytes: 4 });
  const atLeft = record(left);
  left.write([hex`01 02 03 04`]);
  equal(left.unsentBytes, 0);
  left.write([hex`05`]);
  equal(left.unsentBytes, 1);
  record(right);
  await settled();
  deepEqual(atLeft, ["drain"]);
});

test("closing sends what is left, then ends both sides once", async () => {
  const [left, right] = memoryStreamPair();
  const atLeft = record(left);
  const atRight = record(right);
  right.pause();
  left.write([hex`01`]);
  left.close();
  left.close();
  left.write([hex`02`]);
  right.write([hex`03`]);
  await settled();
  deepEqual([atLeft, atRight], [[], []]);
  right.resume();
  await settled();
  deepEqual(atRight, ["01", "end", "close"]);
  deepEqual(atLeft, ["close"]);
});

test("two sides that close at the same time both get their close, and no end", async () => {
  const [left, right] = memoryStreamPair();
  const [atLeft, atRight] = [record(left), record(right)];
  left.close();
  right.close();
  await settled();
  deepEqual([atLeft, atRight], [["close"], ["close"]]);
});

test("a peer that does not read is dropped after the grace time", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const [left, right] = memoryStreamPair();
  const [atLeft, atRight] = [record(left), record(right)];
  right.pause();
  left.write([hex`01`]);
  left.close(50);
  context.mock.timers.tick(49);
  deepEqual([atLeft, atRight], [[], []]);
  context.mock.timers.tick(1);
  await settled();
  deepEqual(atLeft, ["close"]);
  deepEqual(atRight, ["close: the other side dropped the connection"]);
});

test("destroying drops what is under way and breaks the other side", async () => {
  const [left, right] = memoryStreamPair();
  const [atLeft, atRight] = [record(left), record(right)];
  left.write([hex`01`]);
  right.write([hex`02`]);
  left.destroy();
  left.destroy();
  deepEqual([atLeft, atRight], [[], []]);
  await settled();
  deepEqual(atLeft, ["close"]);
  deepEqual(atRight, ["close: the other side dropped the connection"]);
});

test("a stream that is closed before it has an owner tells its owner", async () => {
  const [left, right] = memoryStreamPair();
  left.destroy();
  await settled();
  const [atLeft, atRight] = [record(left), record(right)];
  await settled();
  deepEqual(atLeft, ["close"]);
  deepEqual(atRight, ["close: the other side dropped the connection"]);
});

test("a stream has one owner", () => {
  const [left] = memoryStreamPair();
  record(left);
  throws(() => record(left), /owner/);
});
