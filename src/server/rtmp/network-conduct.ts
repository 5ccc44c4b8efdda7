import type { NetworkConduct } from "../../broadcast/health/health-facts.ts";
import type { Wire } from "../../rtmp/session/wire.ts";

/** What a connection's wire knows of how its peer behaves. */
export function conductOf(wire: Wire, acknowledgeEveryBytes: number): NetworkConduct {
  const { roundTripMs, unansweredPings, unacknowledgedBytes, bytesSent: sentBytes } = wire;
  return {
    ...(roundTripMs !== undefined && { roundTripMs }),
    // One may be on its way.
    unansweredPings: Math.max(0, unansweredPings - 1),
    hasAnsweredPing: roundTripMs !== undefined,
    hasAcknowledged: unacknowledgedBytes !== undefined,
    sentBytes,
    acknowledgeEveryBytes,
  };
}
