import { type LiveLoad, MILLRACE_LOW, type Scenario } from "./scenario.ts";

const VIEWERS = 300;
const RTMP: LiveLoad = { kind: "live", publishers: 1, viewers: VIEWERS, clip: "2.6" };

/** What a viewer of FLV by HTTP costs, against one by RTMP of the same broadcast. */
export const HTTP_FLV: readonly Scenario[] = [
  {
    name: `http-flv-${VIEWERS}`,
    group: "http-flv",
    isDefault: false,
    title: `1 publisher of 2.6 Mbit/s, ${VIEWERS} viewers of FLV by HTTP, against as many by RTMP`,
    runs: {
      flv: { server: MILLRACE_LOW, load: { ...RTMP, isFlv: true } },
      rtmp: { server: MILLRACE_LOW, load: RTMP },
    },
    rows: [
      { measure: "cpu-per-gigabyte", of: "flv", against: "rtmp", target: { ratio: 1.1 } },
      { measure: "delay-p50", of: "flv", against: "rtmp" },
      { measure: "delay-p99", of: "flv", against: "rtmp" },
      { measure: "memory-per-viewer", of: "flv", against: "rtmp" },
    ],
  },
];
