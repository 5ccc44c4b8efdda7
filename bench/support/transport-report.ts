import type { Delivery } from "./measure-delivery.ts";
import { median } from "./statistics.ts";
import { textTable } from "./text-table.ts";

/** What all rounds say of one way to carry the same broadcast. */
export type TransportResult = {
  readonly name: string;
  readonly rounds: readonly Delivery[];
};

export type TransportSummary = {
  readonly name: string;
  readonly cpuSecondsPerGigabyte: number;
  /** The lowest and the highest of the rounds. */
  readonly cpuRange: readonly [number, number];
  /** Against the baseline of the same round; undefined where that was not measured. */
  readonly ratio: number | undefined;
  readonly loopDelayP99Ms: number;
  readonly megabitsPerSecond: number;
  /** In all rounds together. */
  readonly viewersBehind: number;
};

/** Medians over the rounds. Ratios are taken within each round first: what else runs on a machine changes with time. */
export function summarize(results: readonly TransportResult[], baselineName: string): TransportSummary[] {
  const baseline = results.find(({ name }) => name === baselineName)?.rounds;
  return results.map(({ name, rounds }) => {
    const costs = rounds.map(({ cpuSecondsPerGigabyte }) => cpuSecondsPerGigabyte);
    const ratios = costs.map((cost, round) => cost / (baseline?.[round]?.cpuSecondsPerGigabyte ?? Number.NaN));
    return {
      name,
      cpuSecondsPerGigabyte: median(costs),
      cpuRange: [Math.min(...costs), Math.max(...costs)],
      ratio: baseline === undefined ? undefined : median(ratios),
      loopDelayP99Ms: median(rounds.map(({ loopDelayP99Ms }) => loopDelayP99Ms)),
      megabitsPerSecond: median(rounds.map(({ megabitsPerSecond }) => megabitsPerSecond)),
      viewersBehind: rounds.reduce((sum, { viewersBehind }) => sum + viewersBehind, 0),
    };
  });
}

export function transportTable(summaries: readonly TransportSummary[]): string {
  const titles = ["transport", "CPU-s/GB", "lowest", "highest", "ratio", "loop p99 ms", "Mbit/s", "behind"];
  const rows = summaries.map((summary) => [
    summary.name,
    summary.cpuSecondsPerGigabyte.toFixed(2),
    ...summary.cpuRange.map((cost) => cost.toFixed(2)),
    summary.ratio?.toFixed(2) ?? "-",
    summary.loopDelayP99Ms.toFixed(1),
    summary.megabitsPerSecond.toFixed(0),
    summary.viewersBehind.toFixed(0),
  ]);
  return textTable(titles, rows);
}
