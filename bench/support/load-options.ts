import type { HlsLoad, LiveLoad, Load, Server, VisitsLoad } from "../scenarios/scenario.ts";

export type LoadTimes = {
  /** The window. Undefined: as the load has it, or DEFAULT_TIMES. */
  readonly seconds: number | undefined;
  /** From when all viewers have got media until the window opens; undefined: likewise. */
  readonly warmUpSeconds: number | undefined;
};

const DEFAULT_TIMES = { seconds: 8, warmUpSeconds: 3 } as const;

const VIEWERS_PER_SECOND = 400;
const PUBLISHERS_PER_SECOND = 100;
/** Of a server that is not fast. */
const VISITS_PER_SECOND = 700;
const VISITS_TIMEOUT_SECONDS = 60;
/** Each begins with half a megabyte or more that is there already. */
const HLS_VIEWERS_PER_SECOND = 100;
/** How long there is a broadcast before the first viewer comes: segments to begin with. */
const HLS_LEAD_SECONDS = 4;

/** The loader's options for this load on that server: bench/load/README.md. */
export function loadOptions(load: Load, server: Server, clip: string, times: LoadTimes): string[] {
  switch (load.kind) {
    case "live":
      return liveOptions(load, server, clip, times);
    case "visits":
      return visitsOptions(load, clip);
    case "hls":
      return hlsOptions(load, clip, times);
    default:
      return load satisfies never;
  }
}

/** About how long a run lasts, from the start of its server to the end. */
export function typicalSeconds(load: Load, times: LoadTimes): number {
  const aroundSeconds = 4;
  if (load.kind === "visits") return aroundSeconds + load.total / VISITS_PER_SECOND;
  const { seconds, warmUpSeconds } = timesOf(load, times);
  if (load.kind === "hls") {
    return aroundSeconds + HLS_LEAD_SECONDS + load.viewers / HLS_VIEWERS_PER_SECOND + warmUpSeconds + seconds;
  }
  const rampSeconds = load.viewers / VIEWERS_PER_SECOND + load.publishers / PUBLISHERS_PER_SECOND;
  return aroundSeconds + rampSeconds + warmUpSeconds + seconds;
}

function timesOf(
  load: LiveLoad | HlsLoad,
  times: LoadTimes,
): { readonly seconds: number; readonly warmUpSeconds: number } {
  const warmUpSeconds = load.kind === "live" ? load.warmUpSeconds : undefined;
  return {
    seconds: times.seconds ?? load.seconds ?? DEFAULT_TIMES.seconds,
    warmUpSeconds: times.warmUpSeconds ?? warmUpSeconds ?? DEFAULT_TIMES.warmUpSeconds,
  };
}

function liveOptions(load: LiveLoad, { program }: Server, clip: string, times: LoadTimes): string[] {
  const isFloor = program === "floor";
  const isRaw = isFloor || program === "sink" || program === "node-sink";
  const { publishers, viewers, isFlv = false, stalled = 0 } = load;
  const { seconds, warmUpSeconds } = timesOf(load, times);
  return [
    ...["--scenario", "live", "--flv", clip],
    ...(isRaw ? ["--raw"] : []),
    ...(isFlv ? ["--flv-players"] : []),
    // A floor makes its media itself.
    ...["--publishers", `${isFloor ? 0 : publishers}`, "--publish-rate", `${PUBLISHERS_PER_SECOND}`],
    ...["--players", `${viewers}`, "--rate", `${VIEWERS_PER_SECOND}`, "--stalled", `${stalled}`],
    ...["--warm", `${warmUpSeconds}`, "--window", `${seconds}`],
  ];
}

function visitsOptions({ total, together, untilKeyframe }: VisitsLoad, clip: string): string[] {
  return [
    ...["--scenario", "churn", "--flv", clip, "--total", `${total}`, "--concurrency", `${together}`],
    ...["--timeout", `${VISITS_TIMEOUT_SECONDS}`, ...(untilKeyframe ? ["--until-key"] : [])],
  ];
}

function hlsOptions(load: HlsLoad, clip: string, times: LoadTimes): string[] {
  const { seconds, warmUpSeconds } = timesOf(load, times);
  return [
    ...["--scenario", "hls", "--hls", load.way, "--flv", clip, "--lead", `${HLS_LEAD_SECONDS}`],
    ...["--players", `${load.viewers}`, "--rate", `${HLS_VIEWERS_PER_SECOND}`],
    ...["--warm", `${warmUpSeconds}`, "--window", `${seconds}`],
  ];
}
