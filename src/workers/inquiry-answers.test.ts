import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { createMediaServer } from "../server/media-server.ts";
import type { ConnectionSnapshot, ServerMonitor } from "../server/snapshots.ts";
import { answerInquiry } from "./inquiry-answers.ts";
import type { Inquiry, WorkerMessage } from "./messages.ts";

async function answer(monitor: ServerMonitor, inquiry: Inquiry): Promise<WorkerMessage[]> {
  const said: WorkerMessage[] = [];
  await answerInquiry(monitor, { send: (message) => said.push(message) }, { kind: "inquiry", id: 7, inquiry });
  return said;
}

test("thousands of connections come in pieces", async (t) => {
  const { monitor } = createMediaServer();
  const many = Array.from({ length: 1100 }, () => ({}) as ConnectionSnapshot);
  t.mock.method(monitor, "connections", async () => many);
  const said = await answer(monitor, { kind: "connections" });
  deepEqual(
    said.map((message) => (message.kind === "found" ? [message.id, message.values.length, message.isLast] : [])),
    [
      [7, 500, false],
      [7, 500, false],
      [7, 100, true],
    ],
  );
});

test("each question has its answer, and an empty one is an answer, too", async () => {
  const { monitor } = createMediaServer();
  const inquiries: readonly Inquiry[] = [
    { kind: "broadcasts" },
    { kind: "connections" },
    { kind: "broadcast", name: "a" },
    { kind: "history", name: "a" },
  ];
  for (const inquiry of inquiries) {
    deepEqual(await answer(monitor, inquiry), [{ kind: "found", id: 7, values: [], isLast: true }]);
  }
  const kicks: readonly Inquiry[] = [
    { kind: "kick", connection: "1", reason: "why not" },
    { kind: "kick-publisher", name: "a", reason: "why not" },
  ];
  for (const kick of kicks) {
    deepEqual(await answer(monitor, kick), [{ kind: "found", id: 7, values: [false], isLast: true }]);
  }
});

test("what fails has found nothing", async (t) => {
  const { monitor } = createMediaServer();
  t.mock.method(monitor, "server", async () => {
    throw new Error("oops");
  });
  deepEqual(await answer(monitor, { kind: "server" }), [{ kind: "found", id: 7, values: [], isLast: true }]);
});
