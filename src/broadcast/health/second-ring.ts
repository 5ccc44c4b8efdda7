/** What is counted of each second, as places in its row. */
export const Cell = {
  Second: 0,
  VideoBytes: 1,
  AudioBytes: 2,
  /** Distances of two pictures on the timeline, but for gaps: how many, their sum and the sum of their squares. */
  Steps: 3,
  StepSum: 4,
  StepSquares: 5,
  /** Steps back as they came, and the longest. */
  Back: 6,
  BackMost: 7,
  Gaps: 8,
  GapMost: 9,
  /** Jumps that the timeline closed. */
  Jumps: 10,
  /** The newest media time, and when it came. */
  Newest: 11,
  NewestAt: 12,
  /** Arrival less media time of what was newest when it came. */
  DelayLeast: 13,
  DelayMost: 14,
  /** Newest audio less newest video, at each frame. */
  AheadCount: 15,
  AheadSum: 16,
  AheadLeast: 17,
  AheadMost: 18,
  /** Video bytes of the fullest second of media that ended here. */
  PeakBytes: 19,
} as const;

type CellIndex = (typeof Cell)[keyof typeof Cell];

const CELLS = 20;
/** A power of two, and more than the window. */
const ROWS = 32;

/** So much of the past is looked at. */
export const WINDOW_SECONDS = 30;

/** Figures of the last seconds in one piece of memory: nothing is allocated while it counts. */
export class SecondRing {
  /** For whoever counts: at the place that `rowAt` gives, plus a `Cell`. */
  readonly cells: Float64Array = new Float64Array(ROWS * CELLS).fill(Number.NaN);
  #second = Number.NaN;
  #row = 0;

  /** Where the row of that time begins; an older second that had the place is forgotten. */
  rowAt(nowMs: number): number {
    const second = Math.floor(nowMs / 1000);
    if (second === this.#second) return this.#row;
    this.#second = second;
    this.#row = (second & (ROWS - 1)) * CELLS;
    this.#begin(this.#row, second);
    return this.#row;
  }

  /** The rows of the whole seconds from `fromMs` on, within the window before `nowMs`, that have any figures; oldest first. */
  rowsBefore(nowMs: number, fromMs: number): number[] {
    const rows: number[] = [];
    const last = Math.floor(nowMs / 1000) - 1;
    for (let second = Math.max(last - WINDOW_SECONDS + 1, Math.ceil(fromMs / 1000)); second <= last; second++) {
      const row = (second & (ROWS - 1)) * CELLS;
      if (this.cells[row + Cell.Second] === second) rows.push(row);
    }
    return rows;
  }

  get(row: number, cell: CellIndex): number {
    return this.cells[row + cell] ?? Number.NaN;
  }

  #begin(row: number, second: number): void {
    const { cells } = this;
    cells.fill(0, row, row + CELLS);
    cells[row + Cell.Second] = second;
    cells[row + Cell.Newest] = Number.NaN;
    cells[row + Cell.NewestAt] = Number.NaN;
    cells[row + Cell.DelayLeast] = Number.POSITIVE_INFINITY;
    cells[row + Cell.DelayMost] = Number.NEGATIVE_INFINITY;
    cells[row + Cell.AheadLeast] = Number.POSITIVE_INFINITY;
    cells[row + Cell.AheadMost] = Number.NEGATIVE_INFINITY;
  }
}
