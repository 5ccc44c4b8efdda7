import type { Track } from "../tracks.ts";
import type { DeclaredMedia } from "./declared-media.ts";
import type { GopMeter } from "./gop-meter.ts";
import type { HealthWindow } from "./health-window.ts";
import type { TrackMeter } from "./track-meter.ts";

/** How a publisher's connection behaves, as far as that is known. */
export type NetworkConduct = {
  /** Of the newest ping that was answered. */
  readonly roundTripMs?: number;
  readonly hasAnsweredPing?: boolean;
  /** Pings since the newest answer. */
  readonly unansweredPings?: number;
  readonly hasAcknowledged?: boolean;
  /** What it was sent. */
  readonly sentBytes?: number;
  /** After how many bytes it was asked to acknowledge. */
  readonly acknowledgeEveryBytes?: number;
};

/** What findings are made of. */
export type HealthFacts = {
  readonly nowMs: number;
  readonly watchedMs: number;
  /** How long no audio and no video came. */
  readonly silentMs: number;
  readonly ownDelayMs: number;
  readonly window: HealthWindow;
  readonly video: Readonly<TrackMeter>;
  readonly audio: Readonly<TrackMeter>;
  readonly gops: Pick<GopMeter, "hasKeyframe" | "openMs" | "summary">;
  readonly tracks: readonly Track[];
  readonly declared: DeclaredMedia | undefined;
  readonly hasMetadata: boolean;
  /** Of the whole publication. */
  readonly timestampsBack: number;
  readonly timestampGaps: number;
  readonly timestampRepairs: number;
  /** Media that has come, and the time that it took. */
  readonly mediaMs: number;
  readonly mediaTimeMs: number;
  /** Newest audio less newest video at the beginning; undefined while that is not known. */
  readonly driftBaseMs: number | undefined;
  readonly change: { readonly text: string; readonly atMs: number } | undefined;
  readonly network: NetworkConduct;
};
