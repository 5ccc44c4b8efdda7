import { deepEqual, equal, match, ok } from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { ROOT } from "../scripts/run-step.ts";
import { codeBlocks } from "../test/docs/markdown.ts";
import { requirePeer } from "../test/support/require-peer.ts";
import { temporaryFolder } from "../test/support/temporary-folder.ts";
import { SCENARIOS, selectScenarios, TRANSPORTS } from "./scenarios/all.ts";
import {
  FLOOR_VIDEO,
  type HlsLoad,
  MILLRACE_LOW,
  NGINX,
  NGINX_FILES,
  type Run,
  type Server,
  SRS_DEFAULT,
} from "./scenarios/scenario.ts";
import type { BenchReport } from "./support/bench-report.ts";
import { planIsolation } from "./support/isolation.ts";
import { buildLoadTools } from "./support/load-tools.ts";
import type { Figures } from "./support/measures.ts";
import { findPrograms } from "./support/programs.ts";
import { type RunResult, runBatch } from "./support/run-batch.ts";
import { planBatches } from "./support/run-plan.ts";
import { saveReport } from "./support/save-report.ts";
import type { ServerPrograms } from "./support/server-starts.ts";

const PROGRAM = join(ROOT, "bench", "bench.ts");
const SINK: Server = { program: "sink" };
const DOCUMENT = readFileSync(join(ROOT, "docs", "benchmarks.md"), "utf8");

/** Measures each of them once, for a second, with the clip that the package brings. */
async function runTiny(
  runs: Readonly<Record<string, Run>>,
  programs: Partial<ServerPrograms> = {},
): Promise<{ results: RunResult[]; said: string[] }> {
  const tools = buildLoadTools();
  const scenario = { name: "tiny", group: "tiny", isDefault: false, title: "tiny", runs, rows: [] };
  const [batch] = planBatches([scenario], () => true);
  ok(batch);
  const said: string[] = [];
  const found = findPrograms(tools, { hasPeers: false, srs: undefined, otherCheckout: undefined });
  const results = await runBatch(batch, {
    rounds: 1,
    times: { seconds: 1, warmUpSeconds: 0.1 },
    programs: { ...found, ...programs },
    loader: tools.loader,
    // Tests share the machine with each other.
    isolation: { ...planIsolation(1), taskset: undefined, loaderCore: undefined, priority: 0 },
    workers: undefined,
    cpuProfileFolder: undefined,
    clip: () => join(ROOT, "media", "demo.flv"),
    report: (line) => said.push(line),
  });
  return { results, said };
}

async function measure(
  runs: Readonly<Record<string, Run>>,
  programs: Partial<ServerPrograms> = {},
): Promise<Record<string, Figures>> {
  const { results, said } = await runTiny(runs, programs);
  const figures = Object.keys(runs).map((name, index) => [name, results[index]?.rounds[0]] as const);
  ok(
    figures.every(([, each]) => each !== undefined),
    said.join("\n"),
  );
  return Object.fromEntries(figures) as Record<string, Figures>;
}

function isAbove(figures: Figures | undefined, names: readonly string[]): void {
  for (const name of names) ok(Number(figures?.[name]) > 0, `${name} is ${figures?.[name]}`);
}

test("viewers of millrace and of the floor get a broadcast, and it is told what that costs", async () => {
  const load = { kind: "live", publishers: 1, viewers: 3, clip: "1" } as const;
  const { millrace, floor } = await measure({
    millrace: { server: MILLRACE_LOW, load },
    floor: { server: FLOOR_VIDEO, load },
  });
  for (const figures of [millrace, floor]) {
    deepEqual([figures?.["players_live"], figures?.["players_failed"], figures?.["frames_lost"]], [3, 0, 0]);
    isAbove(figures, ["bytes_delivered", "frames_seen", "cpu_s_per_GB", "p50_ms", "wakeups_per_s", "rss_kB"]);
  }
  isAbove(millrace, ["start_p50_ms", "key_p50_ms", "main_wakeups_per_s"]);
  equal(millrace?.["publishers_live"], 1);
});

