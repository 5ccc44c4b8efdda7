import { type LiveLoad, MILLRACE_LOW, NGINX, type Row, type Scenario, SRS_DEFAULT } from "./scenario.ts";

/** Long enough for what a server still does about connections that were opened, such as collecting garbage. */
const WARM_UP_SECONDS = 10;

/** Servers that have nothing to do. */
export const IDLE: readonly Scenario[] = [
  idle("idle", 0, "a server without connections", []),
  idle("idle-viewers", 1000, "1000 viewers that wait for a broadcast", [
    { measure: "memory-per-viewer", of: "millrace", against: "nginx", target: { ratio: 1.2 } },
    { measure: "memory-per-viewer", of: "millrace", against: "srs" },
  ]),
];

function idle(name: string, viewers: number, title: string, rows: readonly Row[]): Scenario {
  const load: LiveLoad = { kind: "live", publishers: 0, viewers, clip: "2.6", warmUpSeconds: WARM_UP_SECONDS };
  return {
    name,
    group: "idle",
    isDefault: true,
    title,
    runs: {
      millrace: { server: MILLRACE_LOW, load },
      nginx: { server: NGINX, load },
      srs: { server: SRS_DEFAULT, load },
    },
    rows: [
      { measure: "wake-ups", of: "millrace", target: { value: 5 } },
      { measure: "wake-ups", of: "millrace", against: "srs" },
      { measure: "main-wake-ups", of: "millrace" },
      { measure: "cpu-per-second", of: "millrace", target: { value: 2 } },
      { measure: "cpu-per-second", of: "millrace", against: "srs" },
      ...rows,
    ],
  };
}
