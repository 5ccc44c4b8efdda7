import { MILLRACE_LOW, NGINX, type Scenario, SRS_DEFAULT, type VisitsLoad } from "./scenario.ts";

const START: VisitsLoad = { kind: "visits", total: 3000, together: 50, clip: "2.6", untilKeyframe: false };
const KEYFRAME: VisitsLoad = { ...START, untilKeyframe: true };

/** Viewers that come and go. */
export const CONNECTIONS: readonly Scenario[] = [
  {
    name: "connect",
    group: "connections",
    isDefault: true,
    title: "3000 viewers that connect, play and leave, 50 at a time",
    runs: {
      millrace: { server: MILLRACE_LOW, load: START },
      nginx: { server: NGINX, load: START },
      srs: { server: SRS_DEFAULT, load: START },
    },
    rows: [
      { measure: "start-p50", of: "millrace", target: { value: 10 } },
      { measure: "start-p50", of: "millrace", against: "srs" },
      { measure: "start-p50", of: "millrace", against: "nginx" },
      { measure: "start-p99", of: "millrace", against: "srs" },
      { measure: "cpu-per-connection", of: "millrace", against: "srs", target: { ratio: 1.2 } },
      { measure: "cpu-per-connection", of: "millrace", against: "nginx" },
    ],
  },
  {
    // nginx-rtmp has no part in it: its viewers wait for the next keyframe, which lasts longer than the run may.
    name: "connect-keyframe",
    group: "connections",
    isDefault: true,
    title: "the same, each until its first keyframe",
    runs: {
      millrace: { server: MILLRACE_LOW, load: KEYFRAME },
      srs: { server: SRS_DEFAULT, load: KEYFRAME },
    },
    rows: [
      { measure: "keyframe-p50", of: "millrace", target: { value: 10 } },
      { measure: "keyframe-p50", of: "millrace", against: "srs" },
      { measure: "keyframe-p99", of: "millrace", against: "srs" },
      { measure: "cpu-per-connection", of: "millrace", against: "srs" },
    ],
  },
];
