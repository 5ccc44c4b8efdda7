/** `0:00:07`, for a time that runs. */
export function formatTime(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return parts.map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, "0"))).join(":");
}

/** `940 bit/s`, `2500 kbit/s`. */
export function formatBitrate(bitsPerSecond: number): string {
  return bitsPerSecond < 1000 ? `${Math.round(bitsPerSecond)} bit/s` : `${Math.round(bitsPerSecond / 1000)} kbit/s`;
}

const UNITS = ["kB", "MB", "GB", "TB"];

/** `940 bytes`, `2.5 MB`; a kB is 1000 bytes. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  let amount = bytes;
  let unit = -1;
  while (amount >= 999.5 && unit < UNITS.length - 1) {
    amount /= 1000;
    unit++;
  }
  return `${amount < 10 ? amount.toFixed(1) : Math.round(amount)} ${UNITS[unit]}`;
}

/** With at most that many digits behind the point. */
export function round(value: number, digits = 0): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}

/** Bits in a second, from totals that are noted now and then. */
export class BitrateMeter {
  readonly #windowMs: number;
  readonly #totals: { readonly atMs: number; readonly bytes: number }[] = [];

  /** Looks back that far. */
  constructor(windowMs = 5000) {
    this.#windowMs = windowMs;
  }

  /** Takes the bytes so far, and returns the rate of the newest ones. 0 at first. */
  note(atMs: number, bytes: number): number {
    const totals = this.#totals;
    totals.push({ atMs, bytes });
    while (totals.length > 2 && (totals[1]?.atMs ?? atMs) <= atMs - this.#windowMs) totals.shift();
    const [first] = totals;
    return first === undefined || first.atMs === atMs ? 0 : (8000 * (bytes - first.bytes)) / (atMs - first.atMs);
  }
}
