/** A picture with panels side by side, whose lines have one legend. */
export type LineChart = {
  /** For those who cannot see it. */
  readonly description: string;
  readonly xTitle: string;
  readonly panels: readonly ChartPanel[];
};

export type ChartPanel = { readonly title: string; readonly series: readonly ChartSeries[] };

export type ChartSeries = { readonly title: string; readonly points: readonly ChartPoint[] };

export type ChartPoint = {
  readonly x: number;
  readonly y: number;
  /** Drawn as a bar through the point. */
  readonly lowest: number;
  readonly highest: number;
};

const WIDTH = 860;
const HEIGHT = 380;
const PANEL = { top: 92, height: 226, left: 56, right: 24 };
const LEGEND_LINE = 34;
const LETTER_WIDTH = 7.4;
const MOST_LEGEND_GAP = 30;
const MOST_TICKS = 5;

/** What a line looks like, by the beginning of its title: own ones are drawn thicker, limits are dashed. */
const LOOKS: readonly (readonly [start: string, look: string])[] = [
  ["millrace merge", "own merge"],
  ["millrace", "own"],
  ["nginx", "nginx"],
  ["SRS", "srs"],
  ["Node", "node"],
  ["C floor", "floor"],
];

/** Returns an SVG that follows the reader's choice of light or dark. */
export function lineChartSvg({ description, xTitle, panels }: LineChart): string {
  const titles = [...new Set(panels.flatMap(({ series }) => series.map(({ title }) => title)))];
  const width = WIDTH / panels.length;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="${escapeText(description)}">`,
    STYLE,
    legend(titles),
    ...panels.map((panel, index) => panelSvg(panel, xTitle, index * width, width)),
    "</svg>\n",
  ].join("\n");
}

/** 0 and further round numbers, of which the last is at least `most`. */
export function roundTicks(most: number): number[] {
  const rough = (most > 0 ? most : 1) / MOST_TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough * (1 - 1e-9)) ?? 10) * power;
  const count = Math.ceil(most / step - 1e-9);
  return Array.from({ length: Math.max(1, count) + 1 }, (_, index) => Number((index * step).toPrecision(12)));
}

function panelSvg({ title, series }: ChartPanel, xTitle: string, offset: number, width: number): string {
  const points = series.flatMap((each) => each.points);
  const xTicks = roundTicks(Math.max(...points.map(({ x }) => x)));
  const yTicks = roundTicks(Math.max(...points.map(({ highest }) => highest)));
  const left = offset + PANEL.left;
  const plotWidth = width - PANEL.left - PANEL.right;
  const bottom = PANEL.top + PANEL.height;
  const xAt = (x: number): string => (left + (x / (xTicks.at(-1) ?? 1)) * plotWidth).toFixed(1);
  const yAt = (y: number): string => (bottom - (y / (yTicks.at(-1) ?? 1)) * PANEL.height).toFixed(1);
  return [
    `<text class="title" x="${left}" y="${PANEL.top - 14}">${escapeText(title)}</text>`,
    ...yTicks.map(
      (tick) =>
        `<path class="grid" d="M${left} ${yAt(tick)}h${plotWidth}"/><text class="tick" x="${left - 8}" y="${yAt(tick)}" dy="4.5" text-anchor="end">${tick}</text>`,
    ),
    ...xTicks.map(
      (tick) => `<text class="tick" x="${xAt(tick)}" y="${bottom + 20}" text-anchor="middle">${tick}</text>`,
    ),
    `<text class="tick" x="${left + plotWidth / 2}" y="${bottom + 44}" text-anchor="middle">${escapeText(xTitle)}</text>`,
    ...series.map((each) => seriesSvg(each, xAt, yAt)),
  ].join("\n");
}

function seriesSvg({ title, points }: ChartSeries, xAt: (x: number) => string, yAt: (y: number) => string): string {
  const path = points.map(({ x, y }, index) => `${index === 0 ? "M" : "L"}${xAt(x)} ${yAt(y)}`).join("");
  const bars = points.map(({ x, lowest, highest }) => `M${xAt(x)} ${yAt(lowest)}V${yAt(highest)}`).join("");
  const dots = points.map(({ x, y }) => `<circle cx="${xAt(x)}" cy="${yAt(y)}" r="3.2"/>`).join("");
  return `<g class="${lookOf(title)}"><path class="bar" d="${bars}"/><path class="line" d="${path}"/>${dots}</g>`;
}

/** Fonts differ: what is left of the width goes between the entries. */
function legend(titles: readonly string[]): string {
  const lengths = titles.map((title) => LEGEND_LINE + title.length * LETTER_WIDTH);
  const space = WIDTH - PANEL.left - PANEL.right - lengths.reduce((sum, length) => sum + length, 0);
  const gap = Math.min(MOST_LEGEND_GAP, space / Math.max(1, titles.length - 1));
  let x = PANEL.left;
  const entries = titles.map((title, index) => {
    const at = x.toFixed(1);
    x += (lengths[index] ?? 0) + gap;
    return `<g class="${lookOf(title)}"><path class="line" d="M${at} 26h26"/><circle cx="${at}" cy="26" r="3.2" transform="translate(13)"/></g><text x="${at}" y="31" dx="34">${escapeText(title)}</text>`;
  });
  return entries.join("\n");
}

function lookOf(title: string): string {
  return LOOKS.find(([start]) => title.startsWith(start))?.[1] ?? "other";
}

function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

const STYLE = `<style>
  :root { color-scheme: light dark; }
  text { font: 14px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328; }
  .title { font-weight: 600; }
  .tick { font-size: 13px; fill: #59636e; }
  .grid { stroke: #d1d9e0; stroke-width: 1; }
  g { stroke: #6e7781; fill: #6e7781; }
  .line { stroke-width: 2; fill: none; stroke-linejoin: round; }
  .bar { stroke-width: 1.2; fill: none; opacity: 0.55; }
  .own { stroke: #0969da; fill: #0969da; }
  .own .line { stroke-width: 3.2; }
  .merge { stroke: #54aeff; fill: #54aeff; }
  .nginx { stroke: #cf222e; fill: #cf222e; }
  .srs { stroke: #bc4c00; fill: #bc4c00; }
  .node { stroke: #1a7f37; fill: #1a7f37; }
  .floor .line, .node .line { stroke-dasharray: 5 4; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; }
    .tick { fill: #9198a1; }
    .grid { stroke: #30363d; }
    g { stroke: #9198a1; fill: #9198a1; }
    .own { stroke: #4493f8; fill: #4493f8; }
    .merge { stroke: #a5d6ff; fill: #a5d6ff; }
    .nginx { stroke: #ff7b72; fill: #ff7b72; }
    .srs { stroke: #f0a35e; fill: #f0a35e; }
    .node { stroke: #3fb950; fill: #3fb950; }
  }
</style>`;
