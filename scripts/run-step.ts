import { spawn } from "node:child_process";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of package.json. */
export const ROOT: string = fileURLToPath(new URL("..", import.meta.url));

export type Step = {
  readonly name: string;
  readonly command: string;
  readonly parameters: readonly string[];
};

export type StepResult = { readonly name: string; readonly isOk: boolean; readonly stdout: string };

/** Runs a tool of node_modules/.bin or of the system; prints one line with its time, and its output when it fails. */
export async function runStep({ name, command, parameters }: Step): Promise<StepResult> {
  const startedMs = performance.now();
  const child = spawn(command, parameters, { cwd: ROOT, env: toolEnvironment(), stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    output += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const isOk = await new Promise<boolean>((resolve) => {
    child.once("error", (error) => {
      output += error.message;
      resolve(false);
    });
    child.once("close", (exitCode) => resolve(exitCode === 0));
  });
  reportStep(name, isOk, performance.now() - startedMs, isOk ? "" : output);
  return { name, isOk, stdout };
}

export function reportStep(name: string, isOk: boolean, timeMs: number, details = ""): void {
  console.log(`${isOk ? "ok    " : "FAILED"}  ${(timeMs / 1000).toFixed(1).padStart(5)} s  ${name}`);
  if (details.trim() !== "") console.log(`${details.trimEnd()}\n`);
}

/** The tools of this package before those of the system, its Node too. */
export function toolEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: join(ROOT, "node_modules", ".bin") + delimiter + (process.env["PATH"] ?? "") };
}
