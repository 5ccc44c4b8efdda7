import { resolve } from "node:path";
import { ChildProgram } from "./child-program.ts";
import type { RoundFigures } from "./comparison.ts";
import type { Isolation } from "./isolation.ts";
import { type LoadTimes, loadOptions } from "./load-options.ts";
import type { MeasuredRunQuestions, RunOutcome } from "./measured-run-program.ts";
import { doubtsOf, type Figures } from "./measures.ts";
import type { ClipName } from "./media-clips.ts";
import { type Batch, orderOfRound, type PlannedRun } from "./run-plan.ts";
import { type ServerPrograms, serverStart, serverTitle } from "./server-starts.ts";

export type BatchOptions = {
  readonly rounds: number;
  readonly times: LoadTimes;
  readonly programs: ServerPrograms;
  readonly loader: string;
  readonly isolation: Isolation;
  /** Of millrace. */
  readonly workers: string | undefined;
  /** Where profiles of millrace are written. */
  readonly cpuProfileFolder: string | undefined;
  readonly clip: (name: ClipName) => string;
  readonly report: (line: string) => void;
};

/** All rounds of one run. */
export type RunResult = {
  readonly planned: PlannedRun;
  readonly rounds: RoundFigures;
  /** What makes figures of some rounds say less, a line each. */
  readonly doubts: readonly string[];
  readonly notes: readonly string[];
  readonly congestionControl: string | undefined;
};

/** Each round measures every run of the batch once. A run that fails is told, and the others go on. */
export async function runBatch(batch: Batch, options: BatchOptions): Promise<RunResult[]> {
  const records = batch.runs.map(newRecord);
  for (let round = 1; round <= options.rounds; round++) {
    for (const record of orderOfRound(records, round)) await measureRound(record, round, options);
  }
  return records;
}

type RunRecord = { -readonly [Name in keyof RunResult]: RunResult[Name] } & {
  readonly rounds: (Figures | undefined)[];
  readonly doubts: string[];
};

function newRecord(planned: PlannedRun): RunRecord {
  return { planned, rounds: [], doubts: [], notes: [], congestionControl: undefined };
}

async function measureRound(record: RunRecord, round: number, options: BatchOptions): Promise<void> {
  const title = describeRun(record.planned);
  const place = `round ${round} of ${options.rounds}: ${title}`;
  try {
    const { figures, notes, congestionControl } = await measure(record.planned, round, options);
    const doubts = doubtsOf(figures);
    record.rounds.push(figures);
    record.doubts.push(...doubts.map((doubt) => `${title}, round ${round}: ${doubt}`));
    record.notes = notes;
    record.congestionControl = congestionControl;
    options.report(`${place}: ${[describeFigures(figures), ...doubts.map((doubt) => `! ${doubt}`)].join(", ")}`);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    record.rounds.push(undefined);
    record.doubts.push(`${title}, round ${round}: it failed: ${firstLine(why)}`);
    options.report(`${place}: failed: ${why}`);
  }
}

async function measure(planned: PlannedRun, round: number, options: BatchOptions): Promise<RunOutcome> {
  const { run } = planned;
  const { programs, times, loader, isolation, workers } = options;
  const clip = options.clip(run.load.clip);
  const nodeOptions = profileOptions(planned, round, options.cpuProfileFolder);
  const server = serverStart(run.server, programs, { workers, nodeOptions, clip });
  if (server === undefined) throw new Error("its program is not there");
  const program = new ChildProgram<MeasuredRunQuestions>(
    new URL("measured-run-program.ts", import.meta.url),
    [],
    isolation.prefix,
  );
  try {
    return await program.ask("run", {
      server,
      loader,
      loadOptions: loadOptions(run.load, run.server, clip, times),
      isolation,
    });
  } finally {
    await program.stop();
  }
}

function profileOptions(planned: PlannedRun, round: number, folder: string | undefined): string[] {
  if (folder === undefined || planned.run.server.program !== "millrace") return [];
  const name = `${describeRun(planned).replaceAll(/[^\w.]+/g, "-")}-${round}.cpuprofile`;
  return ["--cpu-prof", `--cpu-prof-dir=${resolve(folder)}`, `--cpu-prof-name=${name}`];
}

function describeRun({ run, scenarios, plots }: PlannedRun): string {
  const place = plots[0] === undefined ? "" : ` at ${plots[0].at}`;
  const stalled = run.load.kind === "live" && run.load.stalled ? `, ${run.load.stalled} stalled` : "";
  return `${scenarios.join("+")} ${serverTitle(run.server)}${place}${stalled}`;
}

/** The few that tell at a glance how it went. */
function describeFigures(figures: Figures): string {
  const some = [
    ["cpu_s_per_GB", "CPU-s/GB", 3],
    ["server_cpu_pct", "% of a core", 1],
    ["p50_ms", "ms p50", 1],
    ["p99_ms", "ms p99", 1],
    ["start_p50_ms", "ms to start", 1],
    ["cpu_ms_per_connection", "CPU-ms/connection", 3],
    ["wakeups_per_s", "wake-ups/s", 0],
    ["loader_cpu_pct", "% loader", 0],
  ] as const;
  return some
    .flatMap(([name, unit, digits]) => {
      const value = figures[name];
      return typeof value === "number" && value > 0 ? [`${value.toFixed(digits)} ${unit}`] : [];
    })
    .join(", ");
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
