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
  const results = batch.runs.map((planned) => ({
    planned,
    rounds: [] as (Figures | undefined)[],
    doubts: [] as string[],
    notes: [] as readonly string[],
    congestionControl: undefined as string | undefined,
  }));
  for (let round = 1; round <= options.rounds; round++) {
    for (const result of orderOfRound(results, round)) {
      const title = describeRun(result.planned);
      const place = `round ${round} of ${options.rounds}: ${title}`;
      try {
        const { figures, notes, congestionControl } = await measure(result.planned, round, options);
        const doubts = doubtsOf(figures);
        result.rounds[round - 1] = figures;
        result.doubts.push(...doubts.map((doubt) => `${title}, round ${round}: ${doubt}`));
        result.notes = notes;
        result.congestionControl = congestionControl;
        options.report(`${place}: ${[describeFigures(figures), ...doubts.map((doubt) => `! ${doubt}`)].join(", ")}`);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        result.rounds[round - 1] = undefined;
        result.doubts.push(`${title}, round ${round}: it failed: ${firstLine(why)}`);
        options.report(`${place}: failed: ${why}`);
      }
    }
  }
  return results;
}

async function measure({ run }: PlannedRun, round: number, options: BatchOptions): Promise<RunOutcome> {
  const { programs, times, loader, isolation, workers } = options;
  const clip = options.clip(run.load.clip);
  const nodeOptions = profileOptions(run.server.program, serverTitle(run.server), round, options.cpuProfileFolder);
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

function profileOptions(program: string, title: string, round: number, folder: string | undefined): string[] {
  if (folder === undefined || program !== "millrace") return [];
  const name = `${title.replaceAll(/[^\w.=-]+/g, "-")}-${round}-${Date.now()}.cpuprofile`;
  return ["--cpu-prof", `--cpu-prof-dir=${resolve(folder)}`, `--cpu-prof-name=${name}`];
}

function describeRun({ run, scenarios, plots }: PlannedRun): string {
  const place = plots[0] === undefined ? "" : ` at ${plots[0].at}`;
  return `${scenarios.join("+")} ${serverTitle(run.server)}${place}`;
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
