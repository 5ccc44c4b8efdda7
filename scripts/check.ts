import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "./build.ts";
import { reportStep, runStep, type Step } from "./run-step.ts";

/** What needs only the sources. */
const SOURCE_CHECKS: readonly Step[] = [
  { name: "types of the core, which knows no platform", command: "tsc", parameters: ["-p", "tsconfig.core.json"] },
  { name: "types", command: "tsc", parameters: [] },
  { name: "types of the dashboard", command: "tsc", parameters: ["-p", "dashboard"] },
  { name: "borders between folders", command: "node", parameters: ["--test", "test/layers.test.ts"] },
  { name: "format and lint", command: "biome", parameters: ["ci", "--colors=off", "."] },
  { name: "promises", command: "oxlint", parameters: ["--type-aware", "--deny-warnings", "."] },
  { name: "unused files, exports and dependencies", command: "knip", parameters: ["--no-progress"] },
];

/** What must be in the published package, and nothing from anywhere else than its `files`. */
const REQUIRED_FILES = [
  ...["package.json", "README.md", "LICENSE", "CHANGELOG.md", "bin/millrace.js", "media/demo.flv"],
  ...["dist/index.js", "dist/index.d.ts", "dist/cli/main.js", "dist/dashboard/index.html"],
];
const FOREIGN_FILE = /^(src|test|scripts|examples|bench|docs|dashboard)\/|\.test\.|ffmpeg8/;

const failed: string[] = [];
const startedMs = performance.now();
await Promise.all([checkSources(), checkPackage()]);
reportStep("all checks", failed.length === 0, performance.now() - startedMs, failed.join("\n"));
process.exitCode = failed.length === 0 ? 0 : 1;

async function checkSources(): Promise<void> {
  for (const step of SOURCE_CHECKS) await check(step);
}

/** Builds and packs as `npm publish` would, and checks what a user would install. */
async function checkPackage(): Promise<void> {
  const built = await build();
  if (!built.isOk) {
    failed.push(`${built.name}, and with it the checks of the package`);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), "millrace-pack-"));
  try {
    const pack = ["pack", "--ignore-scripts", "--json", "--pack-destination", folder];
    const packed = await check({ name: "pack", command: "npm", parameters: pack });
    if (packed === undefined) return;
    const [tarball] = JSON.parse(packed) as [{ filename: string; files: { path: string }[] }];
    checkContents(tarball.files.map(({ path }) => path));
    const file = join(folder, tarball.filename);
    await check({ name: "package: publint", command: "publint", parameters: ["--strict", file] });
    const types = ["--profile", "esm-only", "--no-color", "--no-emoji", file];
    await check({ name: "package: are the types right", command: "attw", parameters: types });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Returns the standard output, or undefined when the step failed. */
async function check(step: Step): Promise<string | undefined> {
  const result = await runStep(step);
  if (!result.isOk) failed.push(step.name);
  return result.isOk ? result.stdout : undefined;
}

function checkContents(files: readonly string[]): void {
  const name = `package: contents (${files.length} files)`;
  const problems = [
    ...REQUIRED_FILES.filter((file) => !files.includes(file)).map((file) => `${file} is missing`),
    ...files.filter((file) => FOREIGN_FILE.test(file)).map((file) => `${file} does not belong in it`),
  ];
  if (problems.length > 0) failed.push(name);
  reportStep(name, problems.length === 0, 0, problems.join("\n"));
}
