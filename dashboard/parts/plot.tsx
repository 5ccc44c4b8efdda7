import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type uPlot from "uplot";
import { paletteVersion } from "../theme.ts";

export type PlotSeries = {
  readonly label: string;
  /** A custom property of the page: `--plot-1`. */
  readonly color: string;
  readonly values: readonly number[];
};

type PlotProps = {
  readonly title: string;
  /** Times of day in seconds, as many as each series has values. */
  readonly times: readonly number[];
  readonly series: readonly PlotSeries[];
  readonly format: (value: number) => string;
  /** Things are counted: the axis has no parts of one. */
  readonly isWhole?: boolean;
};

/** One figure over the last minutes, with the newest value in words. The drawing is an image with a sentence for its text. */
export function Plot({ title, times, series, format, isWhole = false }: PlotProps): JSX.Element {
  const holder = useRef<HTMLDivElement>(null);
  const drawn = useRef<uPlot | undefined>(undefined);
  const labels = series.map(({ label }) => label).join();
  const palette = paletteVersion.value;
  const data = [times, ...series.map(({ values }) => values)] as unknown as uPlot.AlignedData;
  const newest = useRef(data);
  newest.current = data;
  // Drawn anew for other series or colours only: new values are handed to what is drawn.
  useEffect(() => {
    const element = holder.current;
    if (element === null) return;
    let isGone = false;
    const observer = new ResizeObserver(() => drawn.current?.setSize(sizeOf(element)));
    void import("./draw-plot.ts").then(({ drawPlot }) => {
      if (isGone) return;
      drawn.current = drawPlot(element, series, newest.current, format, isWhole, sizeOf(element));
      observer.observe(element);
    });
    return () => {
      isGone = true;
      observer.disconnect();
      drawn.current?.destroy();
      drawn.current = undefined;
    };
  }, [labels, palette]);
  useEffect(() => drawn.current?.setData(data), [data]);
  return (
    <figure class="plot">
      <figcaption>
        <span class="plot-title">{title}</span>
        <span class="plot-legend">
          {series.map(({ label, color, values }) => (
            <span key={label}>
              {series.length > 1 && <i class={`swatch ${color.slice(2)}`} />}
              {series.length > 1 && `${label} `}
              <strong>{format(values.at(-1) ?? Number.NaN)}</strong>
            </span>
          ))}
        </span>
      </figcaption>
      <div class="plot-area" ref={holder} role="img" aria-label={describePlot(title, series, format)} />
    </figure>
  );
}

function sizeOf(element: HTMLElement): { readonly width: number; readonly height: number } {
  return { width: Math.max(100, element.clientWidth), height: Math.max(80, element.clientHeight) };
}

/** What a plot shows, in a sentence a figure. */
export function describePlot(title: string, series: PlotProps["series"], format: PlotProps["format"]): string {
  const sentences = series.map(({ label, values }) => {
    if (values.length === 0) return `${label}: nothing yet`;
    const [least, most] = [Math.min(...values), Math.max(...values)];
    return `${label}: now ${format(values.at(-1) ?? 0)}, between ${format(least)} and ${format(most)}`;
  });
  return `${title} over the last minutes. ${sentences.join(". ")}.`;
}
