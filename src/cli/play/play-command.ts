import type { Command } from "commander";
import { clientCommand } from "../client-command.ts";
import { parseLength, parseTime } from "../option-values.ts";
import type { PlayCommandOptions } from "./play.ts";

/** Adds `millrace play`. */
export function playCommand(program: Command, run: (url: string, options: PlayCommandOptions) => Promise<void>): void {
  clientCommand(program, "play", "write a broadcast into an FLV file, or through a pipe", addOptions, EXAMPLES)
    .argument("<url>", "what to play")
    .action(run);
}

function addOptions(command: Command): Command {
  return command
    .optionsGroup("Where it goes:")
    .option("-o, --output <file>", "an FLV file; - or none for standard output")
    .option("--overwrite", "make a file anew that exists")
    .option("--resume", "go on with a file that was cut: its time goes on without a step")
    .optionsGroup("What is played:")
    .option("--duration <time>", "end after this much of it; seconds, or h:mm:ss", parseLength)
    .option("--wait [time]", "wait this long for a publisher; without a time, for ever (default: 10)", parseLength)
    .option("--reconnect", "connect again when the server is lost")
    .option("--live", "a live broadcast only, where the server has a recording of that name, too")
    .option("--start <time>", "of a recording: from there on", parseTime)
    .option("--buffer <time>", "how much of a recording the server may send ahead (default: 3)", parseTime);
}

const EXAMPLES = `
Examples:
  millrace play rtmp://127.0.0.1/live/test -o clip.flv
  millrace play rtmp://127.0.0.1/live/test | ffplay -
  millrace play rtmps://live.example.org/app/KEY -o clip.flv --wait --reconnect
  millrace play rtmp://127.0.0.1/live/test -o clip.flv --resume --duration 1:00:00
`;
