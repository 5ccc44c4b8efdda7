/** What the loader prints of one run, by its name there: bench/load/README.md. */
export type Figures = Readonly<Record<string, number | string>>;

export type Measure = {
  readonly title: string;
  readonly digits: number;
  /** Undefined where the run has no such figure. */
  readonly value: (figures: Figures) => number | undefined;
};

export type MeasureName =
  | "cpu-per-gigabyte"
  | "cpu-percent"
  | "cpu-per-second"
  | "cpu-per-connection"
  | "delay-p50"
  | "delay-p99"
  | "start-p50"
  | "start-p99"
  | "keyframe-p50"
  | "keyframe-p99"
  | "memory-per-viewer"
  | "memory-per-publisher"
  | "memory-at-end"
  | "wake-ups"
  | "main-wake-ups"
  | "stalled-closed"
  | "hls-stalls"
  | "requests";

export const MEASURES: Readonly<Record<MeasureName, Measure>> = {
  "cpu-per-gigabyte": measure("CPU-s/GB", 3, "cpu_s_per_GB"),
  "cpu-percent": measure("CPU, % of a core", 1, "server_cpu_pct"),
  "cpu-per-second": measure("CPU, ms/s", 2, "server_cpu_ms_per_s"),
  "cpu-per-connection": measure("CPU-ms per connection", 3, "cpu_ms_per_connection"),
  "delay-p50": measure("delay p50, ms", 1, "p50_ms"),
  "delay-p99": measure("delay p99, ms", 1, "p99_ms"),
  "start-p50": measure("to Play.Start p50, ms", 1, "start_p50_ms"),
  "start-p99": measure("to Play.Start p99, ms", 1, "start_p99_ms"),
  "keyframe-p50": measure("to the first keyframe p50, ms", 1, "key_p50_ms"),
  "keyframe-p99": measure("to the first keyframe p99, ms", 1, "key_p99_ms"),
  "memory-per-viewer": measure("kB per viewer", 1, "rss_per_player_kB"),
  "memory-per-publisher": measure("kB per publisher", 0, "rss_per_publisher_kB"),
  "memory-at-end": measure("memory at the end, MB", 1, "rss_kB", 1 / 1024),
  "wake-ups": measure("wake-ups/s, all threads", 1, "wakeups_per_s"),
  "main-wake-ups": measure("wake-ups/s, main thread", 1, "main_wakeups_per_s"),
  "stalled-closed": measure("stalled viewers closed", 0, "stalled_closed"),
  "hls-stalls": measure("times a viewer had nothing to show", 0, "stalls"),
  requests: measure("requests/s", 0, "requests_per_s"),
};

function measure(title: string, digits: number, figure: string, factor = 1): Measure {
  return {
    title,
    digits,
    value: (figures) => {
      const value = figures[figure];
      return typeof value === "number" ? value * factor : undefined;
    },
  };
}

/** What makes a run say less than it seems to, if anything. */
export function doubtsOf(figures: Figures): string[] {
  const number = (name: string): number => Number(figures[name] ?? 0);
  const doubts: string[] = [];
  if (number("loader_cpu_pct") >= MOST_LOADER_PERCENT) {
    doubts.push(`the loader was the limit (${number("loader_cpu_pct").toFixed(0)} % of a core)`);
  }
  const stolenCores = number("steal_s") / number("wall_s");
  if (stolenCores >= MOST_STOLEN_CORES) doubts.push(`the machine's host took ${stolenCores.toFixed(2)} cores`);
  const counts = [
    ["players_slow", "viewers got less than 90 % of what others got"],
    ["frames_lost", "frames were lost"],
    ["players_failed", "viewers failed"],
    ["publishers_failed", "publishers failed"],
    ["failed", "connections failed"],
    ["request_errors", "requests failed"],
    ["items_skipped", "parts or segments were missed"],
  ] as const;
  for (const [name, text] of counts) if (number(name) > 0) doubts.push(`${number(name)} ${text}`);
  if (number("publish_late_max_ms") >= LATE_PUBLISHER_MS) {
    doubts.push(`a message was published ${number("publish_late_max_ms").toFixed(0)} ms late`);
  }
  return doubts;
}

const MOST_LOADER_PERCENT = 90;
const MOST_STOLEN_CORES = 0.1;
const LATE_PUBLISHER_MS = 200;
