import type { PublishToOptions } from "../../client/connect-on.ts";
import type { AmfEncodable } from "../../formats/amf/amf-value.ts";
import { formatBitrate, formatBytes, formatTime, round } from "../amounts.ts";
import { type OutgoingStream, openUnlessAborted, reconnectOptions } from "../client-functions.ts";
import type { CommandContext } from "../context.ts";
import { ExitCode } from "../exit-codes.ts";
import { reportProgress } from "../report-progress.ts";
import type { Reporter } from "../reporter.ts";
import { runClientCommand } from "../run-client-command.ts";
import { type ConnectionOptions, type OutputOptions, type Target, withReporter } from "../target.ts";
import { Gate } from "./gate.ts";
import { openInput } from "./open-input.ts";
import { type Position, type SendOptions, send } from "./send.ts";

export type PublishCommandOptions = ConnectionOptions &
  OutputOptions & {
    readonly loop?: boolean;
    /** Times in ms. */
    readonly start?: number;
    readonly duration?: number;
    readonly burst?: number;
    /** Whether timestamps decide when something is sent. */
    readonly pace: boolean;
    readonly speed?: number;
    readonly reconnect?: boolean;
    readonly metadata?: Readonly<Record<string, AmfEncodable>>;
    readonly audio: boolean;
    readonly video: boolean;
    readonly data: boolean;
    readonly skipDamage?: boolean;
    readonly record?: boolean;
    readonly append?: boolean;
  };

/** So that its acknowledgements tell soon how far the server is behind. */
const ACKNOWLEDGEMENT_BYTES = 128 * 1024;

/** `millrace publish`: a file, or what comes through a pipe, to a server. */
export async function publish(
  file: string,
  url: string,
  options: PublishCommandOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const run = (target: Target, reporter: Reporter, signal: AbortSignal): Promise<ExitCode> =>
    publishFile(file, target, options, context, reporter, signal);
  return await runClientCommand({ url, options, hasKey: true, run }, context);
}

async function publishFile(
  file: string,
  target: Target,
  options: PublishCommandOptions,
  context: CommandContext,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { audio, video, data, skipDamage = false, start: startMs = 0, loop = false } = options;
  const input = await openInput(file, context.standardInput, { audio, video, data, skipDamage, startMs });
  if (loop && !input.isRepeatable) reporter.warn(`${input.name} cannot be repeated: --loop is ignored`);
  const gate = new Gate();
  const stream = await open(target, options, context, reporter, gate, signal);
  if (stream === undefined) return ExitCode.Ok;
  reporter.note(`publishing ${input.name} to ${target.shown}`, "publishing", {
    input: input.name,
    server: target.shown,
  });
  const ended = new AbortController();
  const position: Position = { timeMs: 0, firstMs: undefined };
  const tell = (bitrate: number): void => tellProgress(stream, position, bitrate, reporter);
  const progress = reportProgress(
    { clock: context.clock, reporter, bytes: () => sentBytes(stream), tell },
    AbortSignal.any([signal, ended.signal]),
  );
  const sending: SendOptions = { ...options, gate: options.pace ? undefined : gate, clock: context.clock, reporter };
  try {
    const sent = send(input, stream, position, sending, signal).catch(async (error: unknown) => {
      // What was read before it failed is still on its way.
      await stream.close().catch(() => {});
      throw error;
    });
    await Promise.race([sent, untilLost(stream, signal)]);
    await stream.close();
  } finally {
    ended.abort();
    await progress;
  }
  return finish(stream, position.timeMs, options, context, reporter);
}

/** Undefined when `signal` aborts first. */
async function open(
  target: Target,
  { reconnect, record, append }: PublishCommandOptions,
  { loadClient }: CommandContext,
  reporter: Reporter,
  gate: Gate,
  signal: AbortSignal,
): Promise<OutgoingStream | undefined> {
  const recorded = record === true ? "record" : "live";
  const options: PublishToOptions = {
    ...withReporter(target, reporter),
    windowAcknowledgementSize: ACKNOWLEDGEMENT_BYTES,
    publish: { type: append === true ? "append" : recorded },
    ...(reconnect === true && { reconnect: reconnectOptions(reporter, (kind) => gate.note(kind)) }),
  };
  const { publishTo } = await loadClient();
  return await openUnlessAborted(signal, (opening) => publishTo(target.url, { ...options, signal: opening })).catch(
    (error: unknown) => {
      if (signal.aborted) return undefined;
      throw error;
    },
  );
}

/** Rejects when the server ends the stream, or is lost for good. */
async function untilLost({ ended }: OutgoingStream, signal: AbortSignal): Promise<never> {
  const { error, description, kind } = await ended;
  if (kind === "closed" || signal.aborted) return await new Promise<never>(() => {});
  throw error ?? new Error(`the stream was ended: ${description}`);
}

function tellProgress(stream: OutgoingStream, { timeMs }: Position, bitrate: number, reporter: Reporter): void {
  const { lagMs, messages, droppedMessages: dropped } = stream.statistics;
  const parts = [
    formatTime(timeMs),
    formatBitrate(bitrate),
    ...(lagMs === undefined ? [] : [`lag ${(lagMs / 1000).toFixed(1)} s`]),
    ...(dropped === 0 ? [] : [`${dropped} dropped`]),
  ];
  const roundedLagMs = lagMs === undefined ? null : Math.round(lagMs);
  const details = { timeMs, bitrate, lagMs: roundedLagMs, messages, bytes: sentBytes(stream), dropped };
  reporter.progress(parts.join("  "), details);
}

function sentBytes({ statistics: { audioBytes, videoBytes, dataBytes } }: OutgoingStream): number {
  return audioBytes + videoBytes + dataBytes;
}

function finish(
  stream: OutgoingStream,
  timeMs: number,
  { json }: PublishCommandOptions,
  { stdout }: CommandContext,
  reporter: Reporter,
): ExitCode {
  reporter.end();
  const { messages, droppedMessages: dropped, reconnects } = stream.statistics;
  const bytes = sentBytes(stream);
  if (json === true) {
    stdout.write(`${JSON.stringify({ event: "published", timeMs, messages, bytes, dropped, reconnects })}\n`);
    return ExitCode.Ok;
  }
  const lost = reconnects === 0 ? "" : `, connected again ${reconnects} times, ${dropped} messages dropped`;
  reporter.note(`published ${round(timeMs / 1000, 1)} s, ${formatBytes(bytes)}${lost}`, "published");
  return ExitCode.Ok;
}
