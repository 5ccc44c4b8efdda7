import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { test } from "node:test";
import { fakeWorkers } from "../../test/support/fake-workers.ts";
import type { PortSharing, WorkerReport } from "./messages.ts";
import { MAX_SILENCE_MS, MAX_STOP_MS } from "./worker-slot.ts";

const SHARINGS: readonly PortSharing[] = ["reuse-port", "cluster"];

for (const sharing of SHARINGS) {
  test(`${sharing}: the first worker starts alone, the others get its port, and all of them one secret`, async (t) => {
    const { supervisor, talkTo } = fakeWorkers(t, {}, { workers: 3, sharing });
    await supervisor.start();
    const starts = await Promise.all([1, 2, 3].map((worker) => talkTo(worker).nextOf("start")));
    deepEqual(
      starts.map(({ worker, ports, sharing: told }) => [worker, ports, told]),
      [
        [1, undefined, sharing],
        [2, [4711], sharing],
        [3, [4711], sharing],
      ],
    );
    match(starts[0]?.secret ?? "", /^[0-9a-f]{64}$/);
    equal(new Set(starts.map(({ secret }) => secret)).size, 1);
    equal(new Set(starts.map(({ link }) => link)).size, 3);
    deepEqual(supervisor.listeners, [{ protocol: "rtmp", host: "127.0.0.1", port: 4711, accepts: ["rtmp"] }]);
    const folder = dirname(starts[0]?.link ?? "");
    ok(existsSync(folder));
    await supervisor.drain();
    ok(!existsSync(folder));
  });

  test(`${sharing}: a worker that is killed is replaced at once, and the others live on`, async (t) => {
    const { supervisor, processId, logged } = fakeWorkers(t, {}, { sharing });
    await supervisor.start();
    const [first, second] = [processId(1), processId(2)];
    process.kill(second, "SIGKILL");
    const died = await logged(/^a worker died/);
    deepEqual([died.level, died.details["worker"], died.details["signal"]], ["error", 2, "SIGKILL"]);
    const returned = await logged(/has taken the place/);
    deepEqual(returned.details, { worker: 2, processId: processId(2) });
    ok(processId(2) !== second);
    equal(processId(1), first);
    equal(supervisor.statistics().workers[1]?.restarts, 1);
  });
}

test("where the first worker cannot listen, nothing starts, and the reason is told", async (t) => {
  const { supervisor, lines } = fakeWorkers(t, { starts: ["fails"] });
  await rejects(supervisor.start(), { message: "cannot listen on 127.0.0.1:1: it is taken" });
  deepEqual(lines, []);
  await rejects(supervisor.start(), /already/);
});

test("where the first worker dies without a word, it is told how", async (t) => {
  const { supervisor } = fakeWorkers(t, { starts: ["exits"] });
  await rejects(supervisor.start(), { message: "the worker ended with exit code 7 while it started" });
});

test("where another worker fails, the server runs, and it is tried again, later each time", async (t) => {
  const { supervisor, logged, pass, talkTo } = fakeWorkers(t, { starts: ["listens", "fails"] });
  await supervisor.start();
  equal((await talkTo(1).nextOf("start")).worker, 1);
  const delays = [];
  for (let time = 0; time < 4; time++) {
    const { details } = await logged(/^a worker did not come to listen/);
    deepEqual([details["worker"], details["exitCode"]], [2, 1]);
    equal(details["reason"], "cannot listen on 127.0.0.1:1: it is taken");
    delays.push(details["delayMs"]);
    pass(Number(details["delayMs"]));
  }
  deepEqual(delays, [0, 500, 1000, 2000]);
});

test("a claim is decided by the home in another worker, and its death frees the name", async (t) => {
  const { supervisor, talkTo, processId } = fakeWorkers(t);
  await supervisor.start();
  const [one, two] = [talkTo(1), talkTo(2)];
  const { link } = await one.nextOf("start");
  one.say({ kind: "claim", id: 1, name: "live/a", publisher: "192.0.2.1:5" });
  deepEqual(await one.next(), { kind: "answer", id: 1 });
  two.say({ kind: "watch", id: 1, name: "live/a" });
  deepEqual(await two.nextOf("answer"), { kind: "answer", id: 1, home: { worker: 1, link } });
  two.say({ kind: "claim", id: 2, name: "live/a", publisher: "192.0.2.2:5" });
  const asked = await one.nextOf("yield");
  deepEqual(asked, { kind: "yield", id: asked.id, name: "live/a", publisher: "192.0.2.2:5" });
  one.say({ kind: "yielded", id: asked.id, refusal: "It lives." });
  deepEqual(await two.next(), { kind: "answer", id: 2, refusal: "It lives." });
  process.kill(processId(1), "SIGKILL");
  deepEqual(await two.next(), { kind: "home", name: "live/a" });
  two.say({ kind: "claim", id: 3, name: "live/a", publisher: "192.0.2.2:5" });
  deepEqual(await two.next(), { kind: "answer", id: 3 });
  equal(supervisor.statistics().broadcasts.length, 0);
});

