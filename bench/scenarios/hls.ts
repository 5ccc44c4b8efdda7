import { type HlsLoad, type LiveLoad, MILLRACE_LOW, NGINX_FILES, type Scenario, type Server } from "./scenario.ts";

/** As for the files beside nginx: the first viewers find segments that they can begin with. */
const ALWAYS: Server = { program: "millrace", settings: { "http.hls.start": "always" } };
const VIEWERS = 500;
/** Some segments long. */
const SECONDS = 12;

/** What cutting a broadcast costs, and what it costs to serve that. */
export const HLS: readonly Scenario[] = [cutting(1), cutting(10), ...watching()];

/** Nobody watches. */
function cutting(publishers: number): Scenario {
  const load: LiveLoad = { kind: "live", publishers, viewers: 0, clip: "2.6", seconds: SECONDS };
  return {
    name: `hls-cutting-${publishers}`,
    group: "hls",
    isDefault: false,
    title: `${publishers} publishers of 2.6 Mbit/s without viewers, cut for HLS, against the same without`,
    runs: { hls: { server: ALWAYS, load }, plain: { server: MILLRACE_LOW, load } },
    rows: [
      { measure: "cpu-per-second", of: "hls", against: "plain" },
      { measure: "cpu-per-gigabyte", of: "hls", against: "plain" },
      { measure: "memory-per-publisher", of: "hls", against: "plain" },
    ],
  };
}

function watching(): readonly Scenario[] {
  const load: HlsLoad = { kind: "hls", viewers: VIEWERS, clip: "2.6", way: "blocking", seconds: SECONDS };
  const polled: HlsLoad = { ...load, way: "parts" };
  const segments: HlsLoad = { ...load, way: "segments" };
  const group = "hls";
  return [
    {
      name: `ll-hls-${VIEWERS}`,
      group,
      isDefault: false,
      title: `${VIEWERS} viewers of LL-HLS, who wait for playlists; against nginx with the same files, who poll them`,
      runs: {
        millrace: { server: ALWAYS, load },
        polled: { server: ALWAYS, load: polled },
        nginx: { server: NGINX_FILES, load: polled },
      },
      rows: [
        { measure: "cpu-per-gigabyte", of: "millrace", against: "nginx" },
        { measure: "cpu-per-gigabyte", of: "polled", against: "nginx", at: "polled" },
        { measure: "delay-p50", of: "millrace", against: "nginx" },
        { measure: "delay-p99", of: "millrace", against: "nginx" },
        { measure: "requests", of: "millrace", against: "nginx" },
        { measure: "hls-stalls", of: "millrace" },
        { measure: "hls-stalls", of: "nginx" },
        { measure: "memory-per-viewer", of: "millrace" },
      ],
    },
    {
      name: `hls-${VIEWERS}`,
      group,
      isDefault: false,
      title: `${VIEWERS} viewers of HLS without low latency, against nginx with the same files`,
      runs: { millrace: { server: ALWAYS, load: segments }, nginx: { server: NGINX_FILES, load: segments } },
      rows: [
        { measure: "cpu-per-gigabyte", of: "millrace", against: "nginx" },
        { measure: "delay-p50", of: "millrace", against: "nginx" },
        { measure: "delay-p99", of: "millrace", against: "nginx" },
        { measure: "hls-stalls", of: "millrace" },
      ],
    },
  ];
}
