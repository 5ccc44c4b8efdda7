/** When what was written goes out to the viewers: fewer, larger writes cost less, and wait longer. */
export type FlushPolicy =
  /** After each read from the publisher. */
  | { readonly kind: "instant" }
  /**
   * With each video frame; audio waits at most `audioHoldMs` for one, and players wait for the picture
   * anyway. The default, with 50 ms: longer than from frame to frame at 20 a second.
   */
  | { readonly kind: "low"; readonly audioHoldMs: number }
  /** Every `intervalMs` for each viewer, viewers staggered so that no pass serves all of them. */
  | { readonly kind: "merge"; readonly intervalMs: number };

export const DEFAULT_FLUSH_POLICY: FlushPolicy = { kind: "low", audioHoldMs: 50 };

/** In which time a merging pass goes on to the next group of viewers. */
const MERGE_STEP_MS = 15;

/** How many groups of viewers are served in turn. */
export function groupCount(policy: FlushPolicy): number {
  return policy.kind === "merge" ? Math.max(1, Math.round(policy.intervalMs / MERGE_STEP_MS)) : 1;
}

/** How long a message just written may wait, in milliseconds; 0 = until the publisher's bytes at hand are read. */
export function flushDelayMs(policy: FlushPolicy, isVideoFrame: boolean): number {
  switch (policy.kind) {
    case "instant":
      return 0;
    case "low":
      return isVideoFrame ? 0 : policy.audioHoldMs;
    case "merge":
      return policy.intervalMs / groupCount(policy);
  }
}
