import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { WorkerTotals } from "./worker-totals.ts";

test("what a worker has told counts on when it dies, and begins anew with the next", () => {
  const totals = new WorkerTotals();
  deepEqual(totals.sum, { receivedBytes: 0, sentBytes: 0, refusals: {} });
  totals.note(1, { receivedBytes: 1, sentBytes: 10, refusals: { "chunk.header": 1 } });
  totals.note(1, { receivedBytes: 2, sentBytes: 20, refusals: { "chunk.header": 2 } });
  totals.note(2, { receivedBytes: 100, sentBytes: 1000, refusals: { "play-refused": 1 } });
  totals.end(1);
  totals.end(1);
  deepEqual(totals.sum, { receivedBytes: 102, sentBytes: 1020, refusals: { "chunk.header": 2, "play-refused": 1 } });
  totals.note(1, { receivedBytes: 1, sentBytes: 1, refusals: { "chunk.header": 1 } });
  deepEqual(totals.sum, { receivedBytes: 103, sentBytes: 1021, refusals: { "chunk.header": 3, "play-refused": 1 } });
});
