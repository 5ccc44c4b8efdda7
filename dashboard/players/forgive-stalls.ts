import Hls from "hls.js";

/** By how much a stall has hls.js stay further behind: seconds. */
export const STALL_INCREASE = 0.25;
/** After so long without another it comes nearer again: by itself it would stay there for good. */
const CALM_MS = 20_000;

/** Has a player that stalled come back to where the playlist wants it, once all goes well. */
export function forgiveStalls(hls: Hls, nowMs: () => number = () => performance.now()): void {
  let lastStallMs: number | undefined;
  hls.on(Hls.Events.ERROR, (_name, { details }) => {
    if (details === Hls.ErrorDetails.BUFFER_STALLED_ERROR) lastStallMs = nowMs();
  });
  hls.on(Hls.Events.LEVEL_UPDATED, (_name, { details: { partHoldBack, holdBack } }) => {
    if (lastStallMs === undefined || nowMs() - lastStallMs < CALM_MS) return;
    lastStallMs = undefined;
    // Setting it has hls.js count stalls from none on.
    hls.targetLatency = partHoldBack > 0 ? partHoldBack : holdBack;
  });
}
