/** Live broadcasts: one log, many cursors. The public entry `millrace/broadcast`. */
export { type ArrivalReport, BroadcastAnalysis, type BroadcastReport } from "./analysis/broadcast-analysis.ts";
export type { InterleaveReport } from "./analysis/interleave-analysis.ts";
export type { SpreadSummary } from "./analysis/spread.ts";
export type { PictureReport, TrackReport } from "./analysis/track-analysis.ts";
export { Broadcast, type BroadcastOptions, DEFAULT_BROADCAST_OPTIONS } from "./broadcast.ts";
export type { BroadcastCounters } from "./broadcast-counters.ts";
export { BroadcastDirectory } from "./directory.ts";
export { DEFAULT_FLUSH_POLICY, type FlushPolicy } from "./flush-policy.ts";
export type { HealthCode } from "./health/health-codes.ts";
export type { NetworkConduct } from "./health/health-facts.ts";
export { HealthMeter, type HealthMeterOptions } from "./health/health-meter.ts";
export type { FindingLevel, HealthFigures, HealthFinding, HealthLevel, HealthReport } from "./health/health-report.ts";
export { DEFAULT_LAG_LIMITS, type LagLimits } from "./lag-policy.ts";
export type {
  BusyNamePolicy,
  Publication,
  PublicationEnd,
  Publisher,
  PublishResult,
  Subscriber,
} from "./publication.ts";
export type { RelayOutput } from "./relays.ts";
export type { TimelineCounters } from "./timeline.ts";
export type { Track } from "./tracks.ts";
export type { Viewer, ViewerCounters, ViewerNotice, ViewerOutput, ViewerWants } from "./viewer.ts";
