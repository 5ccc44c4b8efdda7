import { inTime } from "./figures-in-words.ts";
import { type Check, createFinding } from "./finding.ts";
import { HEALTH_THRESHOLDS as THRESHOLDS } from "./health-thresholds.ts";

/** What is wrong with how the connection behaves. */
export const networkChecks: readonly Check[] = [
  // OBS throws away what servers send, and never answers: that is no fault.
  ({ network: { hasAnsweredPing = false, unansweredPings = 0 } }) =>
    hasAnsweredPing && unansweredPings >= THRESHOLDS.unansweredPings
      ? createFinding("unanswered-pings", "warning", `the last ${unansweredPings} pings were not answered`)
      : undefined,

  ({ network: { roundTripMs = 0 }, ownDelayMs }) =>
    roundTripMs - ownDelayMs >= THRESHOLDS.roundTripMs
      ? createFinding("high-round-trip", "warning", `a ping takes ${inTime(roundTripMs)} there and back`)
      : undefined,

  ({ network: { hasAcknowledged = true, sentBytes = 0, acknowledgeEveryBytes = Number.POSITIVE_INFINITY } }) =>
    !hasAcknowledged && sentBytes > THRESHOLDS.unacknowledgedWindows * acknowledgeEveryBytes
      ? createFinding("unacknowledged", "warning", "it never acknowledged what it was sent")
      : undefined,
];
