import { spawn } from "node:child_process";
import { ROOT, toolEnvironment } from "../../scripts/run-step.ts";
import type { CleanUp } from "../support/peer-process.ts";

/** A program that a document tells people to run, with all that it starts. It is killed at the end of its test at the latest. */
export type RunningProgram = {
  /** Both outputs so far, in the order in which they came. */
  readonly output: string;
  /** Resolves with the match in the output, from its start on; rejects when the program ends first or time is up. */
  until(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>;
  /** Its exit code, null for a signal. */
  readonly done: Promise<number | null>;
  /** Asks it to end, and waits until it has. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
};

export type ProgramOptions = {
  readonly environment?: Readonly<Record<string, string>>;
  /** @default the folder of package.json */
  readonly folder?: string;
  /** How long it may live. @default 60_000 */
  readonly timeoutMs?: number;
};

/** Starts a line as a shell would, with the repository's own tools first. */
export function runShellLine(owner: CleanUp, line: string, options: ProgramOptions = {}): RunningProgram {
  return runProgram(owner, "sh", ["-c", line], options);
}

export function runProgram(
  owner: CleanUp,
  command: string,
  parameters: readonly string[],
  options: ProgramOptions = {},
): RunningProgram {
  const { environment, folder = ROOT, timeoutMs: lifetimeMs = 60_000 } = options;
  // A test runner inside must not take itself for a part of this one.
  const { NODE_TEST_CONTEXT: _, ...inherited } = toolEnvironment();
  const child = spawn(command, parameters, {
    cwd: folder,
    env: { ...inherited, NO_COLOR: "1", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own, so that a signal reaches what a shell or npm has started.
    detached: true,
  });
  let output = "";
  let hasEnded = false;
  const waiters = new Set<() => void>();
  const wake = (): void => {
    for (const waiter of waiters) waiter();
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      wake();
    });
  }
  const signal = (name: NodeJS.Signals): void => {
    if (!hasEnded && child.pid !== undefined) process.kill(-child.pid, name);
  };
  const killer = setTimeout(() => signal("SIGKILL"), lifetimeMs);
  const killAtExit = (): void => signal("SIGKILL");
  process.once("exit", killAtExit);
  const done = new Promise<number | null>((resolve) => {
    const settle = (exitCode: number | null): void => {
      hasEnded = true;
      clearTimeout(killer);
      process.off("exit", killAtExit);
      wake();
      resolve(exitCode);
    };
    child.once("error", (error) => {
      output += error.message;
      settle(127);
    });
    child.once("close", (exitCode) => settle(exitCode));
  });
  owner.after(async () => {
    signal("SIGKILL");
    await done;
  });
  return {
    get output(): string {
      return output;
    },
    done,
    async end(name = "SIGTERM"): Promise<number | null> {
      signal(name);
      return await done;
    },
    until: (pattern, timeoutMs = 20_000) =>
      new Promise((resolve, reject) => {
        const settle = (match: RegExpExecArray | undefined, problem = ""): void => {
          clearTimeout(timer);
          waiters.delete(look);
          if (match === undefined) reject(new Error(`${command} ${parameters.join(" ")} ${problem}:\n${output}`));
          else resolve(match);
        };
        const look = (): void => {
          const match = pattern.exec(output);
          if (match !== null) settle(match);
          else if (hasEnded) settle(undefined, `ended before it wrote ${pattern}`);
        };
        const timer = setTimeout(() => settle(undefined, `did not write ${pattern} in ${timeoutMs} ms`), timeoutMs);
        waiters.add(look);
        look();
      }),
  };
}
