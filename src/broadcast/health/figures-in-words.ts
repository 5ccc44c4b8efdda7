/** "10.0 s" */
export function inSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** "350 ms", from 1 s on "1.2 s" */
export function inTime(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : inSeconds(ms);
}

/** "6.0 Mbit/s", "160 kbit/s" */
export function inBits(bitsPerSecond: number): string {
  return bitsPerSecond >= 1e6
    ? `${(bitsPerSecond / 1e6).toFixed(1)} Mbit/s`
    : `${Math.round(bitsPerSecond / 1000)} kbit/s`;
}

/** "29.97", "30": to two places, without zeros. */
export function inNumber(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** "once", "3 times" */
export function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}
