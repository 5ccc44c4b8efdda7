import { deepEqual, match } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "./temporary-folder.ts";

const SCRIPT = fileURLToPath(new URL("../../scripts/test.ts", import.meta.url));

/** Runs `npm test -- FOLDER` on a folder with one test file, outside of the run that this test is part of. */
function runTests(t: TestContext, source: string): { status: number | null; output: string; lastLine: string } {
  const folder = temporaryFolder(t);
  if (source !== "") writeFileSync(join(folder, "some.test.ts"), `import { test } from "node:test";\n${source}\n`);
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { status, stdout } = spawnSync(process.execPath, [SCRIPT, folder], { env, encoding: "utf8" });
  return { status, output: stdout, lastLine: stdout.trimEnd().split("\n").at(-1) ?? "" };
}

test("npm test ends with the numbers of the runner, and well when all tests pass", (t) => {
  const { status, output, lastLine } = runTests(t, `test("one", () => {}); test("two", () => {});`);
  deepEqual([status, lastLine], [0, "2 passed, 0 failed"]);
  match(output, /✔ two/);
});

test("npm test fails when a test fails, and shows why", (t) => {
  const { status, output, lastLine } = runTests(
    t,
    `test("one", () => {}); test("two", () => { throw new Error("why"); });`,
  );
  deepEqual([status, lastLine], [1, "1 passed, 1 failed"]);
  match(output, /Error: why/);
});

test("npm test fails when a file cannot be run, and names what was skipped", (t) => {
  deepEqual(runTests(t, `throw new Error("no tests here")`).lastLine, "0 passed, 1 failed");
  deepEqual(runTests(t, `test.skip("one"); test("two", () => {});`).lastLine, "1 passed, 0 failed, 1 skipped");
});

test("npm test fails when there is nothing to run", (t) => {
  const { status, lastLine } = runTests(t, "");
  deepEqual([status, lastLine], [1, "0 passed, 0 failed"]);
});
