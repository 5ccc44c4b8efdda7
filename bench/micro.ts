// How fast the parts of the hot path are by themselves: `node bench/micro.ts`. See docs/benchmarks.md.

import { parseArgs } from "node:util";
import type { MicroFigures } from "./micro/measure-case.ts";
import type { MicroCase } from "./micro/micro-case.ts";
import { microCases } from "./micro/micro-cases.ts";
import type { MicroQuestions } from "./micro/micro-program.ts";
import { ChildProgram } from "./support/child-program.ts";
import { describeMachine } from "./support/machine.ts";
import { textTable } from "./support/text-table.ts";

const USAGE = `node bench/micro.ts [NAME…] [options]

Measures chunk decoding and encoding, AMF, a broadcast's log, and RC4, each in a process of its own, beside something that does
the least with the same bytes or values, in turn, by processor time. Without names all are measured, in about a minute.

  NAME         what has all of its words in its name: chunk-decoding, "amf0 decode", "rc4 1500", …
  --seconds S  for each [1]
  --list       prints the names
  --json       prints all figures as JSON
  --help
`;

type MicroResult = MicroFigures & Pick<MicroCase, "name" | "operation" | "comparison">;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "1" },
    list: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) process.stdout.write(USAGE);
else if (values.list) for (const { name } of microCases()) process.stdout.write(`${name}\n`);
else await run();

async function run(): Promise<void> {
  const seconds = Number(values.seconds);
  if (!(seconds > 0)) throw new Error(`--seconds ${values.seconds} is no such number. See --help.`);
  const machine = describeMachine();
  const chosen = microCases().filter(
    ({ name }) => positionals.length === 0 || positionals.some((part) => fits(name, part)),
  );
  if (chosen.length === 0) throw new Error(`nothing is called ${positionals.join(" or ")}. See --list.`);
  const results: MicroResult[] = [];
  for (const { name, operation, comparison } of chosen) {
    const result = { name, operation, comparison, ...(await measureApart(name, seconds)) };
    results.push(result);
    process.stderr.write(`${name}: ${result.nanosecondsPerOperation.toFixed(0)} ns\n`);
  }
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ machine, results }, undefined, 2)}\n`);
    return;
  }
  const { processor, cores, platform, node, load } = machine;
  process.stdout.write(
    `\n${cores} × ${processor}, ${platform}, Node ${node}, load ${load.toFixed(1)} at the start\n\n`,
  );
  process.stdout.write(table(results));
}

function fits(name: string, part: string): boolean {
  const words = name.split(" ");
  return part.split(" ").every((word) => words.includes(word));
}

async function measureApart(name: string, seconds: number): Promise<MicroFigures> {
  const program = new ChildProgram<MicroQuestions>(new URL("micro/micro-program.ts", import.meta.url), ["--expose-gc"]);
  try {
    return await program.ask("measure", { name, seconds });
  } finally {
    await program.stop();
  }
}

function table(results: readonly MicroResult[]): string {
  const titles = ["name", "for each", "ns", "spread", "MB/s", "heap B", "buffer B", "ratio", "to"];
  const rows = results.map((result) => [
    result.name,
    result.operation,
    result.nanosecondsPerOperation.toFixed(result.nanosecondsPerOperation < 100 ? 1 : 0),
    `${(result.spread * 100).toFixed(0)} %`,
    result.megabytesPerSecond.toFixed(0),
    result.heapBytesPerOperation.toFixed(0),
    result.bufferBytesPerOperation.toFixed(0),
    result.ratio.toFixed(2),
    result.comparison,
  ]);
  return textTable(titles, rows);
}
