// What millrace costs and how fast it is, beside other servers: `npm run bench -- --help`. See docs/benchmarks.md.

import { parseArgs } from "node:util";
import { SCENARIOS, selectScenarios, TRANSPORTS } from "./scenarios/all.ts";
import type { Run } from "./scenarios/scenario.ts";
import { type BenchReport, reportText } from "./support/bench-report.ts";
import { compareRuns } from "./support/comparison.ts";
import { planIsolation } from "./support/isolation.ts";
import { typicalSeconds } from "./support/load-options.ts";
import { buildLoadTools } from "./support/load-tools.ts";
import { describeMachine } from "./support/machine.ts";
import { mediaClip } from "./support/media-clips.ts";
import { withOtherCheckout } from "./support/other-checkout.ts";
import { findPrograms, versionsOf } from "./support/programs.ts";
import { type BatchOptions, type RunResult, runBatch } from "./support/run-batch.ts";
import { type Batch, planBatches } from "./support/run-plan.ts";
import { checkoutState, saveReport } from "./support/save-report.ts";
import { serverStart, serverTitle } from "./support/server-starts.ts";
import { textTable } from "./support/text-table.ts";
import { measureTransports } from "./support/transport-comparisons.ts";

const USAGE = `npm run bench -- [scenario…] [options]

Measures millrace, and prints one table: what it needed, what others needed in the same run, the ratios, and what is to be
reached. Without a name it runs a few scenarios, in about five minutes. The whole table takes an hour and a half:

  npm run bench -- all --peers --srs FILE --save

  --list            names the scenarios
  --peers           measures nginx-rtmp too, which Debian has
  --srs FILE        measures SRS too: its program, built with optimization
  --against DIR     measures another checkout of millrace too: before a change, or after it
  --rounds N        each measures every server once, in alternating order [2 for the usual ones, 5 for named ones]
  --seconds S       the window that is measured [5 for the usual ones; 8, or as the scenario says, for named ones]
  --warm-up S       the time before it [3, or as the scenario says]
  --workers N       has millrace run in several processes: N or auto
  --cpu-prof DIR    writes profiles of millrace there, which makes it slower
  --json            prints everything as JSON
  --save            writes the results into bench/results
  --help
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    list: { type: "boolean", default: false },
    peers: { type: "boolean", default: false },
    srs: { type: "string" },
    against: { type: "string" },
    rounds: { type: "string" },
    seconds: { type: "string" },
    "warm-up": { type: "string" },
    workers: { type: "string" },
    "cpu-prof": { type: "string" },
    json: { type: "boolean", default: false },
    save: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (values.help) process.stdout.write(USAGE);
else if (values.list) process.stdout.write(listScenarios());
else {
  try {
    await run();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

async function run(): Promise<void> {
  const { scenarios: selected, hasTransports } = selectScenarios(positionals);
  const scenarios = values.against === undefined ? selected : selected.map(withOtherCheckout);
  const isUsual = positionals.length === 0;
  const rounds = positiveNumber("rounds", values.rounds) ?? (isUsual ? 2 : 5);
  const seconds = positiveNumber("seconds", values.seconds) ?? (isUsual ? 5 : undefined);
  const warmUpSeconds = positiveNumber("warm-up", values["warm-up"]);
  const date = new Date().toISOString();
  const checkout = checkoutState();
  const machine = describeMachine();
  const tools = buildLoadTools();
  const programs = findPrograms(tools, { hasPeers: values.peers, srs: values.srs, otherCheckout: values.against });
  const isolation = planIsolation(workerCount());
  const options: BatchOptions = {
    rounds,
    times: { seconds, warmUpSeconds },
    programs,
    loader: tools.loader,
    isolation,
    workers: values.workers,
    cpuProfileFolder: values["cpu-prof"],
    clip: (name) => mediaClip(name, tools.buildFolder, report),
    report,
  };
  const isThere = ({ server }: Run): boolean =>
    serverStart(server, programs, { workers: undefined, nodeOptions: [], clip: "" }) !== undefined;
  const batches = planBatches(scenarios, isThere);
  if (batches.length > 0) report(describePlan(batches, options));
  const results: RunResult[] = [];
  for (const batch of batches) results.push(...(await runBatch(batch, options)));
  const roundsByKey = new Map(results.map(({ planned, rounds: figures }) => [planned.key, figures]));
  const comparisons = scenarios.flatMap((scenario) => compareRuns(scenario, (key) => roundsByKey.get(key)));
  const transports = hasTransports ? await measureTransports(rounds, seconds) : undefined;
  const found: BenchReport = {
    date,
    ...checkout,
    machine: { ...machine, congestionControl: results[0]?.congestionControl ?? machine.congestionControl },
    versions: versionsOf(programs),
    settings: { rounds, seconds, warmUpSeconds, workers: values.workers },
    notes: [...new Set([...isolation.notes, ...profileNotes(), ...results.flatMap(({ notes }) => notes)])],
    doubts: [...results.flatMap(({ doubts }) => doubts), ...(transports?.doubts ?? [])],
    comparisons: [...comparisons, ...(transports?.comparisons ?? [])],
    runs: results.map(reportedRun),
  };
  process.stdout.write(values.json ? `${JSON.stringify(found, undefined, 2)}\n` : `\n${reportText(found)}`);
  if (values.save) report(`saved as bench/results/${saveReport(found)}.json and .md`);
}

function reportedRun({ planned: { run, plots }, rounds }: RunResult): BenchReport["runs"][number] {
  return {
    server: serverTitle(run.server),
    load: run.load,
    plots,
    rounds: Array.from(rounds, (figures) => figures ?? null),
  };
}

function listScenarios(): string {
  const rows = SCENARIOS.map(({ name, group, isDefault, title }) => [name, group, isDefault ? "yes" : "", title]);
  rows.push([TRANSPORTS, "", "", "one broadcast of 2.6 Mbit/s, 200 viewers, by every transport"]);
  return textTable(["scenario", "group", "usual", "what it measures"], rows, 4);
}

function describePlan(batches: readonly Batch[], { rounds, times }: BatchOptions): string {
  const runs = batches.flatMap((batch) => batch.runs);
  const seconds = runs.reduce((sum, { run }) => sum + typicalSeconds(run.load, times), 0) * rounds;
  return `${runs.length} servers and loads in ${rounds} rounds: about ${Math.ceil(seconds / 60)} minutes`;
}

function positiveNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new Error(`--${name} ${text} is no such number. See --help.`);
}

function profileNotes(): string[] {
  return values["cpu-prof"] === undefined
    ? []
    : ["millrace was profiled: it cost more, and woke a thousand times a second"];
}

/** How many cores the server is given. */
function workerCount(): number {
  if (values.workers === undefined) return 1;
  if (values.workers === "auto") return describeMachine().cores;
  return positiveNumber("workers", values.workers) ?? 1;
}

function report(line: string): void {
  process.stderr.write(`${line}\n`);
}
