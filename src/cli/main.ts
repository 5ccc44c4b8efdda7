import { runCommandLine } from "./command-line.ts";
import { processContext } from "./context.ts";
import { ExitCode } from "./exit-codes.ts";

// What bin/millrace.js loads: importing this file runs the command line of the process, and ends it with its exit code.
const context = processContext();
/** What a pipe may still take after a signal. */
const STOP_GRACE_MS = 1000;

/** One of the processes of `--workers`. */
const isWorker = process.env["MILLRACE_WORKER"] !== undefined && process.send !== undefined;

process.on("uncaughtException", (error) => {
  context.stderr.write(describeCrash(error));
  process.exit(ExitCode.Failed);
});

// A process that another of ours has started for `--workers` has no command line.
if (isWorker) {
  const { runWorker } = await import("./run-worker.ts");
  process.exit(await runWorker(context.stderr));
}

let isStopped = false;
const exitCode = await runCommandLine(process.argv.slice(2), {
  ...context,
  onSignal: (name, listener) =>
    context.onSignal(name, () => {
      isStopped ||= name !== "SIGHUP";
      listener();
    }),
});
// What a slow reader of a pipe has not taken yet would be lost with the process. Whoever stops it does not wait for long.
if (exitCode === ExitCode.Ok) {
  const taken = context.byteOutput.write(new Uint8Array()).catch(() => {});
  await (isStopped ? Promise.race([taken, context.clock.wait(STOP_GRACE_MS, new AbortController().signal)]) : taken);
}
process.exit(exitCode);

/** Plain words first: the stack is for whoever reports it. */
function describeCrash(error: unknown): string {
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `${isWorker ? "a worker of millrace" : "millrace"} ends because of an unexpected error. Please report it with these lines:\n${details}\n`;
}