test("publishers are taken in by millrace, and dropped by both sinks", async () => {
  const load = { kind: "live", publishers: 2, viewers: 0, clip: "1" } as const;
  const servers: Record<string, Server> = {
    millrace: MILLRACE_LOW,
    sink: SINK,
    nodeSink: { program: "node-sink" },
  };
  const all = await measure(
    Object.fromEntries(Object.entries(servers).map(([name, server]) => [name, { server, load }])),
  );
  for (const name of Object.keys(servers)) {
    equal(all[name]?.["publishers_live"], 2, name);
    isAbove(all[name], ["bytes_in", "messages_in", "cpu_s_per_GB"]);
  }
});

test("visits come to their end, with and without a keyframe", async () => {
  const load = { kind: "visits", total: 6, together: 2, clip: "1", untilKeyframe: false } as const;
  const { start, keyframe } = await measure({
    start: { server: MILLRACE_LOW, load },
    keyframe: { server: MILLRACE_LOW, load: { ...load, untilKeyframe: true } },
  });
  for (const figures of [start, keyframe]) {
    deepEqual([figures?.["connections"], figures?.["failed"]], [6, 0]);
    isAbove(figures, ["start_p50_ms", "cpu_ms_per_connection"]);
  }
  isAbove(keyframe, ["key_p50_ms"]);
});

test("viewers of HLS play what millrace serves, and what nginx serves of its files", async () => {
  const load: HlsLoad = { kind: "hls", viewers: 2, clip: "1", way: "blocking", seconds: 1 };
  const found = { nginx: { file: requirePeer("nginx"), module: "" } };
  const { millrace, nginx, segments } = await measure(
    {
      millrace: { server: MILLRACE_LOW, load },
      nginx: { server: NGINX_FILES, load: { ...load, way: "parts" } },
      segments: { server: NGINX_FILES, load: { ...load, way: "segments" } },
    },
    found,
  );
  for (const figures of [millrace, nginx, segments]) {
    deepEqual([figures?.["players_live"], figures?.["players_failed"], figures?.["request_errors"]], [2, 0, 0]);
  }
  // Whole segments come more seldom than once in a window of a second.
  for (const figures of [millrace, nginx]) {
    isAbove(figures, ["requests", "playlist_bytes", "media_bytes", "cpu_s_per_GB", "p50_ms"]);
  }
  equal(millrace?.["reloads_in_vain"], 0);
});

test("a server that does not start is told, and the others go on", async () => {
  const load = { kind: "live", publishers: 0, viewers: 0, clip: "1" } as const;
  const runs = { srs: { server: SRS_DEFAULT, load }, nginx: { server: NGINX, load }, sink: { server: SINK, load } };
  const { results, said } = await runTiny(runs, { srs: { file: "/bin/false" } });
  deepEqual(
    results.map(({ rounds }) => rounds[0] === undefined),
    [true, true, false],
  );
  match(said[0] ?? "", /^round 1 of 1: tiny SRS: failed: the server ended at once/);
  deepEqual(results[1]?.doubts, ["tiny nginx-rtmp, round 1: it failed: its program is not there"]);
});

test("a loader that fails is told without the paths of the machine", async () => {
  const load = { kind: "live", publishers: 20_000, viewers: 0, clip: "1" } as const;
  const { results } = await runTiny({ sink: { server: SINK, load } });
  deepEqual(results[0]?.doubts, [
    "tiny C sink, round 1: it failed: the loader failed: rtmpload: more load than this tool puts on",
  ]);
});

test("what is missing is said with the line that installs it", async (t) => {
  const said = await refusalOf(["low-1000"], { PATH: temporaryFolder(t) });
  match(said, /^gcc is missing\. Install it: apt-get .*install -y --no-install-recommends gcc libc6-dev\n$/);
  match(
    await refusalOf(["low-1000", "--against", "/no"], process.env),
    /--against \/no: there is no bin\/millrace\.js in it/,
  );
  match(await refusalOf(["low-1000", "--srs", "/no/srs"], process.env), /--srs \/no\/srs: there is no such file/);
});

test("what cannot be asked is refused, and what can is told", async () => {
  match(await refusalOf(["low-999"], process.env), /There is no scenario low-999/);
  match(await refusalOf(["--rounds", "0"], process.env), /--rounds 0 is no such number/);
  match((await promisify(execFile)(process.execPath, [PROGRAM, "--help"])).stdout, /--srs FILE/);
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, "--list"]);
  for (const { name } of SCENARIOS) ok(stdout.includes(`| ${name} `), name);
});

