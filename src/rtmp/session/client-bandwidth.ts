import type { Command } from "../message/command.ts";
import type { BandwidthEvent } from "./client-events.ts";

/** The result of a measurement by Adobe's names; undefined for `onBWDone` without one, which only says hello. */
export function receiveBandwidth({ name, args }: Command): BandwidthEvent | undefined {
  const [kbps, , , latency] = args;
  if ((name !== "onBWDone" && name !== "_onbwdone") || !isAmount(kbps)) return undefined;
  return { kind: "bandwidth", kbps, latencyMs: isAmount(latency) ? latency : undefined };
}

function isAmount(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}
