import { readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, release, totalmem } from "node:os";

/** What figures depend on. */
export type Machine = {
  readonly node: string;
  readonly platform: string;
  /** The version without what a distribution adds to it. */
  readonly kernel: string;
  readonly cores: number;
  readonly processor: string;
  readonly memoryGigabytes: number;
  /** How TCP decides how much it may send; undefined where Linux does not tell. */
  readonly congestionControl: string | undefined;
  /** Processes that wanted a core, on average over the last minute. */
  readonly load: number;
};

export function describeMachine(): Machine {
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    kernel: /^[\d.]+/.exec(release())?.[0] ?? release(),
    cores: availableParallelism(),
    processor: cpus()[0]?.model.trim() ?? "unknown",
    memoryGigabytes: Math.round(totalmem() / 2 ** 30),
    congestionControl: congestionControl(),
    load: loadavg()[0] ?? 0,
  };
}

function congestionControl(): string | undefined {
  try {
    return readFileSync("/proc/sys/net/ipv4/tcp_congestion_control", "utf8").trim();
  } catch {
    return undefined;
  }
}
