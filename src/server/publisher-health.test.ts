import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { type Arrival, arrivalsOf, type Habits } from "../../test/support/metered-publisher.ts";
import { type RtmpPeer, settle } from "../../test/support/rtmp-peer.ts";
import { publisher, TestServer } from "../../test/support/test-server.ts";
import { MessageType } from "../rtmp/message/message.ts";
import type { MonitorEvent } from "./snapshots.ts";

/** Sends as the clock of the server goes: in steps of half a second, later by `fromMs` than the habits say. */
async function send(server: TestServer, source: RtmpPeer, habits: Habits, fromMs = 0): Promise<void> {
  const arrivals = arrivalsOf(habits).filter(({ timestamp }) => fromMs === 0 || timestamp > 0);
  const startMs = server.nowMs;
  for (const arrival of arrivals) {
    if (startMs + arrival.atMs >= server.nowMs + 500) await server.pass(500);
    source.send(messageOf(arrival, fromMs));
  }
  await server.pass(500);
}

function messageOf({ kind, timestamp, payload }: Arrival, fromMs: number): Parameters<RtmpPeer["send"]>[0] {
  const type = { audio: MessageType.Audio, video: MessageType.Video, data: MessageType.Data }[kind];
  return { type, timestamp: timestamp + fromMs, streamId: 1, payload };
}

/** Half a second in a step is all that a test's clock shows of when something came. */
const ROUND_MS = 500;
const TEST_OPTIONS = { publish: { unwatchedReadMs: ROUND_MS } };

const LONG_GOP: Habits = { keyframeEvery: (picture) => picture % 300 === 0 };

function healthLines(server: TestServer): string[] {
  return server.log.filter((line) => line.includes('"health":') && !line.includes('"end":'));
}

function healthEvents(server: TestServer): readonly MonitorEvent[] {
  return server.context.events.after(0).filter(({ kind }) => kind === "health");
}

test("a publisher that is well is not talked about, and its end has the verdict", async () => {
  const server = new TestServer(TEST_OPTIONS);
  const source = await publisher(server);
  await send(server, source, {});
  const report = server.context.directory.get("live/test")?.healthAt(server.nowMs);
  deepEqual([report?.level, report?.findings], ["good", []], report?.verdict);
  deepEqual([healthLines(server), healthEvents(server)], [[], []]);
  source.command("FCUnpublish", 9, 0, "test");
  await settle();
  const [end = ""] = server.log.filter((line) => line.includes('"end":"unpublished"'));
  match(end, /"health":"good","verdict":"All is well: H\.264 Constrained Baseline 3\.0 320×240 at 30 frames\/s, /);
});

test("a change for the worse, and one for the better, is told to the log and to people", async () => {
  const server = new TestServer(TEST_OPTIONS);
  const source = await publisher(server);
  await send(server, source, { ...LONG_GOP, seconds: 30 });
  const [worse] = healthEvents(server);
  deepEqual(
    { ...worse, id: 0, atMs: 0, text: worse?.text.slice(0, 40) },
    {
      id: 0,
      atMs: 0,
      kind: "health",
      level: "warning",
      text: "No second keyframe within 9.5 s: set the",
      broadcast: "live/test",
      connection: "1",
      remoteAddress: "memory:1",
      protocol: "rtmp",
    },
  );
  const [line = ""] = healthLines(server);
  match(line, /^warn No second keyframe within 9\.5 s: set the keyframe interval to 2 s/);
  match(line, /"broadcast":"live\/test","health":"warning","found":\["long-gop"\]/);
  await send(server, source, { seconds: 40 }, 30_000);
  const events = healthEvents(server);
  deepEqual(
    events.map(({ level, text }) => [level, text.slice(0, 12)]),
    [
      ["warning", "No second ke"],
      ["info", "All is well:"],
    ],
  );
  equal(healthLines(server).length, 2);
});

test("one that wavers is told of once in half a minute", async () => {
  const server = new TestServer(TEST_OPTIONS);
  const source = await publisher(server);
  const levels = new Set<string | undefined>();
  const note = (): unknown => levels.add(server.context.directory.get("live/test")?.healthAt(server.nowMs)?.level);
  for (let round = 0; round < 10; round++) {
    await send(server, source, { seconds: 6 }, round * 18_500);
    note();
    await server.pass(12_000);
    note();
  }
  ok(levels.has("bad") && levels.size > 1, [...levels].join());
  const told = healthEvents(server);
  ok(told.length >= 2 && told.length <= 7, `${told.length} in three minutes`);
  for (const [index, { atMs }] of told.entries()) ok(index === 0 || atMs - (told[index - 1]?.atMs ?? 0) >= 30_000);
});

test("a publisher that sends is pinged, and its round trip is a figure", async () => {
  const server = new TestServer(TEST_OPTIONS);
  const source = await publisher(server);
  await send(server, source, { seconds: 12 });
  ok(source.take().filter((line) => line === "ping-request").length <= 1);
  const { figures } = server.context.directory.get("live/test")?.healthAt(server.nowMs) ?? {};
  deepEqual([figures?.roundTripMs, figures?.hasAnsweredPing, figures?.hasAcknowledged], [0, true, false]);
});

test("what is given to a publisher for an answer ends with the publication", async () => {
  const server = new TestServer({ ...TEST_OPTIONS, timeouts: { pingIntervalMs: 3000 } });
  const source = await publisher(server);
  await send(server, source, { seconds: 4 });
  const [connection] = server.connections;
  const answered = connection?.wire.roundTripMs;
  equal(answered, 0);
  source.command("FCUnpublish", 9, 0, "test");
  await settle();
  equal(connection?.wire.unansweredPings, 0);
  // It is silent from now on: the next ping is for its silence, after 3 s.
  await server.pass(2500);
  equal(connection.wire.unansweredPings, 0);
});
