import { rmSync } from "node:fs";
import { join } from "node:path";
import { ROOT, runStep, type StepResult } from "./run-step.ts";

/** Makes dist/, the published JavaScript with types and source maps, anew from src/. */
export async function build(): Promise<StepResult> {
  rmSync(join(ROOT, "dist"), { recursive: true, force: true });
  return await runStep({ name: "build of dist", command: "tsc", parameters: ["-p", "tsconfig.build.json"] });
}

if (process.argv[1] === import.meta.filename) process.exitCode = (await build()).isOk ? 0 : 1;
