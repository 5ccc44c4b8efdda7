import { spawnSync } from "node:child_process";
import { globSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { parseArgs } from "node:util";
import { installTestPeers } from "./install-test-peers.ts";
import { ROOT, toolEnvironment } from "./run-step.ts";

const USAGE = `npm test                             all checks and all tests
npm test -- src/formats/amf          the tests of a folder, a file or a pattern, without the checks
npm test -- --name chunk test/fuzz   only tests whose name matches`;

const CONCURRENT_FILES = 2;
const TEST_TIMEOUT_MS = 60_000;
const FILE_TIMEOUT_MS = 300_000;
/** Ends a test that hangs without giving the event loop back: no time-out within its process can. */
const WHOLE_TIMEOUT_MS = 20 * 60_000;

type Totals = { readonly passed: number; readonly failed: number; readonly skipped: number };

process.chdir(ROOT);
Object.assign(process.env, toolEnvironment());
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { name: { type: "string" }, help: { type: "boolean" } },
});
if (values.help) {
  console.log(USAGE);
} else {
  const isWhole = positionals.length === 0 && values.name === undefined;
  console.log(`Node ${process.version}`);
  installTestPeers();
  const areChecksOk = !isWhole || runChecks();
  const totals = await runTests(testFiles(positionals), values.name);
  console.log(describeTotals(totals, areChecksOk));
  process.exitCode = areChecksOk && totals.failed === 0 && totals.passed > 0 ? 0 : 1;
}

function runChecks(): boolean {
  console.log("\nChecks");
  const parameters = [join(ROOT, "scripts", "check.ts")];
  return spawnSync(process.execPath, parameters, { stdio: ["ignore", "inherit", "inherit"] }).status === 0;
}

function testFiles(wanted: readonly string[]): string[] {
  const patterns = wanted.length === 0 ? ["src", "test", "bench"] : wanted;
  const files = patterns.flatMap((pattern) => globSync(isFolder(pattern) ? `${pattern}/**/*.test.ts` : pattern));
  return [...new Set(files.map((file) => relative(ROOT, file)))]
    .filter((file) => !file.includes("node_modules"))
    .sort();
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

async function runTests(files: string[], namePattern: string | undefined): Promise<Totals> {
  console.log(`\nTests: ${files.length} files`);
  let totals: Totals = { passed: 0, failed: 0, skipped: 0 };
  if (files.length === 0) return totals;
  const events = run({
    files,
    concurrency: CONCURRENT_FILES,
    timeout: FILE_TIMEOUT_MS,
    signal: AbortSignal.timeout(WHOLE_TIMEOUT_MS),
    execArgv: [`--test-timeout=${TEST_TIMEOUT_MS}`],
    ...(namePattern === undefined ? {} : { testNamePatterns: [namePattern] }),
  });
  // Without a file it is the summary of all of them.
  events.on("test:summary", ({ file, counts }) => {
    if (file !== undefined) return;
    const { tests, passed, skipped, todo } = counts;
    totals = { passed, failed: tests - passed - skipped - todo, skipped };
  });
  for await (const text of events.compose(spec)) process.stdout.write(text);
  return totals;
}

function describeTotals({ passed, failed, skipped }: Totals, areChecksOk: boolean): string {
  const skips = skipped === 0 ? "" : `, ${skipped} skipped`;
  return `${areChecksOk ? "" : "The checks failed, see above.\n"}${passed} passed, ${failed} failed${skips}`;
}
