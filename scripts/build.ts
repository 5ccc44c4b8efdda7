import { rmSync } from "node:fs";
import { join } from "node:path";
import { buildDashboard } from "./build-dashboard.ts";
import { ROOT, runStep, type StepResult } from "./run-step.ts";

/** Makes dist/ anew: the published JavaScript with types and source maps from src/, and the dashboard. */
export async function build(): Promise<StepResult> {
  rmSync(join(ROOT, "dist"), { recursive: true, force: true });
  const compiled = await runStep({ name: "build of dist", command: "tsc", parameters: ["-p", "tsconfig.build.json"] });
  return compiled.isOk ? await buildDashboard() : compiled;
}

if (process.argv[1] === import.meta.filename) process.exitCode = (await build()).isOk ? 0 : 1;