test("a home that does not say whether it yields refuses", async (t) => {
  const { supervisor, talkTo, pass } = fakeWorkers(t);
  await supervisor.start();
  const [one, two] = [talkTo(1), talkTo(2)];
  one.say({ kind: "claim", id: 1, name: "n", publisher: "p" });
  await one.nextOf("answer");
  two.say({ kind: "claim", id: 1, name: "n", publisher: "q" });
  await one.nextOf("yield");
  pass(10_000);
  equal(
    (await two.nextOf("answer")).refusal,
    "n is already being published. Stop the other publisher, or use another key.",
  );
});

test("connections are counted in all workers, and those of a dead one are given back", async (t) => {
  const limits = { maxConnections: 2, maxConnectionsPerAddress: 1, maxBroadcasts: 10, yieldMs: 10_000 };
  const { supervisor, talkTo, processId, logged } = fakeWorkers(t, {}, { limits });
  await supervisor.start();
  const [one, two] = [talkTo(1), talkTo(2)];
  one.say({ kind: "admit", id: 1, network: "192.0.2.1" });
  deepEqual(await one.nextOf("answer"), { kind: "answer", id: 1 });
  two.say({ kind: "admit", id: 1, network: "192.0.2.1" });
  equal((await two.nextOf("answer")).refusal, "limits.maxConnectionsPerAddress is 1");
  two.say({ kind: "admit", id: 2, network: "192.0.2.2" });
  equal((await two.nextOf("answer")).refusal, undefined);
  equal(supervisor.statistics().connections, 2);
  one.say({ kind: "admit", id: 2, network: "192.0.2.3" });
  equal((await one.nextOf("answer")).refusal, "limits.maxConnections is 2");
  process.kill(processId(1), "SIGKILL");
  await logged(/^a worker died/);
  equal(supervisor.statistics().connections, 1);
  two.say({ kind: "left", network: "192.0.2.2" });
  two.say({ kind: "admit", id: 3, network: "192.0.2.2" });
  equal((await two.nextOf("answer")).refusal, undefined);
});

const REPORT: WorkerReport = {
  connections: 3,
  broadcasts: [
    { name: "n", isHome: false, state: "live", viewers: 2, receivedBytes: 900, receivedMessages: 9 },
    { name: "m", isHome: false, state: "idle", viewers: 1, receivedBytes: 0, receivedMessages: 0 },
  ],
  cpuSeconds: 1.5,
  residentBytes: 1000,
  loopDelayP99Ms: 4,
};

test("statistics are of all workers, and processor time of dead ones is not forgotten", async (t) => {
  const { supervisor, talkTo, processId, logged } = fakeWorkers(t);
  await supervisor.start();
  const [one, two] = [talkTo(1), talkTo(2)];
  one.say({ kind: "claim", id: 1, name: "n", publisher: "p" });
  one.say({
    kind: "report",
    report: {
      ...REPORT,
      broadcasts: [{ name: "n", isHome: true, state: "live", viewers: 1, receivedBytes: 1000, receivedMessages: 10 }],
    },
  });
  one.say({ kind: "watch", id: 2, name: "n" });
  two.say({ kind: "report", report: REPORT });
  two.say({ kind: "watch", id: 2, name: "n" });
  for (const worker of [one, two]) {
    for (let answer = await worker.nextOf("answer"); answer.id !== 2; answer = await worker.nextOf("answer"));
  }
  const { broadcasts, workers, residentBytes } = supervisor.statistics();
  deepEqual(broadcasts, [
    { name: "n", home: 1, state: "live", viewers: 3, receivedBytes: 1000, receivedMessages: 10 },
    { name: "m", home: undefined, state: "idle", viewers: 1, receivedBytes: 0, receivedMessages: 0 },
  ]);
  deepEqual(workers[1], {
    worker: 2,
    processId: processId(2),
    isReady: true,
    restarts: 0,
    connections: 3,
    cpuSeconds: 1.5,
    residentBytes: 1000,
    loopDelayP99Ms: 4,
  });
  ok(residentBytes > 2000);
  process.kill(processId(2), "SIGKILL");
  await logged(/has taken the place/);
  const after = supervisor.statistics().workers[1];
  deepEqual([after?.cpuSeconds, after?.connections, after?.restarts], [1.5, 0, 1]);
});

test("each minute the log has the statistics, and at the end", async (t) => {
  const { supervisor, talkTo, pass, lines } = fakeWorkers(t);
  await supervisor.start();
  const workers = [talkTo(1), talkTo(2)];
  for (let time = 0; time < 3; time++) {
    for (const worker of workers) {
      worker.say({ kind: "report", report: REPORT });
      worker.say({ kind: "watch", id: time, name: "n" });
      for (let answer = await worker.nextOf("answer"); answer.id !== time; answer = await worker.nextOf("answer"));
    }
    pass(20_000);
  }
  await supervisor.stop();
  const told = lines.filter(({ message }) => /^statistics|^all workers/.test(message));
  deepEqual(
    told.map(({ level, details }) => [level, details["viewers"]]),
    [
      ["debug", 6],
      ["info", 6],
    ],
  );
});

