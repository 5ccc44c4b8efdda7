import { type LiveLoad, MILLRACE_LOW, NGINX, type Scenario, SRS_DEFAULT } from "./scenario.ts";

const HEALTHY: LiveLoad = { kind: "live", publishers: 1, viewers: 200, clip: "2.6", seconds: 40 };
const STALLED: LiveLoad = { ...HEALTHY, stalled: 20 };

/** What viewers that do not read cost those that do. */
export const STALLED_VIEWERS: readonly Scenario[] = [
  {
    name: "stalled",
    group: "stalled",
    isDefault: false,
    title: "20 of 200 viewers stop reading for 40 s, against the same without",
    runs: {
      healthy: { server: MILLRACE_LOW, load: HEALTHY },
      stalled: { server: MILLRACE_LOW, load: STALLED },
      nginx: { server: NGINX, load: STALLED },
      srs: { server: SRS_DEFAULT, load: STALLED },
    },
    rows: [
      { measure: "delay-p99", of: "stalled", against: "healthy", target: { ratio: 1.2 } },
      { measure: "delay-p50", of: "stalled", against: "healthy" },
      { measure: "memory-at-end", of: "stalled", against: "healthy" },
      { measure: "memory-at-end", of: "stalled", against: "nginx" },
      { measure: "memory-at-end", of: "stalled", against: "srs" },
      { measure: "stalled-closed", of: "stalled" },
    ],
  },
];
