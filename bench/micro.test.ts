import { deepEqual, equal, match, ok } from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { ROOT } from "../scripts/run-step.ts";
import type { MicroFigures } from "./micro/measure-case.ts";
import { microCases } from "./micro/micro-cases.ts";

const PROGRAM = join(ROOT, "bench", "micro.ts");

async function runProgram(parameters: readonly string[]): Promise<string> {
  return (await promisify(execFile)(process.execPath, [PROGRAM, ...parameters])).stdout;
}

for (const microCase of microCases()) {
  test(`${microCase.name} runs again and again, and so does what it is compared with`, () => {
    const { run, compare } = microCase.prepare();
    for (let call = 0; call < 3; call++) {
      run();
      compare();
    }
    ok(microCase.operations > 0 && microCase.bytes > 0);
  });
}

test("the names differ", () => {
  const names = microCases().map(({ name }) => name);
  equal(new Set(names).size, names.length);
});

test("what is asked for is measured, in processes of their own", async () => {
  const printed = await runProgram(["rc4 64", "broadcast classify", "--seconds", "0.02", "--json"]);
  const { results }: { results: (MicroFigures & { name: string })[] } = JSON.parse(printed);
  deepEqual(
    results.map(({ name }) => name),
    ["broadcast classify", "rc4 64"],
  );
  for (const result of results) {
    ok(result.nanosecondsPerOperation > 0, printed);
    ok(result.megabytesPerSecond > 0, printed);
    ok(result.ratio > 0, printed);
  }
  // A classified message is an object, and nothing of it lies outside of the heap.
  ok((results[0]?.heapBytesPerOperation ?? 0) > 20, printed);
});

test("the benchmark tells what can be measured, and refuses what cannot", async () => {
  match(await runProgram(["--help"]), /--seconds/);
  match(await runProgram(["--list"]), /^rc4 1500$/m);
  await runProgram(["rc5"]).then(
    () => ok(false, "it was taken"),
    (error: Error) => match(error.message, /nothing is called rc5/),
  );
});
