/*
 * Figures as people read them. Everything that is unknown or makes no sense becomes a dash, never "NaN".
 */

export const UNKNOWN = "–";

/** Bits in a second: "4.2 Mbit/s". */
export function formatBitrate(bitsPerSecond: number | undefined): string {
  if (!isFigure(bitsPerSecond)) return UNKNOWN;
  if (bitsPerSecond < 1000) return `${Math.round(bitsPerSecond)} bit/s`;
  return scaled(bitsPerSecond, 1000, ["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"]);
}

/** "3.1 GB", by thousands. */
export function formatBytes(bytes: number | undefined): string {
  if (!isFigure(bytes)) return UNKNOWN;
  if (bytes < 1000) return `${Math.round(bytes)} B`;
  return scaled(bytes, 1000, ["B", "kB", "MB", "GB", "TB", "PB"]);
}

/** "1 204", with a narrow space that does not break. */
export function formatCount(count: number | undefined): string {
  if (!isFigure(count)) return UNKNOWN;
  return Math.round(count)
    .toString()
    .replaceAll(/\B(?=(\d{3})+$)/g, "\u202f");
}

/** "29.97", "30": as many digits as tell something. */
export function formatFrameRate(framesPerSecond: number | undefined): string {
  if (!isFigure(framesPerSecond)) return UNKNOWN;
  const rounded = Math.round(framesPerSecond * 100) / 100;
  return `${Math.abs(rounded - Math.round(rounded)) < 0.005 ? Math.round(rounded) : rounded} fps`;
}

/** How long something has lasted, as a clock: "4:07", "1:02:33", "3 d 02:10". */
export function formatClock(milliseconds: number | undefined): string {
  if (milliseconds === undefined || !Number.isFinite(milliseconds)) return UNKNOWN;
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
  ];
  if (days > 0) return `${days} d ${twoDigits(hours)}:${twoDigits(minutes)}`;
  if (hours > 0) return `${hours}:${twoDigits(minutes)}:${twoDigits(seconds % 60)}`;
  return `${minutes}:${twoDigits(seconds % 60)}`;
}

/** A short time: "340 ms", "2.4 s", "1 min 20 s". */
export function formatDuration(milliseconds: number | undefined): string {
  if (milliseconds === undefined || !Number.isFinite(milliseconds)) return UNKNOWN;
  const size = Math.abs(milliseconds);
  const sign = milliseconds < 0 && Math.round(size) !== 0 ? "−" : "";
  if (size < 999.5) return `${sign}${Math.round(size)} ms`;
  if (size < 59_950) return `${sign}${(size / 1000).toFixed(1)} s`;
  const seconds = Math.round(size / 1000);
  return `${sign}${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** "14:05:09", or with the day where it is not today. */
export function formatTimeOfDay(atMs: number, nowMs: number): string {
  const at = new Date(atMs);
  const clock = `${twoDigits(at.getHours())}:${twoDigits(at.getMinutes())}:${twoDigits(at.getSeconds())}`;
  if (at.toDateString() === new Date(nowMs).toDateString()) return clock;
  return `${at.getFullYear()}-${twoDigits(at.getMonth() + 1)}-${twoDigits(at.getDate())} ${clock}`;
}

/** "12 %". */
export function formatShare(share: number | undefined): string {
  if (!isFigure(share)) return UNKNOWN;
  const percent = share * 100;
  return `${percent < 10 ? percent.toFixed(1) : Math.round(percent)} %`;
}

/** "1 viewer", "2 viewers". */
export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

function isFigure(value: number | undefined): value is number {
  return value !== undefined && Number.isFinite(value) && value >= 0;
}

/** Three digits, and the next unit before it would be "1000". */
function scaled(value: number, base: number, units: readonly string[]): string {
  let [rest, unit] = [value, 0];
  while (rest >= base * 0.9995 && unit < units.length - 1) {
    rest /= base;
    unit++;
  }
  const digits = rest < 9.995 ? 2 : rest < 99.95 ? 1 : 0;
  return `${rest.toFixed(digits)} ${units[unit]}`;
}

function twoDigits(value: number): string {
  return value.toString().padStart(2, "0");
}
