import { deepEqual, ok } from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { ROOT } from "../scripts/run-step.ts";

const PROGRAM = join(ROOT, "bench", "watch-latency.ts");

type Told = { results: { protocol: string; minutes: { pictures: number; medianMs: number; failures: string[] }[] }[] };

test("it tells how old pictures are at the glass", async () => {
  const quick = ["--protocol", "flv", "--minutes", "0.02", "--json"];
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, ...quick]).catch(
    // Machines that are busy with tests may be slow.
    (error: Error & { stdout: string }) => error,
  );
  const { results } = JSON.parse(stdout) as Told;
  deepEqual(
    results.map(({ protocol, minutes }) => [protocol, minutes.length]),
    [["flv", 1]],
  );
  const [{ pictures = 0, medianMs = 0 } = {}] = results[0]?.minutes ?? [];
  ok(pictures > 0 && medianMs > 0, stdout);
});

test("what cannot be asked is refused, and what can is told", async () => {
  const run = promisify(execFile);
  const refused = await run(process.execPath, [PROGRAM, "--protocol", "rtmp"]).catch(
    (error: Error & { stderr: string }) => error,
  );
  ok(refused.stderr.includes("--protocol is flv or hls, not rtmp."));
  ok((await run(process.execPath, [PROGRAM, "--help"])).stdout.includes("--minutes M"));
});
