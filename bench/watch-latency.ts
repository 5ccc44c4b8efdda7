// How old what a browser shows is, minute by minute: `node bench/watch-latency.ts`. See docs/benchmarks.md.

import { join } from "node:path";
import { parseArgs } from "node:util";
import { ROOT } from "../scripts/run-step.ts";
import { publishClock } from "../test/support/clock-picture.ts";
import { freePort, untilListening } from "../test/support/free-port.ts";
import { type CleanUp, startPeer } from "../test/support/peer-process.ts";
import { openWatchPage, watchUrl } from "../test/support/watch-chromium.ts";
import type { WatchFigures, WatchProtocol } from "../test/support/watch-figures.ts";
import { describeMachine } from "./support/machine.ts";
import { median, percentile } from "./support/statistics.ts";
import { textTable } from "./support/text-table.ts";

const USAGE = `node bench/watch-latency.ts [options]

Publishes pictures that show the time of day by FFmpeg, plays them in Chromium by the dashboard's players, and prints, for each
minute, how old the pictures were when they came to the glass. The first ten seconds, in which the player comes near to live,
do not count. Ends with 1 where the median of a minute is above the limit: ${limitsText()}.

  --protocol flv|hls   [both, one after the other]
  --minutes M          [5]
  --json               prints every figure as JSON
  --help
`;

type Minute = {
  readonly minute: number;
  readonly medianMs: number;
  readonly p95Ms: number;
  readonly maxMs: number;
  readonly pictures: number;
  /** Programs that wanted to run, on average: that of the minute. */
  readonly machineLoad: number;
} & Omit<WatchFigures, "latenciesMs">;

type Result = { readonly protocol: WatchProtocol; readonly minutes: readonly Minute[] };

const SETTLE_MS = 10_000;

const { values } = parseArgs({
  options: {
    protocol: { type: "string" },
    minutes: { type: "string", default: "5" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) process.stdout.write(USAGE);
else await run();

async function run(): Promise<void> {
  const machine = describeMachine();
  const minutes = Number(values.minutes);
  if (!(minutes > 0)) throw new Error(`--minutes ${values.minutes} is no such number. See --help.`);
  const results: Result[] = [];
  for (const protocol of protocolsOf(values.protocol)) results.push(await measure(protocol, minutes));
  process.stdout.write(values.json ? `${JSON.stringify({ machine, results }, undefined, 2)}\n` : tableOf(results));
  const isLate = ({ protocol, minutes: measured }: Result): boolean =>
    measured.some(({ medianMs, pictures }) => pictures === 0 || medianMs > limitMs(protocol));
  process.exitCode = results.some(isLate) ? 1 : 0;
}

async function measure(protocol: WatchProtocol, minutes: number): Promise<Result> {
  const ends: (() => Promise<void>)[] = [];
  const owner: CleanUp = { after: (end) => ends.unshift(end) };
  try {
    const timeoutMs = (minutes + 2) * 60_000;
    const port = await freePort();
    const serve = [join(ROOT, "bin", "millrace.js"), "serve", "--listen", `127.0.0.1:${port}`, "--log-level", "error"];
    startPeer(owner, process.execPath, ["--max-semi-space-size=4", ...serve], { timeoutMs });
    await untilListening(port, 60_000);
    publishClock(owner, `rtmp://127.0.0.1:${port}/live/key`, { timeoutMs });
    const page = await openWatchPage(owner);
    page.setDefaultTimeout(timeoutMs);
    const watched = [protocol, watchUrl(protocol, port)] as const;
    await page.evaluate(([how, url]) => watchPage.watch(how, url), watched);
    const takeAfter = async (ms: number): Promise<WatchFigures> => {
      await page.waitForTimeout(ms);
      return await page.evaluate(() => watchPage.take());
    };
    await takeAfter(SETTLE_MS);
    const measured: Minute[] = [];
    while (measured.length < minutes) {
      const left = Math.min(1, minutes - measured.length);
      const { latenciesMs, ...others } = await takeAfter(left * 60_000);
      const minute = {
        minute: measured.length + 1,
        ...figuresOf(latenciesMs),
        ...others,
        machineLoad: describeMachine().load,
      };
      measured.push(minute);
      process.stderr.write(`${protocol}, minute ${minute.minute}: ${minute.medianMs.toFixed(0)} ms\n`);
    }
    return { protocol, minutes: measured };
  } finally {
    for (const end of ends) await end();
  }
}

function figuresOf(latenciesMs: readonly number[]): Pick<Minute, "medianMs" | "p95Ms" | "maxMs" | "pictures"> {
  const [medianMs, p95Ms, maxMs] = [median(latenciesMs), percentile(latenciesMs, 0.95), percentile(latenciesMs, 1)];
  return { medianMs, p95Ms, maxMs, pictures: latenciesMs.length };
}

function tableOf(results: readonly Result[]): string {
  const titles = [
    ...["played by", "minute", "median ms", "p95 ms", "most ms", "pictures", "dropped", "misread"],
    ...["stalls", "stalled s", "faster s", "made anew", "machine's load"],
  ];
  const rows = results.flatMap(({ protocol, minutes }) =>
    minutes.map((each) => [
      ...[protocol, `${each.minute}`, each.medianMs.toFixed(0), each.p95Ms.toFixed(0), each.maxMs.toFixed(0)],
      ...[`${each.pictures}`, `${each.droppedFrames}`, `${each.misreadCount}`, `${each.stalls}`],
      ...[(each.stalledMs / 1000).toFixed(1), (each.fasterMs / 1000).toFixed(1), `${each.failures.length}`],
      each.machineLoad.toFixed(1),
    ]),
  );
  return textTable(titles, rows);
}

function protocolsOf(name: string | undefined): readonly WatchProtocol[] {
  if (name === undefined) return ["flv", "hls"];
  if (name === "flv" || name === "hls") return [name];
  throw new Error(`--protocol is flv or hls, not ${name}.`);
}

function limitMs(protocol: WatchProtocol): number {
  return protocol === "flv" ? 1000 : 3000;
}

function limitsText(): string {
  return `${limitMs("flv")} ms by flv, ${limitMs("hls")} ms by hls`;
}
