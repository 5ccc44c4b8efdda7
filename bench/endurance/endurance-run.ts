import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { ChildProgram } from "../support/child-program.ts";
import type { ClientCounters } from "./client-context.ts";
import type { ClientsProgress, ClientsQuestions, ClientsResult } from "./clients-program.ts";
import { EnduranceServer, type ServerSample } from "./endurance-server.ts";
import { LONG_PACE, type Pace, SHORT_PACE } from "./pace.ts";
import { countWholeViews, type IdleSample, judgeServer, judgeViews } from "./verdict.ts";

export type EnduranceOptions = {
  readonly minutes: number;
  readonly publishers: number;
  readonly viewers: number;
  readonly seed: number;
  readonly workers: string | undefined;
};

export type EnduranceReport = {
  readonly options: EnduranceOptions;
  /** Without clients: after the warm-up, and when all have left. */
  readonly before: IdleSample;
  readonly after: IdleSample;
  /** While clients came and went. */
  readonly samples: readonly (ServerSample & { readonly atSeconds: number })[];
  readonly counters: ClientCounters;
  /** The longest time in which the clients' processes got no processor: beyond some seconds, problems are the machine's. */
  readonly longestStandstillMs: number;
  readonly publications: number;
  readonly views: number;
  /** Publications that healthy viewers got up to their end, each frame compared. */
  readonly wholeViews: number;
  /** Empty if all is well. */
  readonly problems: readonly string[];
};

/** Shorter runs have a server and clients to whom everything happens sooner. */
const SHORT_RUN_MINUTES = 3;
const SAMPLE_MS = 5_000;
const PROGRESS_MS = 30_000;
/** Unlike that of the run, so that it is not the same twice. */
const WARM_UP_SEED = 7_919;
const DELAY_RESOLUTION_MS = 10;

