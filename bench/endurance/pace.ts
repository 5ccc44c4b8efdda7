import { ENDURANCE_BOUNDS, type EnduranceBounds } from "./verdict.ts";

type Range = readonly [leastMs: number, mostMs: number];

/** How long things take in a run. All in milliseconds. */
export type Pace = {
  /** What the server is told: its keys of docs/config.md. */
  readonly serverSettings: Readonly<Record<string, number>>;
  readonly publisherLife: Range;
  readonly viewerLife: Range;
  readonly stall: Range;
  /** From the end of a publisher to the next one of the slot: within the server's grace time, or after it. */
  readonly pauseWithinGrace: Range;
  readonly pauseAfterGrace: Range;
  readonly viewerPause: Range;
  /** In which clients of all kinds come and go before anything is measured. */
  readonly warmUpMs: number;
  /** From the last client until the server has forgotten all of them: its longest time-out, and some more. */
  readonly settleMs: number;
  /** A window without clients, for what the server does then. */
  readonly idleWindowMs: number;
  readonly bounds: EnduranceBounds;
};

/** With the server's defaults. */
export const LONG_PACE: Pace = {
  serverSettings: {},
  publisherLife: [3_000, 90_000],
  viewerLife: [2_000, 120_000],
  stall: [5_000, 60_000],
  pauseWithinGrace: [200, 8_000],
  pauseAfterGrace: [12_000, 25_000],
  viewerPause: [100, 3_000],
  warmUpMs: 60_000,
  settleMs: 45_000,
  idleWindowMs: 10_000,
  bounds: ENDURANCE_BOUNDS,
};

/** Everything that can happen within some seconds; what ends clients leaves them time to stand still on a busy machine. */
export const SHORT_PACE: Pace = {
  serverSettings: {
    "publish.graceMs": 1_000,
    "publish.staleAfterMs": 1_000,
    "play.blockedTimeoutMs": 6_000,
    "timeouts.publisherSilenceMs": 2_000,
    "timeouts.tunnelMs": 6_000,
  },
  publisherLife: [500, 5_000],
  viewerLife: [300, 5_000],
  stall: [500, 3_500],
  pauseWithinGrace: [50, 700],
  pauseAfterGrace: [1_200, 2_500],
  viewerPause: [50, 500],
  warmUpMs: 2_000,
  settleMs: 8_000,
  idleWindowMs: 1_000,
  // The 99th percentile of a second is a single timer, and a second of a process that is as young as this compiles still.
  bounds: {
    ...ENDURANCE_BOUNDS,
    loopDelayP99Ms: Number.POSITIVE_INFINITY,
    idleCpuMsPerSecond: 100,
    heapUsedBytes: 2 * ENDURANCE_BOUNDS.heapUsedBytes,
  },
};
