/*
 * What the doctor says of a publisher. Plain values, as JSON has them; what is not known, or does not apply, is left out.
 */

import type { HealthCode } from "./health-codes.ts";

export type HealthLevel = "good" | "warning" | "bad";

export type HealthReport = {
  /** `unknown` in the first seconds, until there is enough to judge by. */
  readonly level: HealthLevel | "unknown";
  /** One sentence: the gravest finding with its advice, or that all is well. */
  readonly verdict: string;
  /** The gravest first. */
  readonly findings: readonly HealthFinding[];
  readonly figures: HealthFigures;
};

export type FindingLevel = Exclude<HealthLevel, "good">;

export type HealthFinding = {
  /** Stable: docs/doctor.md. */
  readonly code: HealthCode;
  readonly level: FindingLevel;
  /** What is wrong, with figures: "keyframe every 10.0 s". */
  readonly text: string;
  /** What to do: "set the keyframe interval to 2 s, so that viewers start faster". */
  readonly advice: string;
};

/** Figures of the last half minute, unless said otherwise. */
export type HealthFigures = {
  /** How long this publication was watched. */
  readonly watchedMs: number;
  /** Bits in a second, by arrival. */
  readonly videoBitrate?: number;
  readonly audioBitrate?: number;
  readonly declaredVideoBitrate?: number;
  readonly declaredAudioBitrate?: number;
  /** Pictures in a second of media. */
  readonly frameRate?: number;
  readonly declaredFrameRate?: number;
  /** From one keyframe to the next: the last eight, and the one that has not ended where that is longer. */
  readonly gopMs?: { readonly least: number; readonly mean: number; readonly most: number };
  /**
   * Of the whole publication: steps back as they came, pauses of more than a second, and how often the server put
   * timestamps right.
   */
  readonly timestampsBack: number;
  readonly timestampGaps: number;
  readonly timestampRepairs: number;
  /** Positive: audio is ahead of video. The mean, and by how much it grew since the publication began. */
  readonly audioAheadMs?: number;
  readonly audioVideoDriftMs?: number;
  /** By how much the newest audio and the newest video were apart at most: what a player must hold. */
  readonly interleaveMs?: number;
  /** Media in a second of time: 1 is real time. */
  readonly speed?: number;
  /** How late media comes, as against the least late: what a player must hold back for 95 of 100 seconds to be smooth. */
  readonly jitterMs?: number;
  /** Of the newest ping that was answered. */
  readonly roundTripMs?: number;
  /** Whether it ever acknowledged bytes: it need not, unless it is sent much. */
  readonly hasAcknowledged?: boolean;
  /** Whether it ever answered a ping: OBS does not. */
  readonly hasAnsweredPing?: boolean;
};