/** Runs a server and clients that come and go. `say` gets a line of progress now and then. */
export async function runEndurance(options: EnduranceOptions, say: (line: string) => void): Promise<EnduranceReport> {
  const pace = options.minutes < SHORT_RUN_MINUTES ? SHORT_PACE : LONG_PACE;
  const folder = mkdtempSync(join(tmpdir(), "millrace-endurance-"));
  try {
    const server = await EnduranceServer.start(folder, pace.serverSettings, options.workers);
    let ending: string | undefined;
    try {
      const report = await runClients(options, pace, server, say);
      ending = await server.stop();
      const problems = [...report.problems, ...server.errors.slice(0, 20).map((line) => `the server logged: ${line}`)];
      if (ending !== "it ended with 0") problems.push(`the server was asked to stop, and ${ending}`);
      return { ...report, problems };
    } finally {
      if (ending === undefined) await server.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runClients(
  options: EnduranceOptions,
  pace: Pace,
  server: EnduranceServer,
  say: (line: string) => void,
): Promise<EnduranceReport> {
  const warmUp = await comeAndGo({ ...options, seed: options.seed + WARM_UP_SEED }, pace, server, pace.warmUpMs, say);
  const before = await settledSample(server, pace);
  say(`warm; before: ${describeSample(before)}`);
  const run = await comeAndGo(options, pace, server, options.minutes * 60_000, say);
  const after = await settledSample(server, pace);
  say(`all have left; after: ${describeSample(after)}`);
  const { published, viewing, samples } = run;
  const wholeViews = countWholeViews(published.sessions, viewing.views);
  const problems = [warmUp, run].flatMap((season) => [
    ...season.published.problems,
    ...season.viewing.problems,
    ...judgeViews(season.published.sessions, season.viewing.views),
  ]);
  return {
    options,
    before,
    after,
    samples,
    counters: addCounters(published.counters, viewing.counters),
    longestStandstillMs: Math.max(...[warmUp, run].flatMap(standstillsMs)),
    publications: published.sessions.length,
    views: viewing.views.length,
    wholeViews,
    problems: [
      ...(wholeViews === 0 ? ["nobody saw a publication to its end"] : []),
      ...problems,
      ...judgeServer(before, after, pace.bounds),
    ],
  };
}

type SeasonResult = {
  readonly published: ClientsResult;
  readonly viewing: ClientsResult;
  readonly samples: readonly (ServerSample & { readonly atSeconds: number })[];
};

async function comeAndGo(
  { publishers, viewers, seed }: EnduranceOptions,
  pace: Pace,
  server: EnduranceServer,
  durationMs: number,
  say: (line: string) => void,
): Promise<SeasonResult> {
  const program = new URL("clients-program.ts", import.meta.url);
  const publishing = new ChildProgram<ClientsQuestions>(program);
  const viewing = new ChildProgram<ClientsQuestions>(program);
  try {
    const common = { port: server.port, seed, pace, publishers, viewers };
    await publishing.ask("start", { role: "publishers", ...common });
    await viewing.ask("start", { role: "viewers", ...common });
    const samples = await watch(server, publishing, viewing, durationMs, say);
    // Publishers first: who views then sees how the last publications end.
    const published = await publishing.ask("finish", undefined);
    return { published, viewing: await viewing.ask("finish", undefined), samples };
  } finally {
    await Promise.all([publishing.stop(), viewing.stop()]);
  }
}

async function watch(
  server: EnduranceServer,
  publishing: ChildProgram<ClientsQuestions>,
  viewing: ChildProgram<ClientsQuestions>,
  durationMs: number,
  say: (line: string) => void,
): Promise<(ServerSample & { readonly atSeconds: number })[]> {
  const samples: (ServerSample & { readonly atSeconds: number })[] = [];
  const startedAtMs = performance.now();
  let nextProgressMs = PROGRESS_MS;
  for (let elapsedMs = 0; elapsedMs < durationMs; elapsedMs = performance.now() - startedAtMs) {
    await sleep(Math.min(SAMPLE_MS, durationMs - elapsedMs));
    const atSeconds = (performance.now() - startedAtMs) / 1000;
    const sample = { ...(await server.sample()), atSeconds };
    samples.push(sample);
    if (atSeconds * 1000 < nextProgressMs) continue;
    nextProgressMs += PROGRESS_MS;
    const publishers = await publishing.ask("progress", undefined);
    const viewers = await viewing.ask("progress", undefined);
    say(`${atSeconds.toFixed(0)} s: ${describeProgress(publishers, viewers)}; ${describeSample(sample)}`);
  }
  return samples;
}

/** When the server has forgotten all clients, as it is without any. */
async function settledSample(server: EnduranceServer, pace: Pace): Promise<IdleSample> {
  await sleep(pace.settleMs);
  const { cpuSeconds } = await server.sample(true);
  const besideDelay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  besideDelay.enable();
  const startedAtMs = performance.now();
  await sleep(pace.idleWindowMs);
  besideDelay.disable();
  // First what a question changes: the window without a collection in it, and what is open.
  const idle = await server.sample();
  const seconds = (performance.now() - startedAtMs) / 1000;
  const { loopDelayP99Ms, loopDelayMaxMs, descriptors, resources } = idle;
  return {
    ...(await server.sample(true)),
    loopDelayP99Ms,
    loopDelayMaxMs,
    descriptors,
    resources,
    besideDelayP99Ms: Math.max(0, besideDelay.percentile(99) / 1e6 - DELAY_RESOLUTION_MS),
    idleCpuMsPerSecond: ((idle.cpuSeconds - cpuSeconds) * 1000) / seconds,
  };
}

function standstillsMs({ published, viewing }: SeasonResult): number[] {
  return [published.longestStandstillMs, viewing.longestStandstillMs];
}

function describeProgress(publishers: ClientsProgress, viewers: ClientsProgress): string {
  const { connections, cuts, stalls } = addCounters(publishers, viewers);
  const problems = publishers.problems + viewers.problems;
  const standstillMs = Math.max(publishers.longestStandstillMs, viewers.longestStandstillMs);
  return (
    `${publishers.open} publishers, ${viewers.open} viewers, ${connections} connections, ${cuts} cuts, ${stalls} stalls, ` +
    `${viewers.frames} frames, ${problems} problems, clients stood still for ${standstillMs.toFixed(0)} ms at most`
  );
}

export function describeSample(sample: ServerSample): string {
  const { residentBytes, heapUsedBytes, externalBytes, descriptors, loopDelayP99Ms, loopDelayMaxMs, cpuSeconds } =
    sample;
  const mib = (bytes: number): string => (bytes / 1024 / 1024).toFixed(1);
  return (
    `${mib(residentBytes)} MiB resident, ${mib(heapUsedBytes)} heap, ${mib(externalBytes)} external, ` +
    `${descriptors} descriptors, loop delay ${loopDelayP99Ms.toFixed(1)} (${loopDelayMaxMs.toFixed(1)}) ms, ` +
    `${cpuSeconds.toFixed(1)} CPU-s`
  );
}

function addCounters(left: ClientCounters, right: ClientCounters): ClientCounters {
  return {
    connections: left.connections + right.connections,
    open: left.open + right.open,
    cuts: left.cuts + right.cuts,
    stalls: left.stalls + right.stalls,
    refusals: left.refusals + right.refusals,
    endedByServer: left.endedByServer + right.endedByServer,
    calls: left.calls + right.calls,
    frames: left.frames + right.frames,
  };
}
