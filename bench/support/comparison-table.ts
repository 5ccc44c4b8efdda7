import type { Target } from "../scenarios/scenario.ts";
import type { Comparison } from "./comparison.ts";
import { textTable } from "./text-table.ts";

const TITLES = [
  "scenario",
  "measure",
  "of",
  "against",
  "median",
  "of the other",
  "ratio [lowest..highest]",
  "target",
  "reached",
];
const TEXT_COLUMNS = 4;

/** A table in Markdown, a line for each comparison. */
export function comparisonTable(comparisons: readonly Comparison[]): string {
  const rows = comparisons.map((row) => [
    row.scenario,
    row.measure,
    row.server,
    row.peer ?? "-",
    row.value.toFixed(row.digits),
    row.peerValue?.toFixed(row.digits) ?? "-",
    describeRatio(row),
    describeTarget(row.target, row.digits),
    row.isReached === undefined ? "-" : row.isReached ? "yes" : "no",
  ]);
  return textTable(TITLES, rows, TEXT_COLUMNS);
}

function describeRatio({ ratio, ratioRange }: Comparison): string {
  if (ratio === undefined || ratioRange === undefined) return "-";
  const [lowest, highest] = ratioRange;
  return `${ratio.toFixed(2)} [${lowest.toFixed(2)}..${highest.toFixed(2)}]`;
}

function describeTarget(target: Target | undefined, digits: number): string {
  if (target === undefined) return "-";
  return "value" in target ? `≤ ${target.value.toFixed(Math.min(digits, 1))}` : `≤ ${target.ratio.toFixed(2)} ×`;
}
