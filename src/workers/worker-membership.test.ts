import { deepEqual, equal, match, ok, rejects, throws } from "node:assert/strict";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { createMediaServer, type MediaServer } from "../server/media-server.ts";
import type { MediaServerOptions } from "../server/options.ts";
import { memoryStreamPair } from "../transport/memory-stream.ts";
import type { SupervisorMessage, WorkerMessage, WorkerStart } from "./messages.ts";
import { createMembership, type WorkerMembership } from "./worker-membership.ts";

type Member = {
  readonly membership: WorkerMembership;
  readonly server: MediaServer;
  tell(message: SupervisorMessage): void;
  go(): void;
  /** The next message of that kind. */
  next<Kind extends WorkerMessage["kind"]>(kind: Kind): Promise<WorkerMessage & { kind: Kind }>;
};

function member(t: TestContext, start: Partial<WorkerStart> = {}, options: MediaServerOptions = {}): Member {
  const said: WorkerMessage[] = [];
  const looks = new Set<() => void>();
  let events: Parameters<Parameters<typeof createMembership>[1]["listen"]>[0] | undefined;
  const link = join(temporaryFolder(t), "1.link");
  const membership = createMembership(
    { kind: "start", worker: 1, link, sharing: "reuse-port", secret: "ab".repeat(32), settings: { a: 1 }, ...start },
    {
      send(message) {
        said.push(message);
        for (const look of looks) look();
      },
      listen(given) {
        events = given;
      },
    },
  );
  const listen = [{ host: "127.0.0.1", port: 0 }];
  const server = createMediaServer({ listen, ...options, pool: membership.pool });
  t.after(() => server.stop());
  return {
    membership,
    server,
    tell: (message) => events?.onMessage(message),
    go: () => events?.onGone(),
    next: (kind) =>
      new Promise((resolve) => {
        const look = (): void => {
          const index = said.findIndex((message) => message.kind === kind);
          const [found] = index < 0 ? [] : said.splice(0, index + 1).slice(-1);
          if (found === undefined) return;
          looks.delete(look);
          resolve(found as never);
        };
        looks.add(look);
        look();
      }),
  };
}

test("a worker says where it listens, then what it does, and ends as it is told", async (t) => {
  const worker = member(t);
  equal(worker.membership.worker, 1);
  deepEqual(worker.membership.settings, { a: 1 });
  const ended = worker.membership.run(worker.server);
  const ready = await worker.next("ready");
  deepEqual(ready.listeners, worker.server.listeners);
  ok((ready.listeners[0]?.port ?? 0) > 0);
  const { report } = await worker.next("report");
  equal(report.connections, 0);
  deepEqual(report.broadcasts, []);
  ok(report.cpuSeconds > 0 && report.residentBytes > 0 && report.loopDelayP99Ms >= 0);
  worker.tell({ kind: "reload" });
  deepEqual(await worker.next("reloaded"), { kind: "reloaded" });
  worker.tell({ kind: "drain" });
  await worker.next("stopped");
  worker.go();
  await ended;
  equal(worker.server.listeners.length, 0);
});

test("one that cannot listen says why", async (t) => {
  const first = member(t);
  const ended = first.membership.run(first.server);
  const { listeners } = await first.next("ready");
  const port = listeners[0]?.port ?? 0;
  // Another pool's first worker does not share the port, though it could.
  const second = member(t, {}, { listen: [{ host: "127.0.0.1", port }] });
  await rejects(second.membership.run(second.server), /another program has this port/);
  match((await second.next("failed")).reason, /another program has this port/);
  // A further worker of the same does.
  const third = member(t, { worker: 2, ports: [port] });
  const thirdEnded = third.membership.run(third.server);
  equal((await third.next("ready")).listeners[0]?.port, port);
  for (const each of [first, third]) {
    each.tell({ kind: "stop" });
    await each.next("stopped");
    each.go();
  }
  await Promise.all([ended, thirdEnded]);
});

test("without its supervisor a worker ends in order", async (t) => {
  const worker = member(t);
  const ended = worker.membership.run(worker.server);
  await worker.next("ready");
  worker.go();
  await ended;
  equal(worker.server.listeners.length, 0);
});

test("one that is stopped before it starts does not start", async (t) => {
  const worker = member(t);
  worker.tell({ kind: "stop" });
  await worker.next("stopped");
  worker.go();
  await worker.membership.run(worker.server);
  equal(worker.server.listeners.length, 0);
});

test("a membership is for one server, and for the one that was made with it", async (t) => {
  const worker = member(t);
  throws(() => createMediaServer({ pool: worker.membership.pool }), /one process has one server/);
  const link = join(temporaryFolder(t), "2.link");
  const start = { kind: "start", worker: 2, link, sharing: "cluster", secret: "00" } as const;
  const other = createMembership(start, { send() {}, listen() {} });
  await rejects(other.run(worker.server), /`pool`/);
});

test("the last worker takes the folder of the links away when the supervisor is dead", async (t) => {
  const folder = join(temporaryFolder(t), "links");
  mkdirSync(folder);
  const [one, two] = [1, 2].map((worker) => member(t, { worker, link: join(folder, `${worker}`) }));
  ok(one !== undefined && two !== undefined);
  const running = [one, two].map(({ membership, server }) => membership.run(server));
  await Promise.all([one.next("ready"), two.next("ready")]);
  one.go();
  await running[0];
  ok(existsSync(folder));
  two.go();
  await running[1];
  ok(!existsSync(folder));
});

test("a connection that cannot begin ends alone", async (t) => {
  const { server, membership, next, tell, go } = member(t);
  const running = membership.run(server);
  await next("ready");
  const [stream] = memoryStreamPair();
  t.mock.method(stream, "start", () => {
    throw new Error("the stream has an owner already");
  });
  server.accept(stream);
  const { id } = await next("admit");
  tell({ kind: "answer", id });
  equal((await next("left")).kind, "left");
  equal(server.connectionCount, 0);
  tell({ kind: "stop" });
  await next("stopped");
  go();
  await running;
});
