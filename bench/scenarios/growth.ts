import type { ClipName } from "../support/media-clips.ts";
import {
  FLOOR_VIDEO,
  type LiveLoad,
  MILLRACE_LOW,
  millraceFlush,
  NGINX,
  type PlotPlace,
  type Row,
  type Scenario,
  type Server,
  SRS_DEFAULT,
} from "./scenario.ts";

const VIEWERS = [100, 250, 500, 1000, 2000] as const;
const PUBLISHERS = [10, 100, 300, 500] as const;
const BITRATES = ["0.5", "1", "2.6", "8"] as const satisfies readonly ClipName[];
const BITRATE_VIEWERS = 200;

const FAN_OUT_SERVERS = {
  "millrace low": MILLRACE_LOW,
  "millrace merge 350": millraceFlush(350),
  "nginx-rtmp": NGINX,
  SRS: SRS_DEFAULT,
  "C floor": FLOOR_VIDEO,
} as const satisfies Record<string, Server>;

const FAN_IN_SERVERS = {
  millrace: MILLRACE_LOW,
  "nginx-rtmp": NGINX,
  SRS: SRS_DEFAULT,
  "C floor": { program: "sink" },
  "Node, reads and drops": { program: "node-sink" },
} as const satisfies Record<string, Server>;

/** What `bench/plot.ts` draws: how cost grows. */
export const GROWTH: readonly Scenario[] = [
  growth("viewers", "viewers", "one broadcast of 2.6 Mbit/s, by its viewers", FAN_OUT_SERVERS, VIEWERS, (viewers) => ({
    kind: "live",
    publishers: 1,
    viewers,
    clip: "2.6",
  })),
  growth(
    "publishers",
    "publishers",
    "publishers of 1 Mbit/s without viewers, by their number",
    FAN_IN_SERVERS,
    PUBLISHERS,
    (publishers) => ({
      kind: "live",
      publishers,
      viewers: 0,
      clip: "1",
    }),
  ),
  growth(
    "bitrate",
    "Mbit/s",
    `one broadcast with ${BITRATE_VIEWERS} viewers, by its bitrate`,
    FAN_OUT_SERVERS,
    BITRATES,
    (clip) => ({
      kind: "live",
      publishers: 1,
      viewers: BITRATE_VIEWERS,
      clip,
    }),
  ),
];

function growth<Place extends number | ClipName>(
  name: PlotPlace["name"],
  unit: string,
  title: string,
  servers: Readonly<Record<string, Server>>,
  places: readonly Place[],
  loadAt: (place: Place) => LiveLoad,
): Scenario {
  const runs = places.flatMap((place) =>
    Object.entries(servers).map(([series, server]) => {
      const plot = { name, series, at: Number(place) };
      return [`${series} ${place}`, { server, load: loadAt(place), plot }] as const;
    }),
  );
  const rows = places.flatMap((place): Row[] => {
    const [own = "", ...others] = Object.keys(servers).map((series) => `${series} ${place}`);
    return others.map((against) => ({ measure: "cpu-per-gigabyte", at: `${place} ${unit}`, of: own, against }));
  });
  return {
    name: `growth-${name}`,
    group: "growth",
    isDefault: false,
    title,
    runs: Object.fromEntries(runs),
    rows,
  };
}
