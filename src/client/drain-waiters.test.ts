import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { DrainWaiters } from "./drain-waiters.ts";

test("each waits for its own mark, and nobody waits after the end", async () => {
  let queuedBytes = 100;
  const waiters = new DrainWaiters(() => queuedBytes);
  const done: string[] = [];
  const wait = (name: string, maxQueuedBytes: number): Promise<void> =>
    waiters.wait(maxQueuedBytes).then(() => void done.push(name));
  const all = [wait("at once", 100), wait("half", 50), wait("empty", 0)];
  await all[0];
  queuedBytes = 51;
  waiters.drained();
  await Promise.resolve();
  deepEqual(done, ["at once"]);
  queuedBytes = 50;
  waiters.drained();
  await all[1];
  deepEqual(done, ["at once", "half"]);
  waiters.release();
  await Promise.all(all);
  await wait("late", 0);
  deepEqual(done, ["at once", "half", "empty", "late"]);
});
