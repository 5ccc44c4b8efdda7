/** By what a page plays. */
export type WatchProtocol = "flv" | "hls";

/** What a page has seen of a broadcast that shows the time of day, since it was asked the last time. */
export type WatchFigures = {
  /** Of each picture that was shown: from when it was painted to the glass. */
  readonly latenciesMs: readonly number[];
  /** Pictures without a time that can be trusted. */
  readonly misreadCount: number;
  /** Of the browser's own count. */
  readonly droppedFrames: number;
  /** Times without a new picture that are longer than `STALL_MS`. */
  readonly stalls: number;
  readonly stalledMs: number;
  /** How long it played faster than usual. */
  readonly fasterMs: number;
  /** The player had to be made anew, and why. */
  readonly failures: readonly string[];
};

/** What people notice. */
export const STALL_MS = 250;

/** What the page of test/pages/watch-page.ts can be asked to do. */
export type WatchPage = {
  /** Resolves when the first picture is shown. */
  watch(protocol: WatchProtocol, url: string): Promise<void>;
  /** Resolves at the next picture that is painted after `timeMs`. Returns its latency. */
  untilPaintedAfter(timeMs: number): Promise<number>;
  take(): WatchFigures;
};

declare global {
  var watchPage: WatchPage;
}
