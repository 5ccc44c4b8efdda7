import { deepEqual, equal, match, ok } from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { ROOT } from "../scripts/run-step.ts";
import type { TransportResult, TransportSummary } from "./support/transport-report.ts";

const PROGRAM = join(ROOT, "bench", "transports.ts");
const VIEWERS = 2;
const QUICK = ["--viewers", `${VIEWERS}`, "--seconds", "0.3", "--warm-up", "0.1", "--rounds", "1", "--pace", "2"];

/** Whether viewers kept up says something of the machine, not of the program. */
async function runBenchmark(parameters: readonly string[]): Promise<string> {
  try {
    return (await promisify(execFile)(process.execPath, [PROGRAM, ...parameters])).stdout;
  } catch (error) {
    if (error instanceof Error && "stdout" in error && String(error.stdout) !== "") return String(error.stdout);
    throw error;
  }
}

test("the benchmark delivers by every transport that is asked for, and says what that costs", async () => {
  const printed = await runBenchmark([...QUICK, "--transports", "rtmp,rtmpte", "--json"]);
  const { summaries, results }: { summaries: TransportSummary[]; results: TransportResult[] } = JSON.parse(printed);
  deepEqual(
    summaries.map(({ name }) => name),
    ["rtmp", "rtmpte"],
  );
  equal(summaries[0]?.ratio, 1);
  for (const { rounds } of results) {
    equal(rounds.length, 1);
    // A frame has 10 kB.
    ok((rounds[0]?.deliveredBytes ?? 0) > VIEWERS * 10_000, printed);
    ok((rounds[0]?.cpuSecondsPerGigabyte ?? 0) > 0, printed);
  }
});

test("the benchmark tells what it can measure, and refuses what it cannot", async () => {
  match(await runBenchmark(["--help"]), /NAMES: rtmp rtmps .*\n/);
  const refused = promisify(execFile)(process.execPath, [PROGRAM, "--transports", "rtmfp"]);
  await refused.then(
    () => ok(false, "it was taken"),
    (error: Error) => match(error.message, /no transport is called rtmfp/),
  );
});
