// What each way to carry a broadcast costs the server, against plain RTMP: `npm run bench -- --help`. See docs/benchmarks.md.

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { RtmpScheme } from "../src/transport/rtmp-url.ts";
import { describeMachine } from "./support/machine.ts";
import { type Delivery, type DeliveryOptions, measureDelivery } from "./support/measure-delivery.ts";
import { summarize, type TransportResult, transportTable } from "./support/transport-report.ts";

const USAGE = `npm run bench -- [options]

Measures the processor time that the server takes for each gigabyte it delivers, by transport: one publisher of
2.6 Mbit/s and many viewers. Server, viewers and publisher are processes of their own.

  --transports LIST   some of NAMES, separated by commas [all]
  --viewers N         [200]
  --seconds S         the window that is measured [8]
  --warm-up S         the time before it [3]
  --rounds N          each measures every transport once, in alternating order [3]
  --pace X            how much faster than real the publisher sends [1]
  --cpu-prof FOLDER   writes a profile of each server there, which makes it slower
  --json              prints every figure of every round as JSON
  --help

NAMES: rtmp rtmps rtmpe rtmpt rtmpts rtmpte ws wss rtmpt-50ms rtmpts-50ms rtmpte-50ms
A viewer of a tunnel asks again as soon as it has an answer, as librtmp and FFmpeg do; that of "-50ms" waits so long first.
`;

const BASELINE = "rtmp";
const SLOW_POLL_MS = 50;

type Way = Pick<DeliveryOptions, "scheme" | "pollDelayMs">;

const WAYS: ReadonlyMap<string, Way> = new Map([
  ...waysOf(["rtmp", "rtmps", "rtmpe", "rtmpt", "rtmpts", "rtmpte", "ws", "wss"], "", 0),
  ...waysOf(["rtmpt", "rtmpts", "rtmpte"], `-${SLOW_POLL_MS}ms`, SLOW_POLL_MS),
]);

const { values } = parseArgs({
  options: {
    transports: { type: "string", default: [...WAYS.keys()].join(",") },
    viewers: { type: "string", default: "200" },
    seconds: { type: "string", default: "8" },
    "warm-up": { type: "string", default: "3" },
    rounds: { type: "string", default: "3" },
    pace: { type: "string", default: "1" },
    "cpu-prof": { type: "string" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) process.stdout.write(USAGE);
else await run();

async function run(): Promise<void> {
  const machine = describeMachine();
  const settings = {
    viewers: numberOf("viewers", 1),
    seconds: numberOf("seconds"),
    warmUpSeconds: numberOf("warm-up"),
    rounds: numberOf("rounds", 1),
    pace: numberOf("pace"),
  };
  const ways = values.transports.split(",").map((name) => ({ name, way: wayOf(name), rounds: [] as Delivery[] }));
  const certificateFolder = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  try {
    for (let round = 1; round <= settings.rounds; round++) {
      // In alternating order: what drifts meets all of them alike.
      for (const { name, way, rounds } of round % 2 === 1 ? ways : ways.toReversed()) {
        const serverOptions = profileOptions(`${name}-${round}`);
        const delivery = await measureDelivery({ ...settings, ...way, certificateFolder, serverOptions });
        rounds.push(delivery);
        process.stderr.write(`round ${round} of ${settings.rounds}: ${name} ${describe(delivery)}\n`);
      }
    }
  } finally {
    rmSync(certificateFolder, { recursive: true, force: true });
  }
  const results: TransportResult[] = ways.map(({ name, rounds }) => ({ name, rounds }));
  const summaries = summarize(results, BASELINE);
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ machine, settings, summaries, results }, undefined, 2)}\n`);
  } else {
    const { processor, cores, platform, node, load } = machine;
    process.stdout.write(
      `\n${cores} × ${processor}, ${platform}, Node ${node}, load ${load.toFixed(1)} at the start\n\n`,
    );
    process.stdout.write(transportTable(summaries));
  }
  if (summaries.some(({ viewersBehind }) => viewersBehind > 0)) {
    process.stderr.write(
      "Viewers fell behind: their rows say nothing. Use fewer viewers, or a machine with less load.\n",
    );
    process.exitCode = 1;
  }
}

function waysOf(schemes: readonly RtmpScheme[], suffix: string, pollDelayMs: number): [string, Way][] {
  return schemes.map((scheme) => [`${scheme}${suffix}`, { scheme, pollDelayMs }]);
}

function wayOf(name: string): Way {
  const way = WAYS.get(name);
  if (way === undefined) throw new Error(`no transport is called ${name}. See --help.`);
  return way;
}

/** Above 0; a multiple of `step` where one is given. */
function numberOf(name: "viewers" | "seconds" | "warm-up" | "rounds" | "pace", step?: number): number {
  const value = Number(values[name]);
  if (Number.isFinite(value) && value > 0 && (step === undefined || value % step === 0)) return value;
  throw new Error(`--${name} ${values[name]} is no such number. See --help.`);
}

function profileOptions(name: string): string[] {
  const folder = values["cpu-prof"];
  if (folder === undefined) return [];
  mkdirSync(folder, { recursive: true });
  return ["--cpu-prof", `--cpu-prof-dir=${resolve(folder)}`, `--cpu-prof-name=${name}.cpuprofile`];
}

function describe({ cpuSecondsPerGigabyte, megabitsPerSecond, viewersBehind }: Delivery): string {
  const behind = viewersBehind === 0 ? "" : `, ${viewersBehind} viewers behind`;
  return `${cpuSecondsPerGigabyte.toFixed(2)} CPU-s/GB at ${megabitsPerSecond.toFixed(0)} Mbit/s${behind}`;
}
