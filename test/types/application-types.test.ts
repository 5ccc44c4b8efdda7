import { deepEqual, equal, ok } from "node:assert/strict";
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { ROOT } from "../../scripts/run-step.ts";
import { runProgram } from "../docs/run-program.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const FIXTURE = readFileSync(join(ROOT, "test", "types", "application-types.ts"), "utf8");
const EXPECTED = "@ts-expect-error";

/** Compiles a program that imports millrace: the lines that are refused. */
async function refusedLines(t: TestContext, source: string): Promise<{ lines: number[]; output: string }> {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "program.mts"), source);
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  const compilerOptions = { typeRoots: [join(ROOT, "node_modules", "@types")] };
  const config = { extends: join(ROOT, "tsconfig.json"), compilerOptions, include: ["program.mts"], exclude: [] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  const check = runProgram(t, "tsc", ["-p", folder, "--pretty", "false"]);
  await check.done;
  const lines = check.output.matchAll(/program\.mts\((\d+),\d+\): error/g);
  return { lines: [...new Set(Array.from(lines, ([, line]) => Number(line)))], output: check.output };
}

test("wrong names, arguments and results do not compile, and everything else does", async (t) => {
  const { lines, output } = await refusedLines(t, FIXTURE);
  deepEqual(lines, [], output);
  equal(output, "");
});

test("each of them is refused where it stands", async (t) => {
  const source = FIXTURE.split("\n");
  const wrong = source.flatMap((line, index) => (line.trim().startsWith(`// ${EXPECTED}`) ? [index + 2] : []));
  ok(wrong.length >= 20);
  const { lines, output } = await refusedLines(t, FIXTURE.replaceAll(`// ${EXPECTED}`, "// wrong"));
  deepEqual(lines, wrong, output);
});
