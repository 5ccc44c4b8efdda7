import {
  FLOOR_VIDEO,
  type LiveLoad,
  MILLRACE_LOW,
  millraceFlush,
  NGINX,
  type Row,
  type Scenario,
  type Server,
  SRS_DEFAULT,
  SRS_REALTIME,
} from "./scenario.ts";

const MOST_OF_FLOOR = 1.3;

/** One broadcast of 2.6 Mbit/s and many viewers, by flush policy. */
export const FAN_OUT: readonly Scenario[] = [1000, 2000].flatMap((viewers) => [
  low(viewers),
  instant(viewers),
  merge100(viewers),
  merge350(viewers),
]);

function low(viewers: number): Scenario {
  const servers = { low: MILLRACE_LOW, nginx: NGINX, floor: FLOOR_VIDEO };
  return fanOut("low", viewers, servers, [
    { measure: "cpu-per-gigabyte", of: "low", against: "nginx", target: { ratio: 0.6 } },
    { measure: "cpu-per-gigabyte", of: "low", against: "floor", target: { ratio: MOST_OF_FLOOR } },
    { measure: "delay-p50", of: "low", against: "nginx" },
    { measure: "delay-p99", of: "low", against: "nginx", target: { ratio: 1 } },
    { measure: "memory-per-viewer", of: "low", against: "nginx", target: { ratio: 1.2 } },
  ]);
}

function instant(viewers: number): Scenario {
  const servers = {
    instant: millraceFlush("instant"),
    nginx: NGINX,
    floor: { program: "floor", flush: "instant" },
  } as const;
  return fanOut("instant", viewers, servers, [
    { measure: "cpu-per-gigabyte", of: "instant", against: "nginx", target: { ratio: 1 } },
    { measure: "cpu-per-gigabyte", of: "instant", against: "floor" },
    { measure: "delay-p50", of: "instant", against: "nginx" },
    { measure: "delay-p99", of: "instant", against: "nginx", target: { ratio: 1 } },
  ]);
}

function merge100(viewers: number): Scenario {
  const servers = { merge: millraceFlush(100), srs: SRS_REALTIME, floor: { program: "floor", flush: 100 } } as const;
  return fanOut("merge-100", viewers, servers, mergeRows());
}

function merge350(viewers: number): Scenario {
  const servers = { merge: millraceFlush(350), srs: SRS_DEFAULT, floor: { program: "floor", flush: 350 } } as const;
  return fanOut("merge-350", viewers, servers, mergeRows());
}

function mergeRows(): readonly Row[] {
  return [
    { measure: "cpu-per-gigabyte", of: "merge", against: "srs", target: { ratio: 0.8 } },
    { measure: "cpu-per-gigabyte", of: "merge", against: "floor" },
    { measure: "delay-p50", of: "merge", against: "srs" },
    { measure: "delay-p99", of: "merge", against: "srs", target: { ratio: 1 } },
    { measure: "memory-per-viewer", of: "merge", against: "srs" },
  ];
}

function fanOut(
  policy: string,
  viewers: number,
  servers: Readonly<Record<string, Server>>,
  rows: readonly Row[],
): Scenario {
  const load: LiveLoad = { kind: "live", publishers: 1, viewers, clip: "2.6" };
  return {
    name: `${policy}-${viewers}`,
    group: `fan-out-${viewers}`,
    isDefault: viewers === 1000 && policy === "low",
    title: `1 publisher of 2.6 Mbit/s, ${viewers} viewers, flush policy ${policy}`,
    runs: Object.fromEntries(Object.entries(servers).map(([name, server]) => [name, { server, load }])),
    rows,
  };
}
