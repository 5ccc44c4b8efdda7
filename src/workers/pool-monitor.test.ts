import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { fakeWorkers } from "../../test/support/fake-workers.ts";
import { INQUIRY_MS } from "./inquiries.ts";

test("events of workers are told on, with the worker's number and ids of the pool", async (t) => {
  const { supervisor, talkTo } = fakeWorkers(t);
  await supervisor.start();
  const { promise: told, resolve } = Promise.withResolvers<void>();
  const end = supervisor.monitor.onEvent(() => resolve());
  const event = { kind: "play", level: "info", text: "Somebody plays a.", connection: "4", broadcast: "a" } as const;
  talkTo(2).say({ kind: "events", events: [event] });
  await told;
  end();
  const [started, played] = supervisor.monitor.events();
  equal(started?.text, "The server has started with 2 workers, on port 4711.");
  deepEqual(played, { ...event, connection: "2-4", worker: 2, id: 2, atMs: 0 });
  deepEqual(supervisor.monitor.events(2), []);
});

test("a worker that does not answer is left out, which is told once", async (t) => {
  const { supervisor, talkTo, pass } = fakeWorkers(t);
  await supervisor.start();
  const talk = talkTo(1);
  const { monitor } = supervisor;
  for (const connections of [1, 2]) {
    const asked = monitor.server();
    const { id } = await talk.nextOf("inquiry");
    const { promise: answered, resolve } = Promise.withResolvers<void>();
    const end = monitor.onEvent(() => resolve());
    const server = { ...SERVER, connections, receivedBytes: connections * 10 };
    talk.say({ kind: "found", id, values: [server], isLast: true });
    // Told behind the answer: it has come then.
    talk.say({ kind: "events", events: [{ kind: "play", level: "info", text: "It plays." }] });
    await answered;
    end();
    pass(INQUIRY_MS);
    const merged = await asked;
    deepEqual([merged.connections, merged.receivedBytes, merged.workers], [connections, connections * 10, 2]);
    deepEqual(merged.waysIn, [{ scheme: "rtmp", port: 4711 }]);
  }
  const silent = monitor.events().filter(({ level }) => level === "warning");
  deepEqual(
    silent.map(({ text, worker }) => [text, worker]),
    [["Worker 2 does not answer: until it does, what it has is left out.", 2]],
  );
});

test("a kick goes to the worker that has the connection, or the publisher", async (t) => {
  const { supervisor, talkTo } = fakeWorkers(t);
  await supervisor.start();
  const { monitor } = supervisor;
  for (const nobody of ["4", "3-4", "x-4"]) equal(await monitor.kick(nobody, "enough"), false);
  equal(await monitor.kickPublisher("live/a", "enough"), false);
  const talk = talkTo(2);
  const kicked = monitor.kick("2-4", "enough");
  const first = await talk.nextOf("inquiry");
  deepEqual(first.inquiry, { kind: "kick", connection: "4", reason: "enough" });
  talk.say({ kind: "found", id: first.id, values: [true], isLast: true });
  equal(await kicked, true);
  talk.say({ kind: "claim", id: 1, name: "live/a", publisher: "p" });
  await talk.nextOf("answer");
  const ended = monitor.kickPublisher("live/a", "enough");
  const second = await talk.nextOf("inquiry");
  deepEqual(second.inquiry, { kind: "kick-publisher", name: "live/a", reason: "enough" });
  talk.say({ kind: "found", id: second.id, values: [false], isLast: true });
  equal(await ended, false);
});

test("that a worker died, and that another took its place, is told", async (t) => {
  const { supervisor, processId, logged } = fakeWorkers(t);
  await supervisor.start();
  const asked = supervisor.monitor.kick("2-1", "enough");
  process.kill(processId(2), "SIGKILL");
  equal(await asked, false);
  await logged(/has taken the place/);
  await supervisor.drain();
  const told = supervisor.monitor.events().map(({ level, text, worker }) => [level, text, worker]);
  ok(told.length > 0);
  deepEqual(told.slice(1), [
    ["error", "Worker 2 died, and its connections with it (it was killed by SIGKILL): another takes its place.", 2],
    ["info", "Worker 2 takes connections again.", 2],
    ["info", "The server shuts down.", undefined],
  ]);
});

const SERVER = {
  version: "1.2.3",
  startedAtMs: 0,
  uptimeSeconds: 0,
  workers: 1,
  connections: 0,
  publishers: 0,
  viewers: 0,
  broadcasts: 0,
  receivedBytes: 0,
  sentBytes: 0,
  cpuSeconds: 0,
  residentBytes: 0,
  eventLoopDelayMs: { p50: 0, p99: 0 },
  refusals: {},
};
