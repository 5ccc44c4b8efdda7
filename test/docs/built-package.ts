import { globSync, statSync } from "node:fs";
import { join } from "node:path";
import { build } from "../../scripts/build.ts";
import { ROOT } from "../../scripts/run-step.ts";

/** Examples import the package by its name, and so what was built: this builds it unless dist/ is newer than src/. */
export async function ensureBuilt(): Promise<void> {
  const builtMs = modifiedMs("dist/index.js");
  const sources = globSync("src/**/*.ts", { cwd: ROOT }).filter((file) => !file.endsWith(".test.ts"));
  if (sources.every((file) => modifiedMs(file) <= builtMs)) return;
  const { isOk } = await build();
  if (!isOk) throw new Error("dist/ could not be built: npm run build says why");
}

function modifiedMs(file: string): number {
  return statSync(join(ROOT, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
