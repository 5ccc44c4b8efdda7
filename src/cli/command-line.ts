import { CommanderError } from "commander";
import type { CommandContext } from "./context.ts";
import { ExitCode } from "./exit-codes.ts";
import { createProgram } from "./program.ts";

/** Runs one command line, given without the names of Node and of the script. Rejects only for a bug. */
export async function runCommandLine(args: readonly string[], context: CommandContext): Promise<ExitCode> {
  let exitCode: ExitCode = ExitCode.Ok;
  const program = createProgram(context, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(withCommand(args), { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.Ok : ExitCode.Usage;
    throw error;
  }
}

/** `millrace` alone, or with options only, runs a server. */
function withCommand(args: readonly string[]): string[] {
  const [first] = args;
  const isOfProgram = ["-h", "--help", "-V", "--version"].includes(first ?? "");
  const isOption = first === undefined || first.startsWith("-");
  return isOption && !isOfProgram ? ["serve", ...args] : [...args];
}
