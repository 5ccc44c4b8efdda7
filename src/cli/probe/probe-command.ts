import type { Command } from "commander";
import { clientCommand } from "../client-command.ts";
import { parseLength } from "../option-values.ts";
import type { ProbeCommandOptions } from "./probe.ts";

/** Adds `millrace probe`. */
export function probeCommand(
  program: Command,
  run: (url: string, options: ProbeCommandOptions) => Promise<void>,
): void {
  clientCommand(program, "probe", "tell what a broadcast is like, and its server", addOptions, EXAMPLES)
    .argument("<url>", "what to look at")
    .action(run);
}

function addOptions(command: Command): Command {
  return command
    .optionsGroup("What is looked at:")
    .option("--duration <time>", "for how long, in seconds (default: 5, longer until two GOPs came)", parseLength)
    .option("--wait <time>", "wait this long for a publisher (default: 10)", parseLength);
}

const EXAMPLES = `
Examples:
  millrace probe rtmp://127.0.0.1/live/test
  millrace probe rtmps://live.example.org/app/KEY --duration 60 --json
`;
