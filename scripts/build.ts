import { rmSync } from "node:fs";
import { join } from "node:path";
import { ROOT, runStep } from "./run-step.ts";

// The published JavaScript: dist/ made anew from src/, with types and source maps.
rmSync(join(ROOT, "dist"), { recursive: true, force: true });
const result = await runStep({ name: "build dist", command: "tsc", parameters: ["-p", "tsconfig.build.json"] });
process.exitCode = result.isOk ? 0 : 1;
