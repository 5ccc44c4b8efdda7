const FIRST_MS = 500;
const MOST_MS = 15_000;

/** How long to wait before the next try: longer each time, and not the same for all pages that lost the same server. */
export function backOffMs(failures: number, random: number): number {
  const fullMs = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(failures, 10));
  return Math.round(fullMs * (0.5 + random / 2));
}
