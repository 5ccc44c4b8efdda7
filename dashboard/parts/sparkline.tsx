import type { JSX } from "preact";

const WIDTH = 120;
const HEIGHT = 32;
/** How many values fill the width: the newest is always at the right edge. */
const SLOTS = 60;

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
      {line !== "" && (
        <>
          <path class="area" d={`${line}V${HEIGHT}H${xOf(SLOTS - values.length)}Z`} />
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
  const first = SLOTS - values.length;
  return values
    .map((value, index) => {
      const y = HEIGHT - 1.5 - ((value - ground) / (most - ground)) * (HEIGHT - 3);
      return `${index === 0 ? "M" : "L"}${xOf(first + index)} ${y.toFixed(1)}`;
    })
    .join("");
}

function xOf(slot: number): string {
  return ((slot / (SLOTS - 1)) * WIDTH).toFixed(1);
}
