import { deepEqual, equal, match, ok } from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { ROOT } from "../scripts/run-step.ts";
import type { EnduranceReport } from "./endurance/endurance-run.ts";

const PROGRAM = join(ROOT, "bench", "endurance.ts");

/** It takes about 20 s, and longer where others keep the machine busy. */
const TIMEOUT_MS = 180_000;

test("clients of all kinds come and go for some seconds, and leave nothing behind", {
  timeout: TIMEOUT_MS,
}, async () => {
  const short = ["--minutes", "0.1", "--publishers", "6", "--viewers", "10", "--seed", "5", "--json"];
  // Its exit code is 1 where it found a problem, which is then told here.
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, ...short]).catch(
    (error: { readonly stdout: string }) => error,
  );
  const { problems, counters, wholeViews, before, after }: EnduranceReport = JSON.parse(stdout);
  deepEqual(problems, []);
  ok(counters.cuts > 0 && counters.stalls > 0 && counters.frames > 0, stdout);
  ok(wholeViews > 0, stdout);
  equal(after.descriptors, before.descriptors);
});

test("it tells what it can be asked", async () => {
  match((await promisify(execFile)(process.execPath, [PROGRAM, "--help"])).stdout, /--publishers N/);
});
