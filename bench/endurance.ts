// Whether a server is after hours as it was before: `node bench/endurance.ts`. See docs/benchmarks.md.

import { parseArgs } from "node:util";
import { describeSample, type EnduranceReport, runEndurance } from "./endurance/endurance-run.ts";
import type { ServerSample } from "./endurance/endurance-server.ts";
import { describeMachine } from "./support/machine.ts";

const USAGE = `node bench/endurance.ts [options]

Runs \`millrace serve\`, and publishers and viewers that come and go by several transports: cut off in the middle, silent for a
time, slow, calling, and publishing the same names again, within the grace time and after it. Checks that each viewer who
reads gets every frame as it was published, and that the server holds no more at the end, when all have left, than before.
Ends with 1 where that is not so. The time for warming up and settling comes on top, about three minutes.

  --minutes M      [20]; below 3, everything happens sooner, and the server's time-outs are short
  --publishers N   [100]
  --viewers N      [100]
  --seed N         what the clients do follows from it [1]
  --workers N      processes of the server, as \`serve --workers\` takes it
  --json           prints everything as JSON
  --help
`;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "20" },
    publishers: { type: "string", default: "100" },
    viewers: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
    workers: { type: "string" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) process.stdout.write(USAGE);
else await run();

async function run(): Promise<void> {
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
  const machine = describeMachine();
  const options = {
    minutes: numberOf("minutes"),
    publishers: numberOf("publishers"),
    viewers: numberOf("viewers"),
    seed: numberOf("seed"),
    workers: values.workers,
  };
  const report = await runEndurance(options, (line) => process.stderr.write(`${line}\n`));
  process.stdout.write(values.json ? `${JSON.stringify({ machine, ...report }, undefined, 2)}\n` : describe(report));
  process.exitCode = report.problems.length === 0 ? 0 : 1;
}

function describe(report: EnduranceReport): string {
  const { before, after, samples, counters, longestStandstillMs, publications, views, wholeViews, problems } = report;
  const largest = (figure: (sample: ServerSample) => number): number => Math.max(...samples.map(figure));
  const peakMib = largest(({ residentBytes }) => residentBytes) / 1024 / 1024;
  const lines = [
    `${counters.connections} connections, ${publications} publications, ${views} views, ${counters.cuts} cut off, ` +
      `${counters.stalls} stalls, ${counters.refusals} refused, ${counters.endedByServer} ended by the server, ${counters.calls} calls`,
    `${counters.frames} frames compared; ${wholeViews} times a viewer saw a publication to its end; ` +
      `the clients stood still for ${longestStandstillMs.toFixed(0)} ms at most`,
    `before: ${describeSample(before)}`,
    `peak:   ${peakMib.toFixed(1)} MiB resident, ${largest(({ descriptors }) => descriptors)} descriptors, ` +
      `loop delay ${largest(({ loopDelayP99Ms }) => loopDelayP99Ms).toFixed(1)} ms at p99 of 5 s`,
    `after:  ${describeSample(after)}`,
    ...(problems.length === 0 ? ["All bounds are kept."] : [`${problems.length} problems:`, ...problems]),
  ];
  return `${lines.join("\n")}\n`;
}

function numberOf(name: "minutes" | "publishers" | "viewers" | "seed"): number {
  const value = Number(values[name]);
  if (Number.isFinite(value) && value > 0) return value;
  throw new Error(`--${name} ${values[name]} is no such number. See --help.`);
}
