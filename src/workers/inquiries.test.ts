import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { INQUIRY_MS, Inquiries } from "./inquiries.ts";
import type { SupervisorMessage } from "./messages.ts";

function create(): {
  inquiries: Inquiries;
  sent: (SupervisorMessage & { kind: "inquiry" })[];
  silent: number[];
  pass(ms: number): void;
} {
  let nowMs = 0;
  const sent: (SupervisorMessage & { kind: "inquiry" })[] = [];
  const silent: number[] = [];
  const inquiries = new Inquiries({
    nowMs: () => nowMs,
    send: (_, message) => {
      if (message.kind === "inquiry") sent.push(message);
    },
    onSilent: (worker) => silent.push(worker),
  });
  const pass = (ms: number): void => {
    nowMs += ms;
    inquiries.tick(nowMs);
  };
  return { inquiries, sent, silent, pass };
}

test("an answer is put together from its pieces", async () => {
  const { inquiries, sent, silent, pass } = create();
  const asked = inquiries.ask(2, { kind: "history", name: "a" });
  deepEqual(sent, [{ kind: "inquiry", id: 1, inquiry: { kind: "history", name: "a" } }]);
  const sample = { atMs: 0, videoBitrate: 0, audioBitrate: 0, frameRate: 0, viewers: 0 };
  inquiries.receive(2, { kind: "found", id: 1, values: [sample], isLast: false });
  // Each piece gives it time for the next.
  pass(INQUIRY_MS - 1);
  inquiries.receive(2, { kind: "found", id: 1, values: [sample], isLast: false });
  pass(INQUIRY_MS - 1);
  inquiries.receive(2, { kind: "found", id: 1, values: [], isLast: true });
  deepEqual(await asked, [sample, sample]);
  deepEqual(silent, []);
});

test("one that does not answer in time is left out, and what it says later, too", async () => {
  const { inquiries, silent, pass } = create();
  const asked = inquiries.ask(2, { kind: "kick", connection: "1", reason: "why not" });
  pass(INQUIRY_MS - 1);
  deepEqual(silent, []);
  pass(1);
  equal(await asked, undefined);
  deepEqual(silent, [2]);
  inquiries.receive(2, { kind: "found", id: 1, values: [true], isLast: true });
  pass(INQUIRY_MS);
  deepEqual(silent, [2]);
});

test("one that ends answers nothing, and nobody answers for another", async () => {
  const { inquiries, silent } = create();
  const [first, second] = [inquiries.ask(1, { kind: "server" }), inquiries.ask(2, { kind: "connections" })];
  inquiries.receive(1, { kind: "found", id: 2, values: [1], isLast: true });
  inquiries.remove(1);
  equal(await first, undefined);
  inquiries.receive(2, { kind: "found", id: 2, values: [], isLast: true });
  deepEqual(await second, []);
  deepEqual(silent, []);
});
