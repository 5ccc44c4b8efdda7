import type { PlotPlace } from "../scenarios/scenario.ts";
import type { Comparison } from "./comparison.ts";
import { comparisonTable } from "./comparison-table.ts";
import type { Machine } from "./machine.ts";
import type { Figures } from "./measures.ts";

/** What a benchmark has found out, as it is saved: nothing in it names a path of the machine. */
export type BenchReport = {
  /** When it began: UTC, as ISO 8601. */
  readonly date: string;
  /** Shortened; undefined outside of a git repository. */
  readonly commit: string | undefined;
  /** Whether the sources were those of the commit. */
  readonly isCommitted: boolean;
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
  readonly settings: {
    readonly rounds: number;
    /** Undefined: as the scenarios have it. */
    readonly seconds: number | undefined;
    readonly warmUpSeconds: number | undefined;
    readonly workers: string | undefined;
  };
  /** What was not as it should be on this machine. */
  readonly notes: readonly string[];
  /** What makes single figures say less. */
  readonly doubts: readonly string[];
  readonly comparisons: readonly Comparison[];
  readonly runs: readonly ReportedRun[];
};

export type ReportedRun = {
  readonly server: string;
  readonly load: Readonly<Record<string, string | number | boolean>>;
  readonly plots: readonly PlotPlace[];
  /** By round; null where it failed. */
  readonly rounds: readonly (Figures | null)[];
};

/** The report as Markdown, which reads well in a terminal. */
export function reportText(report: BenchReport): string {
  const { comparisons, doubts } = report;
  return [
    comparisonTable(comparisons),
    `${describeSurroundings(report)}\n`,
    ...(doubts.length === 0 ? [] : [`Doubtful:\n\n${doubts.map((doubt) => `- ${doubt}`).join("\n")}\n`]),
  ].join("\n");
}

function describeSurroundings({
  date,
  commit,
  isCommitted,
  machine,
  versions,
  settings,
  notes,
  runs,
}: BenchReport): string {
  const source = commit === undefined ? "" : `, commit ${commit}${isCommitted ? "" : " with changes"}`;
  const { rounds, seconds, warmUpSeconds, workers } = settings;
  const window = seconds === undefined ? "the scenarios' own windows" : `windows of ${seconds} s`;
  const warmUp = warmUpSeconds === undefined ? "" : ` after ${warmUpSeconds} s`;
  const others = runs.flatMap((run) => run.rounds.map((figures) => Number(figures?.["other_cores"] ?? 0)));
  const most = others.length === 0 ? 0 : Math.max(...others);
  const mean = others.reduce((sum, cores) => sum + cores, 0) / Math.max(1, others.length);
  return [
    `${date.slice(0, 16).replace("T", " ")}${source}: ${rounds === 1 ? "1 round" : `${rounds} rounds`}, ${window}${warmUp}${workers === undefined ? "" : `, ${workers} workers`}.`,
    `${machine.cores} × ${machine.processor}, ${machine.memoryGigabytes} GB, ${machine.platform} ${machine.kernel},`,
    `TCP ${machine.congestionControl ?? "unknown"}; ${Object.entries(versions)
      .map((version) => version.join(" "))
      .join(", ")}.`,
    `Load ${machine.load.toFixed(1)} at the start; meanwhile other programs had ${mean.toFixed(2)} cores, at most ${most.toFixed(2)}.`,
    ...notes.map((note) => `${note}.`),
  ].join("\n");
}
