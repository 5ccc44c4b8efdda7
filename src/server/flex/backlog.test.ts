import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { Backlog, type Push } from "./backlog.ts";

function push(name: string, byteLength = 10, expiresAtMs = Number.POSITIVE_INFINITY): Push {
  return { message: () => ({ kind: "async", body: name }), byteLength, expiresAtMs };
}

function bodies(backlog: Backlog, nowMs = 0): unknown[] {
  const taken: unknown[] = [];
  for (let next = backlog.take(nowMs); next !== undefined; next = backlog.take(nowMs)) taken.push(next.message().body);
  return taken;
}

test("messages come out as they went in", () => {
  const backlog = new Backlog({ maxBacklogMessages: 3, maxBacklogBytes: 100 });
  for (const name of ["a", "b", "c"]) backlog.add(push(name));
  equal(backlog.dropped, 0);
  deepEqual(bodies(backlog), ["a", "b", "c"]);
  equal(backlog.isEmpty, true);
});

test("one beyond the number of messages drops the oldest", () => {
  const backlog = new Backlog({ maxBacklogMessages: 3, maxBacklogBytes: 100 });
  for (const name of ["a", "b", "c"]) backlog.add(push(name));
  equal(backlog.isFullFor(push("d")), true);
  backlog.add(push("d"));
  equal(backlog.dropped, 1);
  deepEqual(bodies(backlog), ["b", "c", "d"]);
});

test("one beyond the bytes drops as many as need be; the newest is kept however long it is", () => {
  const backlog = new Backlog({ maxBacklogMessages: 10, maxBacklogBytes: 30 });
  for (const name of ["a", "b", "c"]) backlog.add(push(name));
  equal(backlog.isFullFor(push("d", 1)), true);
  backlog.add(push("d", 11));
  deepEqual([backlog.dropped, backlog.isFullFor(push("e", 0))], [2, false]);
  backlog.add(push("e", 1000));
  deepEqual(bodies(backlog), ["e"]);
  backlog.add(push("f", 30));
  equal(backlog.dropped, 4, "what was taken counts no more");
});

test("what is too old when it would be read is left out", () => {
  const backlog = new Backlog({ maxBacklogMessages: 10, maxBacklogBytes: 1000 });
  backlog.add(push("a", 10, 5));
  backlog.add(push("b", 10, 6));
  backlog.add(push("c"));
  deepEqual(bodies(backlog, 5), ["b", "c"]);
});
