import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { MessageChannel, type MessagePort, type Transferable, Worker } from "node:worker_threads";
import { percentile } from "../support/statistics.ts";
import { isOfThreads, type LinkWay } from "./link-way.ts";
import type { LinkAnswer, LinkRequest } from "./link-worker-messages.ts";
import { createSharedRing } from "./shared-ring.ts";

export type LinkOptions = {
  readonly way: LinkWay;
  readonly broadcasts: number;
  readonly receivers: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  /** An empty folder for sockets. */
  readonly folder: string;
};

/** What a window of time took. */
export type LinkFigures = {
  /** Given to be carried; each receiver should get so many. */
  readonly messages: number;
  /** By all receivers together. */
  readonly receivedMessages: number;
  readonly receivedBytes: number;
  readonly lostFlushes: number;
  /** Of all workers; with threads, of the process: what V8 does beside them counts too. */
  readonly cpuSeconds: number;
  readonly senderCpuSeconds: number;
  /** Of all receivers together. */
  readonly receiverCpuSeconds: number;
  readonly delayP50Ms: number;
  readonly delayP99Ms: number;
};

type Figures = Extract<LinkAnswer, { readonly kind: "figures" }>;

const WORKER = new URL("link-worker.ts", import.meta.url);

/** Carries broadcasts from one worker to others for some seconds. Threads are those of this process. */
export async function measureLink(options: LinkOptions): Promise<LinkFigures> {
  const { way, receivers, seconds, warmUpSeconds } = options;
  const open = isOfThreads(way) ? openThread : openProcess;
  const workers = Array.from({ length: 1 + receivers }, open);
  try {
    await connectWorkers(options, workers);
    await workers[0]?.ask({ kind: "run" });
    await sleep(warmUpSeconds * 1000);
    const before = await takeAll(workers);
    await sleep(seconds * 1000);
    return figuresOf(before, await takeAll(workers), isOfThreads(way));
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
  }
}

async function connectWorkers(
  { way, broadcasts, receivers, folder }: LinkOptions,
  [sender, ...others]: readonly LinkWorker[],
): Promise<void> {
  const path = join(folder, `${way}-${broadcasts}-${receivers}.sock`);
  const common = { way, broadcasts, path, ...(way.startsWith("ring") && { ring: createSharedRing(receivers) }) };
  const channels = isOfThreads(way) ? others.map(() => new MessageChannel()) : [];
  const ports = channels.map(({ port1 }) => port1);
  await sender?.ask({ kind: "send", ...common, ports }, ports);
  for (const [receiver, worker] of others.entries()) {
    const port: MessagePort | undefined = channels[receiver]?.port2;
    await worker.ask(
      { kind: "receive", ...common, receiver, ...(port !== undefined && { port }) },
      port === undefined ? [] : [port],
    );
  }
}

async function takeAll(workers: readonly LinkWorker[]): Promise<Figures[]> {
  const answers = await Promise.all(workers.map((worker) => worker.ask({ kind: "take" })));
  return answers.filter((answer) => answer.kind === "figures");
}

function figuresOf(before: readonly Figures[], after: readonly Figures[], areThreads: boolean): LinkFigures {
  const ofThreads = after.map(
    ({ threadCpuSeconds }, index) => threadCpuSeconds - (before[index]?.threadCpuSeconds ?? 0),
  );
  const ofProcesses = after.map(
    ({ processCpuSeconds }, index) => processCpuSeconds - (before[index]?.processCpuSeconds ?? 0),
  );
  const [senderCpuSeconds = 0, ...receiversCpuSeconds] = areThreads ? ofThreads : ofProcesses;
  const received = after.flatMap((figures) => figures.received ?? []);
  const delaysMs = received.flatMap((figures) => figures.delaysMs);
  return {
    messages: (after[0]?.messages ?? 0) - (before[0]?.messages ?? 0),
    receivedMessages: sum(received.map(({ messages }) => messages)),
    receivedBytes: sum(received.map(({ bytes }) => bytes)),
    lostFlushes: sum(received.map(({ lostFlushes }) => lostFlushes)),
    cpuSeconds: areThreads ? Math.max(...ofProcesses) : sum(ofProcesses),
    senderCpuSeconds,
    receiverCpuSeconds: sum(receiversCpuSeconds),
    delayP50Ms: delaysMs.length === 0 ? 0 : percentile(delaysMs, 0.5),
    delayP99Ms: delaysMs.length === 0 ? 0 : percentile(delaysMs, 0.99),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

type LinkWorker = {
  ask(request: LinkRequest, transferred?: readonly Transferable[]): Promise<LinkAnswer>;
  stop(): Promise<void>;
};

function openProcess(): LinkWorker {
  const child: ChildProcess = fork(WORKER, [], { stdio: ["ignore", 2, 2, "ipc"] });
  return {
    async ask(request) {
      child.send(request);
      return await answerOf(child);
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      child.disconnect();
      await exited;
    },
  };
}

function openThread(): LinkWorker {
  const thread = new Worker(WORKER);
  return {
    async ask(request, transferred = []) {
      thread.postMessage(request, transferred);
      return await answerOf(thread);
    },
    async stop() {
      await thread.terminate();
    },
  };
}

/** Rejects where the worker fails or ends instead. */
async function answerOf(worker: ChildProcess | Worker): Promise<LinkAnswer> {
  const over = new AbortController();
  const ended = once(worker, "exit", { signal: over.signal }).then(() => {
    throw new Error("a worker ended instead of answering");
  });
  const answered = once(worker, "message", { signal: over.signal });
  try {
    const [answer] = await Promise.race([answered, ended]);
    return answer as LinkAnswer;
  } finally {
    over.abort();
    await Promise.allSettled([answered, ended]);
  }
}
