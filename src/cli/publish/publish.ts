import type { AmfEncodable } from "../../formats/amf/amf-value.ts";
import { BitrateMeter, formatBitrate, formatBytes, formatTime, round } from "../amounts.ts";
import { connectUnlessAborted } from "../client-connection.ts";
import type { CommandContext } from "../context.ts";
import { ExitCode } from "../exit-codes.ts";
import { unlessAborted } from "../interruptible.ts";
import { Pacer } from "../pacer.ts";
import type { Reporter } from "../reporter.ts";
import { runClientCommand } from "../run-client-command.ts";
import { type ConnectionOptions, type OutputOptions, type Target, withReporter } from "../target.ts";
import { type Input, openInput } from "./open-input.ts";
import { Publisher } from "./publisher.ts";
import { readRounds } from "./rounds.ts";

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
/** A network that stood still is made up for, up to this. */
const MAX_LATE_MS = 10_000;

/** `millrace publish`: a file, or what comes through a pipe, to a server. */
export async function publish(
  file: string,
  url: string,
  options: PublishCommandOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const run = (target: Target, reporter: Reporter, signal: AbortSignal): Promise<ExitCode> =>
    send(file, target, options, context, reporter, signal);
  return await runClientCommand({ url, options, hasKey: true, run }, context);
}

async function send(
  file: string,
  target: Target,
  options: PublishCommandOptions,
  context: CommandContext,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { audio, video, data, skipDamage = false, start: startMs = 0 } = options;
  const input = await openInput(file, context.standardInput, { audio, video, data, skipDamage, startMs });
  if (options.loop === true && !input.isRepeatable)
    reporter.warn(`${input.name} cannot be repeated: --loop is ignored`);
  const publisher = createPublisher(target, options, context, reporter, signal);
  const started = await unlessAborted(
    publisher.start().then(() => true),
    signal,
  );
  if (started === undefined) return ExitCode.Ok;
  reporter.note(`publishing ${input.name} to ${target.shown}`, "publishing", {
    input: input.name,
    server: target.shown,
  });
  const ended = new AbortController();
  const position = { timeMs: 0, firstMs: undefined as number | undefined };
  const progress = reportProgress(publisher, position, context, reporter, AbortSignal.any([signal, ended.signal]));
  try {
    const sent = sendAll(input, publisher, position, options, context, reporter, signal);
    await Promise.race([sent, publisher.failed]);
    await publisher.finish();
  } finally {
    ended.abort();
    await progress;
  }
  return finish(publisher, position.timeMs, options, context, reporter);
}

function createPublisher(
  target: Target,
  { reconnect = false, pace, record, append }: PublishCommandOptions,
  { loadConnect, clock }: CommandContext,
  reporter: Reporter,
  signal: AbortSignal,
): Publisher {
  const recorded = record === true ? "record" : "live";
  const type = append === true ? "append" : recorded;
  const connectOptions = { ...withReporter(target, reporter), windowAcknowledgementSize: ACKNOWLEDGEMENT_BYTES };
  return new Publisher({
    async open() {
      const connection = await connectUnlessAborted(await loadConnect(), target.url, connectOptions, signal);
      try {
        return { connection, stream: await connection.publish(target.key, { type }) };
      } catch (error) {
        void connection.close();
        throw error;
      }
    },
    reconnect,
    waits: !pace,
    clock,
    reporter,
    signal,
  });
}

/** How far it has come. */
type Position = { timeMs: number; firstMs: number | undefined };

async function sendAll(
  input: Input,
  publisher: Publisher,
  position: Position,
  options: PublishCommandOptions,
  { clock }: CommandContext,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<void> {
  const { loop = false, start: startMs = 0, duration: durationMs, metadata, pace, speed, burst: burstMs } = options;
  const pacer = new Pacer(clock, {
    maxLateMs: MAX_LATE_MS,
    ...(speed !== undefined && { speed }),
    ...(burstMs !== undefined && { burstMs }),
  });
  const messages = readRounds(input, {
    loop,
    startMs,
    ...(durationMs !== undefined && { durationMs }),
    ...(metadata !== undefined && { metadata }),
    onWarning: (text) => reporter.warn(text),
  });
  for (;;) {
    // A pipe may be silent for ever.
    const next = await unlessAborted(messages.next(), signal);
    if (next === undefined || next.done === true) break;
    const { value: message } = next;
    if (pace && !message.isConfig) await pacer.until(message.timestamp, signal);
    if (signal.aborted) break;
    await publisher.write(message);
    if (message.isConfig || message.kind === "data") continue;
    position.firstMs ??= message.timestamp;
    position.timeMs = Math.max(position.timeMs, message.timestamp - position.firstMs);
  }
  // Not awaited: what waits for a pipe never ends.
  if (signal.aborted) messages.return(undefined).catch(() => {});
}

async function reportProgress(
  publisher: Publisher,
  position: Position,
  { clock }: CommandContext,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<void> {
  const meter = new BitrateMeter();
  meter.note(clock.nowMs(), 0);
  for (;;) {
    await clock.wait(reporter.progressIntervalMs, signal);
    if (signal.aborted) return;
    const { bytes, dropped, messages } = publisher.counters;
    const bitrate = meter.note(clock.nowMs(), bytes);
    const statistics = publisher.connection?.statistics;
    const lagMs = statistics?.lagMs;
    const parts = [
      formatTime(position.timeMs),
      formatBitrate(bitrate),
      ...(statistics === undefined ? ["not connected"] : []),
      ...(lagMs === undefined ? [] : [`lag ${(lagMs / 1000).toFixed(1)} s`]),
      ...(dropped === 0 ? [] : [`${dropped} dropped`]),
    ];
    reporter.progress(parts.join("  "), {
      timeMs: position.timeMs,
      bitrate: Math.round(bitrate),
      lagMs: lagMs === undefined ? null : Math.round(lagMs),
      messages,
      bytes,
      dropped,
    });
  }
}

function finish(
  publisher: Publisher,
  timeMs: number,
  { json }: PublishCommandOptions,
  { stdout }: CommandContext,
  reporter: Reporter,
): ExitCode {
  reporter.end();
  const { messages, bytes, dropped, reconnects } = publisher.counters;
  if (json === true) {
    stdout.write(`${JSON.stringify({ event: "published", timeMs, messages, bytes, dropped, reconnects })}\n`);
    return ExitCode.Ok;
  }
  const lost = dropped === 0 ? "" : `, ${dropped} frames dropped in ${reconnects} reconnects`;
  reporter.note(`published ${round(timeMs / 1000, 1)} s, ${formatBytes(bytes)}${lost}`, "published");
  return ExitCode.Ok;
}
