import type { Track } from "../../broadcast/tracks.ts";
import { formatBitrate, formatBytes, formatTime, round } from "../amounts.ts";
import { openUnlessAborted, reconnectOptions } from "../client-functions.ts";
import type { CommandContext } from "../context.ts";
import { ExitCode } from "../exit-codes.ts";
import { reportProgress } from "../report-progress.ts";
import type { Reporter } from "../reporter.ts";
import { type ClientCommand, runClientCommand } from "../run-client-command.ts";
import { type ConnectionOptions, type OutputOptions, type Target, withReporter } from "../target.ts";
import { createFlvFile, type FlvFile, flvPipe, resumeFlvFile } from "./flv-output.ts";
import { FlvRecorder } from "./flv-recorder.ts";
import { receive } from "./receive.ts";

export type PlayCommandOptions = ConnectionOptions &
  OutputOptions & {
    /** A file, or `-`. */
    readonly output?: string;
    readonly overwrite?: boolean;
    readonly resume?: boolean;
    /** Times in ms. */
    readonly duration?: number;
    readonly start?: number;
    readonly live?: boolean;
    readonly buffer?: number;
    /** True for ever. */
    readonly wait?: number | true;
    readonly reconnect?: boolean;
  };

const DEFAULT_WAIT_MS = 10_000;
/** For `play`: a live stream, whatever recordings there are. RTMP 1.0 section 7.2.2.1. */
const LIVE_ONLY = -1000;

/** `millrace play`: a broadcast into an FLV file, or through a pipe into another program. */
export async function play(url: string, options: PlayCommandOptions, context: CommandContext): Promise<ExitCode> {
  const command: ClientCommand = {
    url,
    options,
    hasKey: true,
    check: () => checkUsage(options, context),
    run: (target, reporter, signal) => run(target, options, context, reporter, signal),
  };
  return await runClientCommand(command, context);
}

function isPipe({ output = "-" }: PlayCommandOptions): boolean {
  return output === "-";
}

/** Throws a TypeError. */
function checkUsage(options: PlayCommandOptions, { stdout }: CommandContext): void {
  if (isPipe(options) && options.resume === true) throw new TypeError("--resume needs a file: -o FILE");
  if (options.live === true && options.start !== undefined)
    throw new TypeError("--start is for recordings, not --live");
  if (isPipe(options) && stdout.isTTY) {
    throw new TypeError("an FLV is nothing for a terminal. Name a file by -o FILE, or add | ffplay -");
  }
}

async function openOutput(options: PlayCommandOptions, context: CommandContext, signal: AbortSignal): Promise<FlvFile> {
  const { output = "-", resume, overwrite = false } = options;
  if (isPipe(options)) return { output: flvPipe(context.byteOutput, signal), before: undefined, cutBytes: 0 };
  return resume === true ? await resumeFlvFile(output) : await createFlvFile(output, overwrite);
}

async function run(
  target: Target,
  options: PlayCommandOptions,
  context: CommandContext,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { output, before, cutBytes } = await openOutput(options, context, signal);
  if (cutBytes > 0) reporter.warn(`${output.name}: ${cutBytes} bytes behind its last whole tag were cut off`);
  const isRecording = options.start !== undefined;
  const recorder = new FlvRecorder({ output, before, isRecording, onTrack: (track) => tellTrack(track, reporter) });
  const ended = new AbortController();
  const tell = (bitrate: number): void => tellProgress(recorder, bitrate, reporter);
  const progress = reportProgress(
    { clock: context.clock, reporter, bytes: () => recorder.mediaBytes, tell },
    AbortSignal.any([signal, ended.signal]),
  );
  try {
    await record(recorder, target, options, context, reporter, signal);
  } catch (error) {
    if (!isReaderGone(error)) throw error;
  } finally {
    ended.abort();
    await progress;
    await recorder.finish().catch((error: unknown) => {
      if (!isReaderGone(error)) throw error;
    });
    await output.close();
  }
  return finish(recorder, output.name, options, context, reporter);
}

/** Whoever reads standard output has ended: so does the command, in order. */
function isReaderGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EPIPE";
}

async function record(
  recorder: FlvRecorder,
  target: Target,
  options: PlayCommandOptions,
  context: CommandContext,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<void> {
  const { wait, duration = Number.POSITIVE_INFINITY, reconnect } = options;
  const enough = new AbortController();
  const { playFrom } = await context.loadClient();
  const play = playOptionsOf(target, options, recorder.timeMs);
  const messages = receive(
    {
      open: (onStatus) =>
        openUnlessAborted(signal, (opening) =>
          playFrom(target.url, {
            ...withReporter(target, reporter),
            signal: opening,
            play: { ...play, onStatus },
            ...(reconnect === true && { reconnect: reconnectOptions(reporter) }),
          }),
        ),
      waitMs: wait === true ? Number.POSITIVE_INFINITY : (wait ?? DEFAULT_WAIT_MS),
      waitsForStream: wait !== undefined,
      clock: context.clock,
      onPlaying: () => reporter.note(`playing ${target.shown}`, "playing", { server: target.shown }),
    },
    AbortSignal.any([signal, enough.signal]),
  );
  for await (const message of messages) {
    await recorder.write(message);
    if (recorder.playedMs >= duration) enough.abort();
  }
}

function playOptionsOf(target: Target, options: PlayCommandOptions, timeMs: number) {
  const { start, live, duration, buffer, resume } = options;
  // A recording is asked for from where the file ends on; servers begin with the keyframe before it.
  const startMs = start !== undefined && resume === true ? start + timeMs : start;
  return {
    ...target.play,
    ...(startMs !== undefined && { startMs }),
    ...(live === true && { startMs: LIVE_ONLY }),
    ...(start !== undefined && duration !== undefined && { durationMs: duration }),
    ...(buffer !== undefined && { bufferMs: buffer }),
  };
}

function tellTrack({ kind, trackId, codec }: Track, reporter: Reporter): void {
  const { text, ...details } = codec;
  reporter.note(`${kind}${trackId === 0 ? "" : ` ${trackId}`}: ${text}`, "track", { kind, trackId, text, ...details });
}

function tellProgress({ timeMs, size, frames }: FlvRecorder, bitrate: number, reporter: Reporter): void {
  const figures = [formatTime(timeMs), formatBitrate(bitrate), formatBytes(size)].join("  ");
  const text = frames === 0 ? "waiting for a publisher" : figures;
  reporter.progress(text, { timeMs, bitrate, bytes: size, frames });
}

function finish(
  recorder: FlvRecorder,
  name: string,
  options: PlayCommandOptions,
  { stdout }: CommandContext,
  reporter: Reporter,
): ExitCode {
  reporter.end();
  const { timeMs, size: bytes, frames } = recorder;
  const details = { file: name, timeMs, bytes, frames };
  if (options.json === true && !isPipe(options)) stdout.write(`${JSON.stringify({ event: "played", ...details })}\n`);
  else reporter.note(`wrote ${round(timeMs / 1000, 1)} s, ${formatBytes(bytes)}, to ${name}`, "played", details);
  return ExitCode.Ok;
}
