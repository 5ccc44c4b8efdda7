import { type ChildProcess, fork } from "node:child_process";
import cluster from "node:cluster";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { answerQuestions } from "../support/child-program.ts";
import type { AcceptWay } from "./accept-way.ts";
import type { AcceptAnswer, AcceptRequest } from "./accept-worker.ts";

/** Two workers that accept, and the process that started them. */
export type AcceptQuestions = {
  readonly start: { readonly details: { readonly way: AcceptWay }; readonly answer: { readonly port: number } };
  /** Of all processes since their start. */
  readonly cpuSeconds: { readonly details: undefined; readonly answer: number };
  /** The first worker does nothing any more from here on. */
  readonly stallOne: { readonly details: undefined; readonly answer: undefined };
  /** The first worker is killed. */
  readonly killOne: { readonly details: undefined; readonly answer: undefined };
  readonly stop: { readonly details: undefined; readonly answer: undefined };
};

type AcceptWorker = ChildProcess | Worker;

const FILE = new URL("accept-worker.ts", import.meta.url);
const WORKERS = 2;

const workers: AcceptWorker[] = [];
let areThreads = false;

answerQuestions<AcceptQuestions>({
  async start({ way }) {
    areThreads = way === "reuse-port-threads";
    const isCluster = way.startsWith("cluster");
    if (isCluster) {
      // Once it is set up, the policy stays.
      cluster.schedulingPolicy = way === "cluster-shared" ? cluster.SCHED_NONE : cluster.SCHED_RR;
      cluster.setupPrimary({ exec: fileURLToPath(FILE), execArgv: [] });
    }
    let port = 0;
    for (let worker = 0; worker < WORKERS; worker++) {
      const opened = isCluster ? cluster.fork().process : areThreads ? new Worker(FILE) : fork(FILE);
      workers.push(opened);
      // Those of a cluster share what they ask for by the same number, 0 too.
      const wanted = isCluster ? 0 : port;
      ({ port } = await ask(opened, { kind: "listen", worker, port: wanted, reusePort: !isCluster }));
    }
    return { port };
  },

  async cpuSeconds() {
    const { user, system } = process.cpuUsage();
    const own = (user + system) / 1e6;
    if (areThreads) return own;
    const answers = await Promise.all(workers.map((worker) => ask(worker, { kind: "cpu" })));
    return answers.reduce((total, { cpuSeconds }) => total + cpuSeconds, own);
  },

  async stallOne() {
    if (workers[0] !== undefined) await ask(workers[0], { kind: "stall" });
    return undefined;
  },

  async killOne() {
    if (workers[0] !== undefined) await end(workers[0]);
    return undefined;
  },

  async stop() {
    await Promise.all(workers.splice(0).map(end));
    return undefined;
  },
});

async function ask(worker: AcceptWorker, request: AcceptRequest): Promise<AcceptAnswer> {
  const answered = once(worker, "message");
  if (worker instanceof Worker) worker.postMessage(request);
  else worker.send(request);
  const [answer] = await answered;
  return answer as AcceptAnswer;
}

async function end(worker: AcceptWorker): Promise<void> {
  if (worker instanceof Worker) {
    await worker.terminate();
    return;
  }
  if (worker.exitCode !== null || worker.signalCode !== null) return;
  const exited = once(worker, "exit");
  worker.kill("SIGKILL");
  await exited;
}
