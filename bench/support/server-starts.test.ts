import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import {
  FLOOR_VIDEO,
  MILLRACE_LOW,
  millraceFlush,
  NGINX,
  NGINX_FILES,
  type Server,
  SRS_DEFAULT,
  SRS_REALTIME,
} from "../scenarios/scenario.ts";
import { planIsolation } from "./isolation.ts";
import { loadOptions, typicalSeconds } from "./load-options.ts";
import { type ServerPrograms, type ServerStart, type StartOptions, serverStart, serverTitle } from "./server-starts.ts";

const PROGRAMS: ServerPrograms = {
  checkout: "/here",
  otherCheckout: "/there",
  node: "node",
  floor: "floor",
  nodeSink: "sink.ts",
  hlsFiles: "files.ts",
  nginx: { file: "nginx", module: "rtmp.so" },
  srs: { file: "srs" },
};
const OPTIONS: StartOptions = { workers: undefined, nodeOptions: [], clip: "clip.flv" };
const UNSET = { seconds: undefined, warmUpSeconds: undefined };

function start(server: Server, options: Partial<StartOptions> = {}): ServerStart | undefined {
  return serverStart(server, PROGRAMS, { ...OPTIONS, ...options });
}

test("millrace is started as users do, with the settings of the scenario", () => {
  const serve = "serve --listen 127.0.0.1:{port} --log-level error";
  equal(start(MILLRACE_LOW)?.command.join(" "), `node --max-semi-space-size=4 /here/bin/millrace.js ${serve}`);
  const merge = start(millraceFlush(100), { workers: "2" });
  const settings = "--set play.flush=merge --set play.mergeMs=100 --workers 2";
  equal(merge?.command.join(" "), `node --max-semi-space-size=4 /here/bin/millrace.js ${serve} ${settings}`);
  const other = start({ program: "millrace", settings: {}, isOther: true });
  equal(other?.command[2], "/there/bin/millrace.js");
});

test("the floor gets the media, the sinks do not", () => {
  deepEqual(start(FLOOR_VIDEO)?.command, ["floor", "-p", "{port}", "-f", "clip.flv", "-v", "-b", "50"]);
  deepEqual(start({ program: "floor", flush: "instant" })?.command.slice(-2), ["-b", "0"]);
  deepEqual(start({ program: "floor", flush: 350 })?.command.slice(-2), ["-b", "350"]);
  deepEqual(start({ program: "sink" })?.command, ["floor", "-p", "{port}", "-s"]);
  deepEqual(start({ program: "node-sink" })?.command, ["node", "sink.ts", "{port}"]);
});

test("peers get a configuration, and are left out where they are not there", () => {
  match(start(NGINX)?.files["nginx.conf"] ?? "", /load_module rtmp\.so;[\s\S]*listen 127\.0\.0\.1:\{port\};/);
  match(start(SRS_REALTIME)?.files["srs.conf"] ?? "", /mw_latency 100/);
  equal(start(SRS_DEFAULT)?.files["srs.conf"]?.includes("mw_latency"), false);
  const alone: ServerPrograms = { ...PROGRAMS, nginx: undefined, srs: undefined, otherCheckout: undefined };
  const other: Server = { program: "millrace", settings: {}, isOther: true };
  for (const server of [NGINX, SRS_DEFAULT, other]) equal(serverStart(server, alone, OPTIONS), undefined);
});

test("files are served by nginx, and made by a program beside it", () => {
  const { files, companion } = start(NGINX_FILES) ?? {};
  match(files?.["nginx.conf"] ?? "", /listen 127\.0\.0\.1:\{port\};\s+root \{folder\}\/files;/);
  deepEqual(companion, ["node", "files.ts", "{publishPort}", "{folder}/files"]);
});

test("viewers of HLS play as the load says", () => {
  const load = { kind: "hls", viewers: 500, clip: "1", way: "parts", seconds: 12 } as const;
  const options = loadOptions(load, NGINX_FILES, "clip.flv", UNSET).join(" ");
  match(options, /^--scenario hls --hls parts --flv clip\.flv .*--players 500 .*--warm 3 --window 12$/);
  equal(typicalSeconds(load, UNSET), 4 + 4 + 5 + 3 + 12);
});

test("every server has a title of its own", () => {
  const servers: Server[] = [
    NGINX_FILES,
    ...[MILLRACE_LOW, millraceFlush(100), millraceFlush("instant"), NGINX, SRS_DEFAULT, SRS_REALTIME, FLOOR_VIDEO],
    ...([
      { program: "floor", flush: "instant" },
      { program: "floor", flush: 100 },
    ] as const),
    ...([{ program: "sink" }, { program: "node-sink" }, { program: "millrace", settings: {}, isOther: true }] as const),
  ];
  equal(new Set(servers.map(serverTitle)).size, servers.length);
});

test("a floor publishes by itself; a sink is published to without a handshake", () => {
  const load = { kind: "live", publishers: 3, viewers: 6, clip: "1" } as const;
  const optionsFor = (server: Server): string => loadOptions(load, server, "clip.flv", UNSET).join(" ");
  match(optionsFor(MILLRACE_LOW), /^--scenario live --flv clip\.flv --publishers 3 .*--players 6 /);
  match(optionsFor(FLOOR_VIDEO), /--raw --publishers 0 .*--players 6 /);
  match(optionsFor({ program: "sink" }), /--raw --publishers 3 /);
});

test("times are those that were asked for, the load's, or the usual ones", () => {
  const load = { kind: "live", publishers: 0, viewers: 0, clip: "1" } as const;
  const timesOf = (own: object, asked: object): string =>
    loadOptions({ ...load, ...own }, NGINX, "clip.flv", { ...UNSET, ...asked })
      .slice(-4)
      .join(" ");
  equal(timesOf({}, {}), "--warm 3 --window 8");
  equal(timesOf({ seconds: 40, warmUpSeconds: 10 }, {}), "--warm 10 --window 40");
  equal(timesOf({ seconds: 40, warmUpSeconds: 10 }, { seconds: 2, warmUpSeconds: 1 }), "--warm 1 --window 2");
});

test("how long a run lasts is guessed from its load and its times", () => {
  const load = { kind: "live", publishers: 100, viewers: 400, clip: "1" } as const;
  equal(typicalSeconds(load, UNSET), 4 + 2 + 3 + 8);
  equal(typicalSeconds(load, { seconds: 20, warmUpSeconds: 1 }), 4 + 2 + 1 + 20);
  equal(typicalSeconds({ kind: "visits", total: 700, together: 5, clip: "1", untilKeyframe: true }, UNSET), 5);
});

test("where there are too few cores, server and loader share them, and that is noted", () => {
  const { taskset, serverCores, loaderCore, notes } = planIsolation(100_000);
  deepEqual([taskset, serverCores, loaderCore], [undefined, [], undefined]);
  match(notes.join("\n"), /server and loader share all cores/);
});
