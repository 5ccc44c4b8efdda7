import { MILLRACE_LOW, NGINX, type Scenario, SRS_DEFAULT } from "./scenario.ts";

const MANY = { kind: "live", publishers: 300, viewers: 0, clip: "1" } as const;
const SPREAD = { kind: "live", publishers: 100, viewers: 1000, clip: "1" } as const;

/** Many broadcasts at a time, with a few viewers each and with none. */
export const PUBLISHERS: readonly Scenario[] = [
  {
    name: "broadcasts-100",
    group: "broadcasts",
    isDefault: true,
    title: "100 publishers of 1 Mbit/s with 10 viewers each",
    runs: {
      millrace: { server: MILLRACE_LOW, load: SPREAD },
      nginx: { server: NGINX, load: SPREAD },
      srs: { server: SRS_DEFAULT, load: SPREAD },
    },
    rows: [
      { measure: "cpu-per-gigabyte", of: "millrace", against: "nginx", target: { ratio: 0.7 } },
      { measure: "cpu-per-gigabyte", of: "millrace", against: "srs" },
      { measure: "delay-p50", of: "millrace", against: "nginx" },
      { measure: "delay-p99", of: "millrace", against: "nginx" },
    ],
  },
  {
    name: "publishers-300",
    group: "broadcasts",
    isDefault: true,
    title: "300 publishers of 1 Mbit/s without viewers",
    runs: {
      millrace: { server: MILLRACE_LOW, load: MANY },
      nginx: { server: NGINX, load: MANY },
      srs: { server: SRS_DEFAULT, load: MANY },
      sink: { server: { program: "sink" }, load: MANY },
      nodeSink: { server: { program: "node-sink" }, load: MANY },
    },
    rows: [
      { measure: "cpu-per-gigabyte", of: "millrace", against: "nginx", target: { ratio: 1.3 } },
      { measure: "cpu-per-gigabyte", of: "millrace", against: "srs", target: { ratio: 0.75 } },
      { measure: "cpu-per-gigabyte", of: "millrace", against: "sink" },
      { measure: "cpu-per-gigabyte", of: "millrace", against: "nodeSink" },
      { measure: "memory-per-publisher", of: "millrace", against: "srs", target: { ratio: 0.5 } },
      { measure: "memory-per-publisher", of: "millrace", against: "nginx" },
    ],
  },
];
