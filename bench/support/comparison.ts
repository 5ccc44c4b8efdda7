import type { Row, Scenario, Target } from "../scenarios/scenario.ts";
import { type Figures, MEASURES, type Measure } from "./measures.ts";
import { runKey } from "./run-plan.ts";
import { serverTitle } from "./server-starts.ts";
import { median } from "./statistics.ts";

/** The figures of one run by its rounds; undefined where it failed. */
export type RoundFigures = readonly (Figures | undefined)[];

/** A row of the table. */
export type Comparison = {
  readonly scenario: string;
  readonly measure: string;
  readonly digits: number;
  /** Whose figure it is. */
  readonly server: string;
  readonly value: number;
  readonly peer: string | undefined;
  readonly peerValue: number | undefined;
  /** Medians over the rounds; ratios are taken within each round. */
  readonly ratio: number | undefined;
  readonly ratioRange: readonly [number, number] | undefined;
  readonly target: Target | undefined;
  readonly isReached: boolean | undefined;
  /** Its peer was not measured. */
  readonly isAlone: boolean;
};

type FiguresOf = (key: string) => RoundFigures | undefined;

/** The rows of a scenario for which there are figures. A figure whose peers were not measured stands alone, once. */
export function compareRuns(scenario: Scenario, figuresOf: FiguresOf): Comparison[] {
  const compared = scenario.rows.flatMap((row) => compareRow(scenario, row, figuresOf) ?? []);
  const alone = compared.filter(({ isAlone }) => isAlone);
  return compared.filter((row) => {
    if (!row.isAlone) return true;
    const isTold = compared.some((other) => !other.isAlone && isSameFigure(row, other));
    return !isTold && alone.find((other) => isSameFigure(row, other)) === row;
  });
}

function isSameFigure(left: Comparison, right: Comparison): boolean {
  return left.measure === right.measure && left.server === right.server;
}

function compareRow(scenario: Scenario, row: Row, figuresOf: FiguresOf): Comparison | undefined {
  const measure: Measure = MEASURES[row.measure];
  const own = sideOf(scenario, row.of, measure, figuresOf);
  if (own === undefined) return undefined;
  const other = row.against === undefined ? undefined : sideOf(scenario, row.against, measure, figuresOf);
  const ratios = own.values.flatMap((value, round) => {
    const ratio = (value ?? Number.NaN) / (other?.values[round] ?? Number.NaN);
    return Number.isFinite(ratio) ? [ratio] : [];
  });
  const ratio = ratios.length === 0 ? undefined : median(ratios);
  const value = medianOf(own.values);
  const isAlone = row.against !== undefined && other === undefined;
  const isSameServer = own.title === other?.title;
  return {
    scenario: scenario.name,
    measure: row.at === undefined ? measure.title : `${measure.title}, ${row.at}`,
    digits: measure.digits,
    server: isSameServer ? `${own.title} (${row.of})` : own.title,
    value,
    peer: isSameServer ? `${other.title} (${row.against})` : other?.title,
    peerValue: other && medianOf(other.values),
    ratio,
    ratioRange: ratios.length === 0 ? undefined : [Math.min(...ratios), Math.max(...ratios)],
    target: isAlone ? undefined : row.target,
    isReached: row.target && isReached(row.target, value, ratio),
    isAlone,
  };
}

type Side = { readonly title: string; readonly values: readonly (number | undefined)[] };

function sideOf(
  { runs, name: scenarioName }: Scenario,
  name: string,
  measure: Measure,
  figuresOf: FiguresOf,
): Side | undefined {
  const run = runs[name];
  if (run === undefined) throw new Error(`scenario ${scenarioName} has no run ${name}`);
  const values = figuresOf(runKey(run))?.map((figures) => figures && measure.value(figures));
  if (values === undefined || values.every((value) => value === undefined)) return undefined;
  return { title: serverTitle(run.server), values };
}

function medianOf(values: readonly (number | undefined)[]): number {
  return median(values.filter((value) => value !== undefined));
}

function isReached(target: Target, value: number, ratio: number | undefined): boolean | undefined {
  if ("value" in target) return value <= target.value;
  return ratio === undefined ? undefined : ratio <= target.ratio;
}
