import { deepEqual, equal, match, ok } from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { ROOT } from "../scripts/run-step.ts";
import type { EnduranceReport } from "./endurance/endurance-run.ts";

const PROGRAM = join(ROOT, "bench", "endurance.ts");

/** It takes about 30 s, and longer where others keep the machine busy. */
const TIMEOUT_MS = 240_000;
/** Where the clients got no processor for so long, tunnels time out and viewers lag: that proves nothing. */
const STANDSTILL_MS = 2_000;

type RunError = Error & { readonly stdout: string };

async function runShortly(): Promise<EnduranceReport> {
  const short = ["--minutes", "0.1", "--publishers", "6", "--viewers", "10", "--seed", "5", "--json"];
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, ...short]).catch((error: RunError) => {
    // Its exit code is 1 where it found a problem, which the report tells.
    if (error.stdout === "") throw error;
    return error;
  });
  return JSON.parse(stdout) as EnduranceReport;
}

test("clients of all kinds come and go for some seconds, and leave nothing behind", {
  timeout: TIMEOUT_MS,
}, async () => {
  let report = await runShortly();
  if (report.problems.length > 0 && report.longestStandstillMs > STANDSTILL_MS) report = await runShortly();
  const { problems, counters, wholeViews, before, after } = report;
  deepEqual(problems, []);
  ok(counters.cuts > 0 && counters.stalls > 0 && counters.frames > 0);
  ok(wholeViews > 0);
  equal(after.descriptors, before.descriptors);
});

test("it tells what it can be asked", async () => {
  match((await promisify(execFile)(process.execPath, [PROGRAM, "--help"])).stdout, /--publishers N/);
});
