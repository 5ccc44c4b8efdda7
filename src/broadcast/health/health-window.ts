import { Cell, type SecondRing } from "./second-ring.ts";

/** The last half minute, summed up. Undefined is what was not there. */
export type HealthWindow = {
  /** Whole seconds, those in which nothing came too. */
  readonly seconds: number;
  readonly videoBytes: number;
  readonly audioBytes: number;
  /** Distances of two pictures, in ms. */
  readonly steps: { readonly count: number; readonly mean: number; readonly deviation: number } | undefined;
  readonly back: number;
  readonly backMostMs: number;
  readonly gaps: number;
  readonly gapMostMs: number;
  readonly jumps: number;
  /** Newest audio less newest video, in ms. */
  readonly ahead: { readonly mean: number; readonly least: number; readonly most: number } | undefined;
  readonly pace: Pace | undefined;
  /** Video bytes of the fullest second of media. */
  readonly peakBytes: number;
};

/** How media came as against the clock. */
export type Pace = {
  readonly durationMs: number;
  readonly speed: number;
  /** How much later media comes now than it did at best. */
  readonly behindMs: number;
  readonly jitterMs: number;
};

/** Too short a time tells no speed: frames come in steps. */
const LEAST_PACE_MS = 3000;
/** The share of seconds that jitter covers. */
const JITTER_SHARE = 0.95;

/** Sums up the whole seconds from `fromMs` on. Its cost is that of 30 rows. */
export function sumWindow(ring: SecondRing, nowMs: number, fromMs: number, windowSeconds: number): HealthWindow {
  const rows = ring.rowsBefore(nowMs, fromMs);
  const sum = (cell: (typeof Cell)[keyof typeof Cell]): number =>
    rows.reduce((total, row) => total + ring.get(row, cell), 0);
  const most = (cell: (typeof Cell)[keyof typeof Cell]): number =>
    rows.reduce((greatest, row) => Math.max(greatest, ring.get(row, cell)), 0);
  return {
    seconds: Math.min(windowSeconds, Math.max(0, Math.floor(nowMs / 1000) - Math.ceil(fromMs / 1000))),
    videoBytes: sum(Cell.VideoBytes),
    audioBytes: sum(Cell.AudioBytes),
    steps: stepsOf(sum(Cell.Steps), sum(Cell.StepSum), sum(Cell.StepSquares)),
    back: sum(Cell.Back),
    backMostMs: most(Cell.BackMost),
    gaps: sum(Cell.Gaps),
    gapMostMs: most(Cell.GapMost),
    jumps: sum(Cell.Jumps),
    ahead: aheadOf(ring, rows),
    pace: paceOf(ring, rows),
    peakBytes: most(Cell.PeakBytes),
  };
}

function stepsOf(count: number, sum: number, squares: number): HealthWindow["steps"] {
  if (count === 0) return undefined;
  const mean = sum / count;
  return { count, mean, deviation: Math.sqrt(Math.max(0, squares / count - mean * mean)) };
}

function aheadOf(ring: SecondRing, rows: readonly number[]): HealthWindow["ahead"] {
  let [count, sum, least, most] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const row of rows) {
    count += ring.get(row, Cell.AheadCount);
    sum += ring.get(row, Cell.AheadSum);
    least = Math.min(least, ring.get(row, Cell.AheadLeast));
    most = Math.max(most, ring.get(row, Cell.AheadMost));
  }
  return count === 0 ? undefined : { mean: sum / count, least, most };
}

function paceOf(ring: SecondRing, rows: readonly number[]): Pace | undefined {
  const paced = rows.filter((row) => ring.get(row, Cell.DelayMost) > Number.NEGATIVE_INFINITY);
  const [first] = paced;
  const last = paced.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const durationMs = ring.get(last, Cell.NewestAt) - ring.get(first, Cell.NewestAt);
  if (durationMs < LEAST_PACE_MS) return undefined;
  const base = Math.min(...paced.map((row) => ring.get(row, Cell.DelayLeast)));
  const delays = paced.map((row) => ring.get(row, Cell.DelayMost)).sort((left, right) => left - right);
  const usual = delays[Math.ceil(delays.length * JITTER_SHARE) - 1] ?? base;
  return {
    durationMs,
    speed: (ring.get(last, Cell.Newest) - ring.get(first, Cell.Newest)) / durationMs,
    behindMs: ring.get(last, Cell.DelayMost) - base,
    jitterMs: usual - base,
  };
}
