// What calls to an application cost, beside the same calls as JSON in WebSockets: `node bench/calls.ts`. See docs/benchmarks.md.

import { parseArgs } from "node:util";
import type { CallersQuestions, CallFigures } from "./support/callers-program.ts";
import type { CallKind, CallsServerQuestions } from "./support/calls-server-program.ts";
import { ChildProgram } from "./support/child-program.ts";
import { describeMachine } from "./support/machine.ts";
import { median } from "./support/statistics.ts";
import { textTable } from "./support/text-table.ts";

const USAGE = `node bench/calls.ts [options]

Calls a method that adds two numbers, from many connections at an even pace, and prints how long answers take and what each
call costs the server: an application of millrace, and a server of the library ws that is sent JSON. Both check their arguments
by the same schemas. Servers and clients are processes of their own.

  --connections N   [1000]
  --rate N          calls of each connection in a second [10]
  --seconds S       the window that is measured [8]
  --rounds N        each measures both, in alternating order [3]
  --json            prints every figure of every round as JSON
  --help
`;

const NAMES: Readonly<Record<CallKind, string>> = { rtmp: "millrace, AMF0 by rtmp", ws: "ws, JSON" };
const WARM_UP_SECONDS = 1;

type Round = CallFigures & { readonly cpuMicrosecondsPerCall: number };

const { values } = parseArgs({
  options: {
    connections: { type: "string", default: "1000" },
    rate: { type: "string", default: "10" },
    seconds: { type: "string", default: "8" },
    rounds: { type: "string", default: "3" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) process.stdout.write(USAGE);
else await run();

async function run(): Promise<void> {
  const machine = describeMachine();
  const results: Record<CallKind, Round[]> = { rtmp: [], ws: [] };
  const rounds = numberOf("rounds");
  for (let round = 1; round <= rounds; round++) {
    // In alternating order: what drifts meets both alike.
    const kinds: CallKind[] = round % 2 === 1 ? ["rtmp", "ws"] : ["ws", "rtmp"];
    for (const kind of kinds) {
      const figures = await measure(kind);
      results[kind].push(figures);
      process.stderr.write(`round ${round} of ${rounds}: ${NAMES[kind]} ${figures.p50Ms.toFixed(2)} ms\n`);
    }
  }
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ machine, results }, undefined, 2)}\n`);
    return;
  }
  const { processor, cores, platform, node, load } = machine;
  process.stdout.write(
    `\n${cores} × ${processor}, ${platform}, Node ${node}, load ${load.toFixed(1)} at the start\n\n`,
  );
  const row = (kind: CallKind): string[] => {
    const all = results[kind];
    const middle = (figure: (round: Round) => number): string => median(all.map(figure)).toFixed(2);
    return [
      NAMES[kind],
      middle(({ cpuMicrosecondsPerCall }) => cpuMicrosecondsPerCall),
      middle(({ p50Ms }) => p50Ms),
      middle(({ p99Ms }) => p99Ms),
    ];
  };
  process.stdout.write(textTable(["calls", "CPU-µs/call", "p50 ms", "p99 ms"], [row("rtmp"), row("ws")]));
}

async function measure(kind: CallKind): Promise<Round> {
  const server = new ChildProgram<CallsServerQuestions>(new URL("support/calls-server-program.ts", import.meta.url));
  const callers = new ChildProgram<CallersQuestions>(new URL("support/callers-program.ts", import.meta.url));
  try {
    const connections = numberOf("connections");
    const callsPerSecond = connections * numberOf("rate");
    const { port } = await server.ask("start", { kind });
    await callers.ask("open", { kind, port, connections });
    await callers.ask("call", { callsPerSecond, seconds: WARM_UP_SECONDS });
    const cpuSecondsBefore = await server.ask("cpuSeconds", undefined);
    const figures = await callers.ask("call", { callsPerSecond, seconds: numberOf("seconds") });
    const cpuSeconds = (await server.ask("cpuSeconds", undefined)) - cpuSecondsBefore;
    return { ...figures, cpuMicrosecondsPerCall: (cpuSeconds / figures.answered) * 1e6 };
  } finally {
    await Promise.all([callers.stop(), server.stop()]);
  }
}

function numberOf(name: "connections" | "rate" | "seconds" | "rounds"): number {
  const value = Number(values[name]);
  if (Number.isFinite(value) && value > 0) return value;
  throw new Error(`--${name} ${values[name]} is no such number. See --help.`);
}
