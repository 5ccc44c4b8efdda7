import { ok } from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import type { Log } from "../../src/server/log.ts";
import type { SupervisorMessage, WorkerMessage } from "../../src/workers/messages.ts";
import { Supervisor, type SupervisorOptions } from "../../src/workers/supervisor.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** How the processes of test/support/fake-worker-program.ts behave. */
export type FakeWorkerSettings = {
  /** Where each has a socket, named like its process id. */
  readonly folder: string;
  /** What worker 1, 2, … does instead of starting. */
  readonly starts?: readonly ("listens" | "exits" | "fails" | "says nothing")[];
  readonly reloaded?: { readonly reason: string };
  /** False: an order to drain is not followed. */
  readonly drains?: boolean;
  /** It lives on without its supervisor. */
  readonly isStubborn?: boolean;
};

export type LogLine = {
  readonly level: keyof Log;
  readonly details: Record<string, unknown>;
  readonly message: string;
};

export type FakeWorkers = {
  readonly supervisor: Supervisor;
  readonly lines: readonly LogLine[];
  /** The next line that matches, also one that is already there; each is given once. */
  logged(pattern: RegExp): Promise<LogLine>;
  /** Lets time pass, by steps as a supervisor that is not held up has them. */
  pass(ms: number): void;
  /** One step, however long. */
  leap(ms: number): void;
  processId(worker: number): number;
  talkTo(worker: number): FakeWorkerTalk;
};

/** Makes a worker speak, and hears what it hears. */
export type FakeWorkerTalk = {
  say(message: WorkerMessage): void;
  /** What the worker was told next, from its start on. */
  next(): Promise<SupervisorMessage>;
  /** The next of that kind. */
  nextOf<Kind extends SupervisorMessage["kind"]>(kind: Kind): Promise<SupervisorMessage & { kind: Kind }>;
};

/** A supervisor with a moved clock, of processes that do what the test wants. It is started by the test. */
export function fakeWorkers(
  t: TestContext,
  settings: Omit<FakeWorkerSettings, "folder"> = {},
  options: Partial<SupervisorOptions> = {},
): FakeWorkers {
  // Before the folder of its processes is gone.
  t.after(() => supervisor.kill());
  const folder = temporaryFolder(t);
  let nowMs = 0;
  let tick = (): void => {};
  const lines: LogLine[] = [];
  const waiting: (() => void)[] = [];
  let given = 0;
  const writer = (level: keyof Log) => (details: object, message: string) => {
    lines.push({ level, details: details as Record<string, unknown>, message });
    for (const wake of waiting.splice(0)) wake();
  };
  const supervisor = new Supervisor({
    program: { program: new URL("./fake-worker-program.ts", import.meta.url), args: [], env: {} },
    workers: 2,
    limits: { maxConnections: 10, maxConnectionsPerAddress: 0, maxBroadcasts: 10, yieldMs: 10_000 },
    settings: { ...settings, folder } satisfies FakeWorkerSettings,
    log: { debug: writer("debug"), info: writer("info"), warn: writer("warn"), error: writer("error") },
    clock: {
      nowMs: () => nowMs,
      timeOfDayMs: () => nowMs,
      every(_, call) {
        tick = call;
        return () => {
          tick = () => {};
        };
      },
    },
    ...options,
  });
  const leap = (ms: number): void => {
    nowMs += ms;
    tick();
  };
  const processId = (worker: number): number => {
    const id = supervisor.statistics().workers[worker - 1]?.processId;
    ok(id !== undefined, `worker ${worker} has no process`);
    return id;
  };
  return {
    supervisor,
    lines,
    async logged(pattern) {
      for (;;) {
        for (; given < lines.length; given++) {
          const line = lines[given];
          if (line === undefined || !pattern.test(line.message)) continue;
          given++;
          return line;
        }
        const { promise, resolve } = Promise.withResolvers<void>();
        waiting.push(resolve);
        await promise;
      }
    },
    leap,
    pass(ms) {
      for (let left = ms; left > 0; left -= 500) leap(Math.min(500, left));
    },
    processId,
    talkTo(worker) {
      const socket = connect(join(folder, `${processId(worker)}`));
      t.after(() => socket.destroy());
      return talkBy(socket);
    },
  };
}

function talkBy(socket: Socket): FakeWorkerTalk {
  socket.on("error", () => {});
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  const next = async (): Promise<SupervisorMessage> => {
    const { value, done } = await lines.next();
    ok(done !== true, "the worker is gone");
    return JSON.parse(value) as SupervisorMessage;
  };
  return {
    say: (message) => void socket.write(`${JSON.stringify(message)}\n`),
    next,
    async nextOf<Kind extends SupervisorMessage["kind"]>(kind: Kind) {
      for (;;) {
        const message = await next();
        if (message.kind === kind) return message as SupervisorMessage & { kind: Kind };
      }
    },
  };
}
