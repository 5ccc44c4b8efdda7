import { equal, match, ok } from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { ROOT } from "../scripts/run-step.ts";

const PROGRAM = join(ROOT, "bench", "calls.ts");

test("the benchmark of calls has every call answered, by both servers", async () => {
  const quick = ["--connections", "4", "--rate", "50", "--seconds", "0.2", "--rounds", "1", "--json"];
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, ...quick]);
  const { results } = JSON.parse(stdout) as { results: Record<string, { answered: number; p50Ms: number }[]> };
  for (const kind of ["rtmp", "ws"]) {
    equal(results[kind]?.length, 1);
    equal(results[kind]?.[0]?.answered, 40);
    ok((results[kind]?.[0]?.p50Ms ?? 0) > 0, stdout);
  }
});

test("it tells what it can be asked", async () => {
  match((await promisify(execFile)(process.execPath, [PROGRAM, "--help"])).stdout, /--connections N/);
});
