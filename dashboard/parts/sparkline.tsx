import type { JSX } from "preact";

const WIDTH = 120;
const HEIGHT = 32;
/** So many values make a minute. Fewer fill the width, too, unless that would only be a slope. */
const LEAST_SLOTS = 4;

type SparklineProps = {
  readonly values: readonly number[];
  /** What the curve shows, for those who do not see it. */
  readonly label: string;
};

/** The last minute of a figure: its shape, not its size, which stands beside it. Half of the least is the ground. */
export function Sparkline({ values, label }: SparklineProps): JSX.Element {
  const line = pathOf(values);
  return (
    <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
      {line === "" ? (
        <path class="ground" d={`M0 ${HEIGHT - 1.5}H${WIDTH}`} />
      ) : (
        <>
          <path class="area" d={`${line}V${HEIGHT}H${firstX(values.length)}Z`} />
          <path class="line" d={line} />
        </>
      )}
    </svg>
  );
}

function pathOf(values: readonly number[]): string {
  if (values.length < 2) return "";
  const ground = Math.min(...values) / 2;
  const most = Math.max(ground + 1, Math.max(...values) * 1.1);
  const last = Math.max(LEAST_SLOTS, values.length) - 1;
  return values
    .map((value, index) => {
      const y = HEIGHT - 1.5 - ((value - ground) / (most - ground)) * (HEIGHT - 3);
      const x = ((last - values.length + 1 + index) / last) * WIDTH;
      return `${index === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`;
    })
    .join("");
}

/** The newest value is always at the right edge. */
function firstX(count: number): string {
  return ((Math.max(0, LEAST_SLOTS - count) / (Math.max(LEAST_SLOTS, count) - 1)) * WIDTH).toFixed(1);
}
