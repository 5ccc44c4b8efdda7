import { once } from "node:events";
import { type RawData, WebSocket } from "ws";
import { connect } from "../../src/client/connect.ts";
import type { CallKind } from "./calls-server-program.ts";
import { answerQuestions } from "./child-program.ts";
import { percentile } from "./statistics.ts";

/** The clients of a measurement of calls, in a process of their own. */
export type CallersQuestions = {
  readonly open: {
    readonly details: { readonly kind: CallKind; readonly port: number; readonly connections: number };
    readonly answer: undefined;
  };
  /** Calls from all connections in turn, at an even pace. */
  readonly call: {
    readonly details: { readonly callsPerSecond: number; readonly seconds: number };
    readonly answer: CallFigures;
  };
};

export type CallFigures = {
  readonly answered: number;
  /** From the call to its answer, as the caller sees it. */
  readonly p50Ms: number;
  readonly p99Ms: number;
};

/** Adds two numbers on the server. */
type Add = (a: number, b: number) => Promise<unknown>;

const OPENED_TOGETHER = 50;
const TICK_MS = 5;

const callers: Add[] = [];

answerQuestions<CallersQuestions>({
  async open({ kind, port, connections }) {
    const open = kind === "rtmp" ? openConnection : openWebSocket;
    while (callers.length < connections) {
      const missing = Math.min(OPENED_TOGETHER, connections - callers.length);
      callers.push(...(await Promise.all(Array.from({ length: missing }, () => open(port)))));
    }
    return undefined;
  },

  async call({ callsPerSecond, seconds }) {
    const latenciesMs: number[] = [];
    const startedAtMs = performance.now();
    const wanted = Math.round(callsPerSecond * seconds);
    const pending: Promise<void>[] = [];
    while (pending.length < wanted) {
      const due = Math.min(wanted, Math.ceil(((performance.now() - startedAtMs) / 1000) * callsPerSecond));
      while (pending.length < due) pending.push(time(pending.length, latenciesMs));
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
    await Promise.all(pending);
    const [p50Ms, p99Ms] = [percentile(latenciesMs, 0.5), percentile(latenciesMs, 0.99)];
    return { answered: latenciesMs.length, p50Ms, p99Ms };
  },
});

/** Makes one call, by the connection whose turn it is. */
async function time(index: number, latenciesMs: number[]): Promise<void> {
  const add = callers[index % callers.length];
  const calledAtMs = performance.now();
  const sum = await add?.(index, 1);
  if (sum !== index + 1) throw new Error(`${index} + 1 came out as ${String(sum)}`);
  latenciesMs.push(performance.now() - calledAtMs);
}

async function openConnection(port: number): Promise<Add> {
  const connection = await connect(`rtmp://127.0.0.1:${port}/bench`);
  return (a, b) => connection.call("add", a, b);
}

async function openWebSocket(port: number): Promise<Add> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
  await once(socket, "open");
  const waiting = new Map<number, (result: number) => void>();
  let lastId = 0;
  socket.on("message", (message: RawData) => {
    const { id, result } = JSON.parse(message.toString()) as { id: number; result: number };
    waiting.get(id)?.(result);
    waiting.delete(id);
  });
  return (...args) =>
    new Promise((resolve) => {
      const id = ++lastId;
      waiting.set(id, resolve);
      socket.send(JSON.stringify({ id, method: "add", args }));
    });
}
