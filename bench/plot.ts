// Draws how cost grows from what `npm run bench -- growth --save` has saved: `node bench/plot.ts`. See docs/benchmarks.md.

import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ROOT } from "../scripts/run-step.ts";
import type { PlotPlace } from "./scenarios/scenario.ts";
import type { BenchReport } from "./support/bench-report.ts";
import { growthSeries } from "./support/growth-series.ts";
import { lineChartSvg } from "./support/line-chart.ts";
import { RESULTS_FOLDER } from "./support/save-report.ts";

const USAGE = `node bench/plot.ts [results.json…] [--out DIR]

Draws performance-viewers.svg, performance-publishers.svg and performance-bitrate.svg into docs/images, each from the newest
of the saved results that has its figures.
`;

const PLOTS: readonly (readonly [name: PlotPlace["name"], xTitle: string, description: string])[] = [
  ["viewers", "viewers", "What one broadcast of 2.6 Mbit/s costs, by its viewers"],
  ["publishers", "publishers", "What publishers of 1 Mbit/s without viewers cost, by their number"],
  ["bitrate", "Mbit/s", "What one broadcast with 200 viewers costs, by its bitrate"],
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: "string", default: join(ROOT, "docs", "images") },
    help: { type: "boolean", default: false },
  },
});
if (values.help) process.stdout.write(USAGE);
else drawAll(positionals.length > 0 ? positionals : globSync(join(RESULTS_FOLDER, "*.json")), values.out);

function drawAll(files: readonly string[], folder: string): void {
  const reports = files
    .map((file) => JSON.parse(readFileSync(file, "utf8")) as BenchReport)
    .sort((left, right) => right.date.localeCompare(left.date));
  mkdirSync(folder, { recursive: true });
  for (const [name, xTitle, description] of PLOTS) {
    const report = reports.find(({ runs }) => runs.some(({ plots }) => plots.some((plot) => plot.name === name)));
    if (report === undefined) {
      process.stderr.write(`No result has figures by ${name}: npm run bench -- growth-${name} --peers --save\n`);
      process.exitCode = 1;
      continue;
    }
    const panels = [
      { title: "CPU, % of a core", series: growthSeries(report, name, "cpu-percent") },
      { title: "CPU-seconds for each gigabyte", series: growthSeries(report, name, "cpu-per-gigabyte") },
    ];
    const file = join(folder, `performance-${name}.svg`);
    writeFileSync(file, lineChartSvg({ description, xTitle, panels }));
    process.stderr.write(`${file}\n`);
  }
}
