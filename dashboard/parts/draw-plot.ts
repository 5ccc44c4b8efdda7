import uPlot from "uplot";
import type { PlotSeries } from "./plot.tsx";

/** Of a broadcast that has just begun, too: a second is no curve. */
const LEAST_SECONDS = 15;
const TIME_STEPS = [1, 5, 10, 15, 30, 60, 120, 300];
const GRID_WIDTH = 1;
/** Of what is counted: there is no half of it. */
const WHOLE_STEPS = [1, 2, 5]
  .flatMap((step) => [0, 1, 2, 3, 4, 5].map((power) => step * 10 ** power))
  .sort((a, b) => a - b);
const AXIS_FONT = "11px system-ui, sans-serif";

/** Draws with the page's own colours, which a canvas has to be told. Loaded only where there is a plot. */
export function drawPlot(
  element: HTMLElement,
  series: readonly PlotSeries[],
  data: uPlot.AlignedData,
  format: (value: number) => string,
  isWhole: boolean,
  size: { readonly width: number; readonly height: number },
): uPlot {
  const grid = { stroke: colorOf(element, "--line"), width: GRID_WIDTH };
  const axis = { stroke: colorOf(element, "--text-quiet"), font: AXIS_FONT, grid, ticks: { show: false } };
  const options: uPlot.Options = {
    ...size,
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { size: 7 } },
    // Room on the right for half of the newest time.
    padding: [8, 28, 0, 0],
    scales: {
      x: { range: (_plot, least, most) => [Math.min(least, most - LEAST_SECONDS), most] },
      y: { range: (_plot, _least, most) => [0, (most || 1) * 1.15] },
    },
    axes: [
      { ...axis, space: 70, size: 26, incrs: TIME_STEPS, values: (_plot, splits) => splits.map(clockOf) },
      {
        ...axis,
        space: 34,
        size: 74,
        values: (plot, splits) => labelsOf(plot, splits, format),
        ...(isWhole && { incrs: WHOLE_STEPS }),
      },
    ],
    series: [
      {},
      ...series.map(({ label, color }) => {
        const stroke = colorOf(element, color);
        return { label, stroke, width: 1.75, fill: faded(stroke), points: { show: false } };
      }),
    ],
  };
  return new uPlot(options, data, element);
}

/** Each once: between small values there are more lines than words. None where there is nothing yet. */
function labelsOf(plot: uPlot, splits: readonly number[], format: (value: number) => string): string[] {
  const labels = splits.map(format);
  const hasValues = plot.data[0].length > 0;
  return labels.map((label, index) => (hasValues && label !== labels[index - 1] ? label : ""));
}

function clockOf(seconds: number): string {
  const at = new Date(seconds * 1000);
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => part.toString().padStart(2, "0")).join(":");
}

/** A custom property may hold `light-dark()`: only a style that uses it is resolved. */
function colorOf(element: HTMLElement, property: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${property})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

function faded(color: string): string {
  return `color-mix(in srgb, ${color} 12%, transparent)`;
}
