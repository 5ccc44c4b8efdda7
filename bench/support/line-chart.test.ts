import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import type { BenchReport } from "./bench-report.ts";
import { growthSeries } from "./growth-series.ts";
import { lineChartSvg, roundTicks } from "./line-chart.ts";

test("ticks are round, begin at 0 and reach over the highest value", () => {
  deepEqual(roundTicks(2000), [0, 500, 1000, 1500, 2000]);
  deepEqual(roundTicks(8), [0, 2, 4, 6, 8]);
  deepEqual(roundTicks(0.83), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  deepEqual(roundTicks(0), [0, 0.2]);
});

const RUNS: BenchReport["runs"] = [
  run("nginx-rtmp", 200, [4, 3, 5]),
  run("nginx-rtmp", 100, [2]),
  run("millrace", 100, [1]),
  { ...run("SRS", 100, [9]), plots: [{ name: "bitrate", series: "SRS", at: 1 }] },
];

function run(series: string, at: number, percents: readonly number[]): BenchReport["runs"][number] {
  const rounds = [...percents.map((percent) => ({ server_cpu_pct: percent })), null];
  return { server: series, load: {}, plots: [{ name: "viewers", series, at }], rounds };
}

test("a line goes through the medians of its rounds, from left to right", () => {
  const series = growthSeries({ runs: RUNS } as unknown as BenchReport, "viewers", "cpu-percent");
  deepEqual(series, [
    {
      title: "nginx-rtmp",
      points: [
        { x: 100, y: 2, lowest: 2, highest: 2 },
        { x: 200, y: 4, lowest: 3, highest: 5 },
      ],
    },
    { title: "millrace", points: [{ x: 100, y: 1, lowest: 1, highest: 1 }] },
  ]);
});

test("the picture has each line in each panel, one legend, and no markup of its titles", () => {
  const series = growthSeries({ runs: RUNS } as unknown as BenchReport, "viewers", "cpu-percent");
  const panel = { title: "a < b & c", series };
  const svg = lineChartSvg({ description: 'says "so"', xTitle: "viewers", panels: [panel, panel] });
  equal(svg.match(/class="nginx"/g)?.length, 3);
  equal(svg.match(/<circle /g)?.length, 2 + 2 * 3);
  match(svg, /a &lt; b &amp; c/);
  match(svg, /aria-label="says &quot;so&quot;"/);
  equal(svg.match(/<g /g)?.length, svg.match(/<\/g>/g)?.length);
});
