/** The size of pictures that show the time of day, in pixels. */
export const CLOCK_WIDTH = 320;
export const CLOCK_HEIGHT = 192;

/** Blocks of one bit each: large ones survive any encoder. The time has 48 of them, its checksum 16. */
export const CLOCK_COLUMNS = 8;
export const CLOCK_ROWS = 8;
const CHECKSUM_BITS = 16;

const BLOCK_WIDTH = CLOCK_WIDTH / CLOCK_COLUMNS;
const BLOCK_HEIGHT = CLOCK_HEIGHT / CLOCK_ROWS;
/** Luma of limited range. */
const BLACK = 16;
const WHITE = 235;
/** What is between them is no reading, on a scale of 0 to 255. */
const DARKEST_WHITE = 160;
const LIGHTEST_BLACK = 96;

/** Bytes of a picture in yuv420p. */
export const CLOCK_FRAME_BYTES: number = (CLOCK_WIDTH * CLOCK_HEIGHT * 3) / 2;

/** A grey picture, to be painted on. */
export function createClockFrame(): Uint8Array {
  return new Uint8Array(CLOCK_FRAME_BYTES).fill(128);
}

/** Paints a time in milliseconds since 1970 into the luma of the picture. */
export function paintClock(frame: Uint8Array, timeMs: number): void {
  const bits = (BigInt(timeMs) << BigInt(CHECKSUM_BITS)) | BigInt(checksumOf(timeMs));
  for (let row = 0; row < CLOCK_ROWS; row++) {
    const start = row * BLOCK_HEIGHT * CLOCK_WIDTH;
    for (let column = 0; column < CLOCK_COLUMNS; column++) {
      const isSet = ((bits >> BigInt(bitAt(row, column))) & 1n) === 1n;
      const left = start + column * BLOCK_WIDTH;
      frame.fill(isSet ? WHITE : BLACK, left, left + BLOCK_WIDTH);
    }
    for (let line = 1; line < BLOCK_HEIGHT; line++) {
      frame.copyWithin(start + line * CLOCK_WIDTH, start, start + CLOCK_WIDTH);
    }
  }
}

/** The time, by the brightness (0 to 255) in the middle of each block; undefined where the checksum is another. */
export function readClock(brightnessOf: (row: number, column: number) => number): number | undefined {
  let bits = 0n;
  for (let row = 0; row < CLOCK_ROWS; row++) {
    for (let column = 0; column < CLOCK_COLUMNS; column++) {
      const brightness = brightnessOf(row, column);
      if (brightness > LIGHTEST_BLACK && brightness < DARKEST_WHITE) return undefined;
      if (brightness >= DARKEST_WHITE) bits |= 1n << BigInt(bitAt(row, column));
    }
  }
  const timeMs = Number(bits >> BigInt(CHECKSUM_BITS));
  return Number(bits & 0xffffn) === checksumOf(timeMs) ? timeMs : undefined;
}

function bitAt(row: number, column: number): number {
  return CLOCK_COLUMNS * CLOCK_ROWS - 1 - (row * CLOCK_COLUMNS + column);
}

/** CRC-16/CCITT of the six bytes: black and white pictures are no times. */
function checksumOf(timeMs: number): number {
  let crc = 0xffff;
  for (let shift = 40; shift >= 0; shift -= 8) {
    crc ^= (Math.floor(timeMs / 2 ** shift) & 0xff) << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) === 0 ? (crc << 1) & 0xffff : ((crc << 1) ^ 0x1021) & 0xffff;
  }
  return crc;
}
