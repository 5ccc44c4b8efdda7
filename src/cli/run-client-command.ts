import type { CommandContext } from "./context.ts";
import { describeError, errorDetails } from "./describe-error.ts";
import { ExitCode } from "./exit-codes.ts";
import { interruptible } from "./interruptible.ts";
import { Reporter } from "./reporter.ts";
import { type ConnectionOptions, type OutputOptions, parseTarget, type Target } from "./target.ts";

export type ClientCommand = {
  /** As on the command line. */
  readonly url: string;
  readonly options: ConnectionOptions & OutputOptions;
  /** Whether the last part of the URL's path is a stream. */
  readonly hasKey: boolean;
  /** Throws a TypeError where options do not go together. */
  check?(target: Target): void;
  /** `signal` aborts when the command is to end. What it rejects with is told, and is a failure. */
  run(target: Target, reporter: Reporter, signal: AbortSignal): Promise<ExitCode>;
};

/** What all commands that connect have in common: the URL, what is told, and how they end. */
export async function runClientCommand(command: ClientCommand, context: CommandContext): Promise<ExitCode> {
  const { options } = command;
  let target: Target;
  try {
    target = parseTarget(command.url, options, command.hasKey);
    if (command.hasKey && target.key === "")
      throw new TypeError("the URL has no stream key. Write rtmp://HOST/APP/KEY");
    command.check?.(target);
  } catch (error) {
    new Reporter(context.stderr, options).error(describeError(error));
    return ExitCode.Usage;
  }
  const reporter = new Reporter(context.stderr, { ...options, secrets: target.secrets });
  try {
    return await interruptible(context, (signal) => command.run(target, reporter, signal));
  } catch (error) {
    reporter.end();
    reporter.error(describeError(error), errorDetails(error));
    return ExitCode.Failed;
  }
}
