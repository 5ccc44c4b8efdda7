import { ChildProgram } from "../support/child-program.ts";
import type { AcceptQuestions } from "./accept-program.ts";
import type { AcceptWay } from "./accept-way.ts";
import type { ConnectingQuestions, ConnectOutcome } from "./connecting-program.ts";

export type AcceptOptions = {
  readonly way: AcceptWay;
  readonly connections: number;
  /** Connections that are opened at the same time. */
  readonly together: number;
  /** Connections that wait while one of the workers stands still, and is then killed. */
  readonly waiting: number;
};

export type AcceptFigures = {
  readonly connectionsPerSecond: number;
  /** Of all processes of the server. */
  readonly cpuMsPerConnection: number;
  /** How many of the first 1000 the busier worker got, against half of them: 1 to 2. */
  readonly unevenness: number;
  /** The same of connections that come one by one, to workers that have nothing else to do. */
  readonly unevennessOneByOne: number;
  /** Of these connections; 3.8 and more is chance in one of 20 cases where both are as likely. */
  readonly chiSquare: number;
  /** Of the connections that waited when a worker was killed. */
  readonly waiting: ConnectOutcome;
};

const SPLIT_SAMPLE = 1000;
const ONE_BY_ONE_SHARE = 10;
const OUTCOME_TIMEOUT_MS = 3000;

export async function measureAccept(options: AcceptOptions): Promise<AcceptFigures> {
  const server = new ChildProgram<AcceptQuestions>(new URL("accept-program.ts", import.meta.url));
  const clients = new ChildProgram<ConnectingQuestions>(new URL("connecting-program.ts", import.meta.url));
  try {
    const { way, connections: count, together, waiting: waitingCount } = options;
    const { port } = await server.ask("start", { way });
    // The first connections find everything cold.
    await clients.ask("connect", { port, count: together * 2, together });
    const cpuSecondsBefore = await server.ask("cpuSeconds", undefined);
    const { seconds, workers } = await clients.ask("connect", { port, count, together });
    const cpuSeconds = (await server.ask("cpuSeconds", undefined)) - cpuSecondsBefore;
    const oneByOne = await clients.ask("connect", { port, count: Math.ceil(count / ONE_BY_ONE_SHARE), together: 1 });
    await server.ask("stallOne", undefined);
    await clients.ask("open", { port, count: waitingCount });
    await server.ask("killOne", undefined);
    const waiting = await clients.ask("outcome", { timeoutMs: OUTCOME_TIMEOUT_MS });
    await clients.ask("closeAll", undefined);
    await server.ask("stop", undefined);
    return {
      connectionsPerSecond: count / seconds,
      cpuMsPerConnection: (cpuSeconds * 1000) / count,
      ...splitOf(workers.slice(0, SPLIT_SAMPLE)),
      unevennessOneByOne: splitOf(oneByOne.workers).unevenness,
      waiting,
    };
  } finally {
    await Promise.all([clients.stop(), server.stop()]);
  }
}

function splitOf(workers: readonly number[]): Pick<AcceptFigures, "unevenness" | "chiSquare"> {
  const first = workers.filter((worker) => worker === 0).length;
  const half = workers.length / 2;
  const unevenness = Math.max(first, workers.length - first) / half;
  return { unevenness, chiSquare: (2 * (first - half) ** 2) / half };
}
