import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { EventLog, MAX_EVENTS } from "./event-log.ts";

test("events have ids that count on, and a time, and come oldest first", () => {
  let nowMs = 5;
  const events = new EventLog(() => nowMs);
  events.tell({ kind: "play", level: "info", text: "One." });
  nowMs = 7;
  events.tell({ kind: "publish", level: "info", text: "Two." });
  events.tell({ kind: "play", level: "info", text: "Three." });
  deepEqual(
    events.after(0).map(({ id, atMs, text }) => [id, atMs, text]),
    [
      [1, 5, "One."],
      [2, 7, "Two."],
      [3, 7, "Three."],
    ],
  );
  deepEqual(
    events.after(2).map(({ text }) => text),
    ["Three."],
  );
});

test("an audience that comes and goes pushes out neither publishers nor attempts", () => {
  const events = new EventLog(() => 0);
  events.tell({ kind: "publish", level: "info", text: "Publisher." });
  events.tell({ kind: "connection-failed", level: "warning", text: "Failed.", code: "chunk.header" });
  for (let count = 0; count < 10 * MAX_EVENTS; count++) events.tell({ kind: "play", level: "info", text: "Viewer." });
  const kept = events.after(0);
  equal(kept.length, MAX_EVENTS + 2);
  deepEqual(
    kept.slice(0, 3).map(({ text }) => text),
    ["Publisher.", "Failed.", "Viewer."],
  );
  equal(kept.at(-1)?.id, 10 * MAX_EVENTS + 2);
});

test("refusals are counted by code, or by kind, however many are kept", () => {
  const events = new EventLog(() => 0);
  for (let count = 0; count < 3 * MAX_EVENTS; count++) {
    events.tell({ kind: "connection-failed", level: "warning", text: "Failed.", code: "chunk.header" });
  }
  events.tell({ kind: "publish-refused", level: "warning", text: "No." });
  events.tell({ kind: "play", level: "info", text: "Viewer." });
  deepEqual(events.refusals, { "chunk.header": 3 * MAX_EVENTS, "publish-refused": 1 });
});

test("a text is cut where it is too long", () => {
  const events = new EventLog(() => 0);
  events.tell({ kind: "server", level: "info", text: "x".repeat(10_000) });
  equal(events.after(0)[0]?.text.length, 500);
});

test("whoever listens is told, until it does no more", () => {
  const events = new EventLog(() => 0);
  const heard: string[] = [];
  const end = events.listen(({ text }) => heard.push(text));
  events.tell({ kind: "server", level: "info", text: "One." });
  end();
  events.tell({ kind: "server", level: "info", text: "Two." });
  deepEqual(heard, ["One."]);
});
