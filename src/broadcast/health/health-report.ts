/*
 * What the doctor says of a publisher. Plain values, as JSON has them; what is not known, or does not apply, is left out.
 */

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

export type HealthFinding = {
  /** Stable, in kebab-case: `long-gop`, `audio-video-drift`, …: docs/doctor.md. */
  readonly code: string;
  readonly level: Exclude<HealthLevel, "good">;
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
  /** From one keyframe to the next. */
  readonly gopMs?: { readonly least: number; readonly mean: number; readonly most: number };
  /** Of the whole publication: times that stepped back, and pauses, as they came; and how often the server mended them. */
  readonly timestampsBack: number;
  readonly timestampGaps: number;
  readonly timestampRepairs: number;
  /** Positive: audio is ahead of video. The mean, and by how much it grew in the time that was watched. */
  readonly audioAheadMs?: number;
  readonly audioVideoDriftMs?: number;
  /** The longest stretch of media of one kind that came before the other caught up. */
  readonly interleaveMs?: number;
  /** Media in a second of time: 1 is real time. */
  readonly speed?: number;
  /** How unevenly media comes: what a player must hold back to play it smoothly (95 of 100 seconds). */
  readonly jitterMs?: number;
  /** Of the newest ping that was answered. */
  readonly roundTripMs?: number;
  /** Bytes that the publisher says to have received since it was last asked to; absent where it never acknowledged. */
  readonly hasAcknowledged?: boolean;
  readonly hasAnsweredPing?: boolean;
};
