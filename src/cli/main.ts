import { runCommandLine } from "./command-line.ts";
import { processContext } from "./context.ts";
import { ExitCode } from "./exit-codes.ts";

// What bin/millrace.js loads: importing this file runs the command line of the process, and ends it with its exit code.
const context = processContext();

process.on("uncaughtException", (error) => {
  context.stderr.write(describeCrash(error));
  process.exit(ExitCode.Failed);
});

const exitCode = await runCommandLine(process.argv.slice(2), context);
// What a slow reader of a pipe has not taken yet would be lost with the process. A failure waits for nobody: it may be the second signal.
if (exitCode === ExitCode.Ok) await context.byteOutput.write(new Uint8Array()).catch(() => {});
process.exit(exitCode);

/** Plain words first: the stack is for whoever reports it. */
function describeCrash(error: unknown): string {
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `millrace ends because of an unexpected error. Please report it with these lines:\n${details}\n`;
}
