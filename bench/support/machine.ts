import { availableParallelism, cpus, loadavg } from "node:os";

/** What figures depend on. */
export type Machine = {
  readonly node: string;
  readonly platform: string;
  readonly cores: number;
  readonly processor: string;
  /** Processes that wanted a core, on average over the last minute. */
  readonly load: number;
};

export function describeMachine(): Machine {
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cores: availableParallelism(),
    processor: cpus()[0]?.model.trim() ?? "unknown",
    load: loadavg()[0] ?? 0,
  };
}