async function refusalOf(parameters: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const refused = promisify(execFile)(process.execPath, [PROGRAM, ...parameters], { env });
  return refused.then(
    () => "it was taken",
    (error: Error & { stderr: string }) => error.stderr,
  );
}

test("results are saved for people and for programs, and none is written over", (t) => {
  const folder = temporaryFolder(t);
  const report: BenchReport = {
    date: "2026-01-02T03:04:05.000Z",
    commit: "abcdef1",
    isCommitted: false,
    machine: {
      node: "v24.0.0",
      platform: "linux x64",
      kernel: "6.1",
      cores: 2,
      processor: "one",
      memoryGigabytes: 8,
      congestionControl: "cubic",
      load: 0,
    },
    versions: { Node: "24.0.0" },
    settings: { rounds: 1, seconds: undefined, warmUpSeconds: 3, workers: undefined },
    notes: ["usual priority: run as root"],
    doubts: ["low-1000 millrace, round 1: 2 frames were lost"],
    comparisons: [],
    runs: [],
  };
  equal(saveReport(report, folder), "2026-01-02-abcdef1");
  equal(saveReport(report, folder), "2026-01-02-abcdef1-2");
  const text = readFileSync(join(folder, "2026-01-02-abcdef1.md"), "utf8");
  match(text, /^# 2026-01-02-abcdef1\n/);
  match(text, /2026-01-02 03:04, commit abcdef1 with changes: 1 round,/);
  match(text, /- low-1000 millrace, round 1: 2 frames were lost/);
  deepEqual(JSON.parse(readFileSync(join(folder, "2026-01-02-abcdef1.json"), "utf8")).doubts, report.doubts);
});

test("saved results name no path of a machine", () => {
  const folder = join(ROOT, "bench", "results");
  for (const file of readdirSync(folder)) {
    equal(
      /(?:^|[\s"(=])\/(?:home|root|tmp|usr|work|opt)\//.exec(readFileSync(join(folder, file), "utf8"))?.[0],
      undefined,
      file,
    );
  }
});

test("the plots are drawn from saved results, and what they lack is said", async (t) => {
  const folder = temporaryFolder(t);
  const results = join(folder, "results.json");
  const run = {
    plots: [{ name: "viewers", series: "millrace low", at: 100 }],
    rounds: [{ server_cpu_pct: 3, cpu_s_per_GB: 1 }],
  };
  writeFileSync(results, JSON.stringify({ date: "2026-01-02T03:04:05.000Z", runs: [run] }));
  const plot = promisify(execFile)(process.execPath, [join(ROOT, "bench", "plot.ts"), results, "--out", folder]);
  const stderr = await plot.then(
    () => "",
    (error: Error & { stderr: string }) => error.stderr,
  );
  match(stderr, /npm run bench -- growth-bitrate --peers --save/);
  match(readFileSync(join(folder, "performance-viewers.svg"), "utf8"), /^<svg .*[\s\S]*millrace low[\s\S]*<\/svg>\n$/);
});

test("the document names every scenario, and none that there is not", () => {
  const rows = Array.from(DOCUMENT.matchAll(/^\| (`[^|]*) \|/gm), ([, cell = ""]) => cell);
  const named = rows.flatMap((cell) => Array.from(cell.matchAll(/`([\w-]+)`/g), ([, name = ""]) => name));
  deepEqual(named.sort(), [...SCENARIOS.map(({ name }) => name), TRANSPORTS].sort());
  const lines = codeBlocks(DOCUMENT).flatMap(({ text }) =>
    text.split("\n").filter((line) => line.startsWith("npm run bench")),
  );
  ok(lines.length > 0);
  for (const line of lines) {
    const [, after = ""] = line.replace(/#.*/, "").split(" -- ");
    const names = after
      .replaceAll(/--(?:rounds|seconds|srs|against|workers|cpu-prof) \S+/g, "")
      .split(" ")
      .filter((word) => /^\w/.test(word));
    selectScenarios(names);
  }
});
