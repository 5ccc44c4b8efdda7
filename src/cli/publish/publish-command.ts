import type { Command } from "commander";
import { clientCommand } from "../client-command.ts";
import { collectMembers, parseLength, parseSpeed, parseTime } from "../option-values.ts";
import type { PublishCommandOptions } from "./publish.ts";

/** Adds `millrace publish`. */
export function publishCommand(
  program: Command,
  run: (file: string, url: string, options: PublishCommandOptions) => Promise<void>,
): void {
  clientCommand(program, "publish", "send a file, or what comes through a pipe, to a server", addOptions, EXAMPLES)
    .argument("<file>", "an FLV or MP4 file, or - for FLV from standard input")
    .argument("<url>", "where to publish")
    .action(run);
}

function addOptions(command: Command): Command {
  return command
    .optionsGroup("What is sent:")
    .option("--loop", "begin anew at the end, for ever")
    .option("--start <time>", "begin with the first keyframe at or behind this time; seconds, or h:mm:ss", parseTime)
    .option("--duration <time>", "end after this much of it", parseLength)
    .option("--no-audio", "leave the sound out")
    .option("--no-video", "leave the picture out")
    .option("--no-data", "leave metadata and other data out")
    .option("--metadata <name=value>", "a member of onMetaData, as JSON or text; may be repeated", collectMembers)
    .option("--skip-damage", "go on behind damaged places of an FLV file")
    .optionsGroup("When it is sent:")
    .option("--speed <number>", "faster or slower than its timestamps say", parseSpeed)
    .option("--burst <time>", "send this much at once at the start", parseTime)
    .option("--no-pace", "send it as fast as the server takes it")
    .option("--reconnect", "connect again when the server is lost; what is due meanwhile is dropped")
    .option("--record", "ask the server to record it")
    .option("--append", "ask the server to record it behind what there is");
}

const EXAMPLES = `
Examples:
  millrace publish clip.mp4 rtmp://127.0.0.1/live/test
  millrace publish clip.flv rtmp://127.0.0.1/live/test --loop --reconnect
  millrace publish clip.mp4 rtmps://live.example.org/app/KEY --start 1:30 --duration 60
  ffmpeg -re -i clip.mkv -c copy -f flv - | millrace publish - rtmp://127.0.0.1/live/test
`;