test("a worker that says nothing is killed and replaced; a supervisor that was held up itself judges nobody", async (t) => {
  const { supervisor, processId, leap, pass, logged, talkTo, lines } = fakeWorkers(t, {}, { workers: 1 });
  await supervisor.start();
  const before = processId(1);
  leap(MAX_SILENCE_MS * 2);
  pass(MAX_SILENCE_MS - 1);
  equal(lines.filter(({ level }) => level === "error").length, 0);
  pass(1);
  const { details } = await logged(/^a worker hangs: it is killed/);
  deepEqual(details, { worker: 1, silentMs: MAX_SILENCE_MS });
  equal((await logged(/^a worker died/)).details["signal"], "SIGKILL");
  await logged(/has taken the place/);
  ok(processId(1) !== before);
  equal((await talkTo(1).nextOf("start")).worker, 1);
});

test("a worker that does not come to listen hangs, too", async (t) => {
  const { supervisor, pass, logged, lines } = fakeWorkers(t, { starts: ["listens", "says nothing"] });
  const started = supervisor.start();
  await logged(/^a worker is ready/);
  while (supervisor.statistics().workers[1]?.processId === undefined) await new Promise(setImmediate);
  pass(MAX_SILENCE_MS);
  await started;
  equal(lines.filter(({ message }) => /hangs/.test(message)).length, 2);
});

test("reload asks all, and says who could not", async (t) => {
  const good = fakeWorkers(t);
  await good.supervisor.start();
  await good.supervisor.reload();
  const bad = fakeWorkers(t, { reloaded: { reason: "live.pem has ended" } }, { workers: 1 });
  await bad.supervisor.start();
  await rejects(bad.supervisor.reload(), { message: "live.pem has ended" });
});

test("drain waits for all, stop does not, and nobody is replaced any more", async (t) => {
  const { supervisor, talkTo, processId, logged, lines } = fakeWorkers(t, { drains: false });
  await supervisor.start();
  const [one, two] = [talkTo(1), talkTo(2)];
  const drained = supervisor.drain();
  await one.nextOf("drain");
  await two.nextOf("drain");
  process.kill(processId(1), "SIGKILL");
  const stopped = supervisor.stop();
  await two.nextOf("stop");
  await Promise.all([drained, stopped]);
  equal((await logged(/^all workers have ended/)).level, "info");
  equal(lines.filter(({ message }) => /died|ended/.test(message)).length, 1);
  deepEqual(
    supervisor.statistics().workers.map((worker) => worker.processId),
    [undefined, undefined],
  );
});

test("a worker that does not end when it shall is killed", async (t) => {
  const { supervisor, pass, logged, talkTo } = fakeWorkers(t, { isStubborn: true }, { workers: 1 });
  await supervisor.start();
  const one = talkTo(1);
  const stopped = supervisor.stop();
  await one.nextOf("stop");
  pass(MAX_STOP_MS);
  await logged(/^a worker did not end: it is killed/);
  await stopped;
});

test("stopped while it starts, it starts no more", async (t) => {
  const { supervisor, lines } = fakeWorkers(t, { starts: ["says nothing"] });
  const started = supervisor.start();
  const failed = rejects(started, /stopped while they started/);
  while (supervisor.statistics().workers[0]?.processId === undefined) await new Promise(setImmediate);
  await supervisor.stop();
  await failed;
  deepEqual(lines, []);
});

test("a supervisor that was held up does not decide before it has read what workers said meanwhile", async (t) => {
  const { supervisor, talkTo, leap } = fakeWorkers(t);
  await supervisor.start();
  const [one, two] = [talkTo(1), talkTo(2)];
  one.say({ kind: "claim", id: 1, name: "n", publisher: "p" });
  await one.nextOf("answer");
  two.say({ kind: "claim", id: 1, name: "n", publisher: "q" });
  const { id } = await one.nextOf("yield");
  leap(11_000);
  one.say({ kind: "yielded", id, claim: 1 });
  equal((await two.nextOf("answer")).refusal, undefined);
});

test("what a dead worker leaves in the folder of the links is taken away", async (t) => {
  const { supervisor, talkTo, processId, logged } = fakeWorkers(t);
  await supervisor.start();
  const { link } = await talkTo(2).nextOf("start");
  writeFileSync(link, "");
  process.kill(processId(2), "SIGKILL");
  await logged(/^a worker died/);
  ok(!existsSync(link));
});

test("where the paths of sockets would be too long, it is said what to do", async (t) => {
  const { supervisor } = fakeWorkers(t);
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = `/${"long/".repeat(20)}`;
  t.after(() => {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  });
  await rejects(supervisor.start(), /its path is too long. Set TMPDIR to a shorter one/);
});
