import type { CommandContext } from "./context.ts";
import { ExitCode } from "./exit-codes.ts";
import { countStopSignals } from "./stop-signals.ts";

/** Runs a command. The first INT or TERM aborts its signal, so that it ends in order; the second does not wait for that. */
export async function interruptible(
  context: CommandContext,
  run: (signal: AbortSignal) => Promise<ExitCode>,
): Promise<ExitCode> {
  const stopping = new AbortController();
  const cut = Promise.withResolvers<ExitCode>();
  const stopListening = countStopSignals(context, (count) => {
    if (count === 1) stopping.abort();
    else cut.resolve(ExitCode.Failed);
  });
  try {
    return await Promise.race([run(stopping.signal), cut.promise]);
  } finally {
    stopListening();
  }
}

/** Resolves to undefined when `signal` aborts first. What is rejected after that is dropped. */
export async function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value | undefined> {
  if (signal.aborted) {
    promise.catch(() => {});
    return undefined;
  }
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>();
  const stop = (): void => resolve(undefined);
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
