import type { PlotPlace } from "../scenarios/scenario.ts";
import type { BenchReport } from "./bench-report.ts";
import type { ChartPoint, ChartSeries } from "./line-chart.ts";
import { MEASURES, type MeasureName } from "./measures.ts";
import { median } from "./statistics.ts";

/** The medians of one measure, a line for each server, in the order in which they were measured. */
export function growthSeries(report: BenchReport, plot: PlotPlace["name"], name: MeasureName): ChartSeries[] {
  const measure = MEASURES[name];
  const series = new Map<string, ChartPoint[]>();
  for (const { plots, rounds } of report.runs) {
    const values = rounds.flatMap((figures) => (figures === null ? [] : (measure.value(figures) ?? [])));
    if (values.length === 0) continue;
    for (const place of plots.filter((each) => each.name === plot)) {
      const points = series.get(place.series) ?? [];
      series.set(place.series, points);
      points.push({ x: place.at, y: median(values), lowest: Math.min(...values), highest: Math.max(...values) });
    }
  }
  return Array.from(series, ([title, points]) => ({ title, points: points.sort((left, right) => left.x - right.x) }));
}
