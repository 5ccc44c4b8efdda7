import type { LiveLoad, Load, Server, VisitsLoad } from "../scenarios/scenario.ts";

export type LoadTimes = {
  /** The window; undefined: the load's own, or DEFAULT_SECONDS. */
  readonly seconds: number | undefined;
  /** Before the window, when all viewers have got media. */
  readonly warmUpSeconds: number;
};

export const DEFAULT_SECONDS = 8;

const VIEWERS_PER_SECOND = 400;
const PUBLISHERS_PER_SECOND = 100;
const VISITS_TIMEOUT_SECONDS = 60;

/** The loader's options for this load on that server: bench/load/README.md. */
export function loadOptions(load: Load, server: Server, clip: string, times: LoadTimes): string[] {
  return load.kind === "live" ? liveOptions(load, server, clip, times) : visitsOptions(load, clip);
}

function liveOptions(load: LiveLoad, { program }: Server, clip: string, times: LoadTimes): string[] {
  const isFloor = program === "floor";
  const isRaw = isFloor || program === "sink" || program === "node-sink";
  const { publishers, viewers, stalled = 0 } = load;
  return [
    ...["--scenario", "live", "--flv", clip],
    ...(isRaw ? ["--raw"] : []),
    // A floor makes its media itself.
    ...["--publishers", `${isFloor ? 0 : publishers}`, "--publish-rate", `${PUBLISHERS_PER_SECOND}`],
    ...["--players", `${viewers}`, "--rate", `${VIEWERS_PER_SECOND}`, "--stalled", `${stalled}`],
    ...["--warm", `${times.warmUpSeconds}`, "--window", `${times.seconds ?? load.seconds ?? DEFAULT_SECONDS}`],
  ];
}

function visitsOptions({ total, together, untilKeyframe }: VisitsLoad, clip: string): string[] {
  return [
    ...["--scenario", "churn", "--flv", clip, "--total", `${total}`, "--concurrency", `${together}`],
    ...["--timeout", `${VISITS_TIMEOUT_SECONDS}`, ...(untilKeyframe ? ["--until-key"] : [])],
  ];
}
