import { equal } from "node:assert/strict";
import { test } from "node:test";
import {
  CLOCK_COLUMNS,
  CLOCK_FRAME_BYTES,
  CLOCK_HEIGHT,
  CLOCK_ROWS,
  CLOCK_WIDTH,
  createClockFrame,
  paintClock,
  readClock,
} from "./clock-barcode.ts";

/** Looks at the middles of the blocks, as a page does. */
function read(frame: Uint8Array, seen: (luma: number, row: number, column: number) => number = (luma) => luma) {
  return readClock((row, column) => {
    const y = (row + 0.5) * (CLOCK_HEIGHT / CLOCK_ROWS);
    const x = (column + 0.5) * (CLOCK_WIDTH / CLOCK_COLUMNS);
    return seen(frame[y * CLOCK_WIDTH + x] ?? Number.NaN, row, column);
  });
}

test("a painted time is read", () => {
  const frame = createClockFrame();
  equal(frame.length, CLOCK_FRAME_BYTES);
  for (const timeMs of [0, 1, 255, 1_795_198_320_123, 2 ** 48 - 1]) {
    paintClock(frame, timeMs);
    equal(read(frame), timeMs);
  }
});

test("a time is read from a picture that an encoder has changed", () => {
  const frame = createClockFrame();
  paintClock(frame, 1_795_198_320_123);
  equal(
    read(frame, (luma, row, column) => luma + (row === column ? 60 : -10)),
    1_795_198_320_123,
  );
});

test("a wrong bit is noticed, wherever it is", () => {
  const frame = createClockFrame();
  paintClock(frame, 1_795_198_320_123);
  for (let row = 0; row < CLOCK_ROWS; row++) {
    for (let column = 0; column < CLOCK_COLUMNS; column++) {
      equal(
        read(frame, (luma, y, x) => (y === row && x === column ? 251 - luma : luma)),
        undefined,
      );
    }
  }
});

test("pictures without a clock have no time", () => {
  for (const luma of [0, 16, 128, 235, 255]) {
    equal(
      readClock(() => luma),
      undefined,
    );
  }
});

test("a block that is neither black nor white is no reading", () => {
  const frame = createClockFrame();
  paintClock(frame, 1_795_198_320_123);
  equal(
    read(frame, (luma, row, column) => (row === 3 && column === 4 ? 128 : luma)),
    undefined,
  );
});
