import { BroadcastAnalysis } from "../../broadcast/analysis/broadcast-analysis.ts";
import type { Status } from "../../rtmp/session/status.ts";
import { type ClientConnection, type IncomingStream, openUnlessAborted } from "../client-functions.ts";
import { type CommandContext, styleFor } from "../context.ts";
import { ExitCode } from "../exit-codes.ts";
import { LONGEST_WAIT_MS, receive } from "../play/receive.ts";
import type { Reporter } from "../reporter.ts";
import { runClientCommand } from "../run-client-command.ts";
import { type ConnectionOptions, type OutputOptions, type Target, withReporter } from "../target.ts";
import { describeProbe } from "./describe-probe.ts";
import { probeJson, type SeenBroadcast, type ServerReport, serverReport } from "./probe-report.ts";

export type ProbeCommandOptions = ConnectionOptions &
  OutputOptions & {
    /** Times in ms. */
    readonly duration?: number;
    readonly wait?: number;
  };

const DEFAULT_DURATION_MS = 5000;
/** With long GOPs it takes longer to see two of them. */
const MAX_DURATION_MS = 20_000;
const WANTED_GOPS = 2;
const DEFAULT_WAIT_MS = 10_000;
/** Some servers never answer. */
const PING_TIMEOUT_MS = 2000;

/** `millrace probe`: what a broadcast is like, and the server that sends it. */
export async function probe(url: string, options: ProbeCommandOptions, context: CommandContext): Promise<ExitCode> {
  const run = (target: Target, reporter: Reporter, signal: AbortSignal): Promise<ExitCode> =>
    look(target, options, context, reporter, signal);
  return await runClientCommand({ url, options, hasKey: true, run }, context);
}

async function look(
  target: Target,
  options: ProbeCommandOptions,
  context: CommandContext,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { clock } = context;
  const { connect } = await context.loadClient();
  const startMs = clock.nowMs();
  let playingAtMs = startMs;
  let server: Promise<ServerReport> | undefined;
  const enough = new AbortController();
  const messages = receive(
    {
      async open(onStatus) {
        const options = withReporter(target, reporter);
        const connection = await openUnlessAborted(signal, (opening) =>
          connect(target.url, { ...options, signal: opening }),
        );
        const connectMs = clock.nowMs() - startMs;
        server = measure(connection).then((roundTripMs) =>
          serverReport(connection, target.shown, { connectMs, roundTripMs }),
        );
        return await playOn(connection, target, onStatus);
      },
      waitMs: options.wait ?? DEFAULT_WAIT_MS,
      waitsForStream: false,
      clock,
      onPlaying() {
        playingAtMs = clock.nowMs();
        reporter.note(`watching ${target.shown}`, "watching", { server: target.shown });
      },
    },
    AbortSignal.any([signal, enough.signal]),
  );
  let broadcast: SeenBroadcast | undefined;
  let problem: unknown;
  try {
    broadcast = await watch(messages, () => playingAtMs, options, context, enough);
  } catch (error) {
    problem = error;
  } finally {
    enough.abort();
  }
  const seenServer = await server;
  if (seenServer !== undefined) print({ server: seenServer, broadcast }, options, context);
  if (problem !== undefined) throw problem;
  return broadcast === undefined && !signal.aborted ? ExitCode.Failed : ExitCode.Ok;
}

/** The stream takes its connection along when it is closed. */
async function playOn(
  connection: ClientConnection,
  { key, play, calls }: Target,
  onStatus: (status: Status) => void,
): Promise<IncomingStream> {
  try {
    for (const { name, args } of calls) connection.notify(name, ...args);
    const stream = await connection.play(key, { ...play, onStatus });
    const close = async (): Promise<void> => {
      await stream.close();
      await connection.close();
    };
    return { ended: stream.ended, close, [Symbol.asyncIterator]: () => stream[Symbol.asyncIterator]() };
  } catch (error) {
    void connection.close();
    throw error;
  }
}

/** The round trip in ms; undefined for a server that does not answer. */
async function measure(connection: ClientConnection): Promise<number | undefined> {
  return await connection.ping({ timeoutMs: PING_TIMEOUT_MS }).catch(() => undefined);
}

/** Undefined when nothing came. Aborts `enough` when the time is over though nothing comes any more. */
async function watch(
  messages: ReturnType<typeof receive>,
  playingAtMs: () => number,
  options: ProbeCommandOptions,
  { clock }: CommandContext,
  enough: AbortController,
): Promise<SeenBroadcast | undefined> {
  const analysis = new BroadcastAnalysis();
  let firstMediaMs: number | undefined;
  let firstKeyframeMs: number | undefined;
  for await (const message of messages) {
    const nowMs = clock.nowMs();
    const passedMs = nowMs - playingAtMs();
    analysis.write(message, nowMs);
    if (message.kind !== "data" && firstMediaMs === undefined) {
      firstMediaMs = passedMs;
      const longestMs = Math.min(options.duration ?? MAX_DURATION_MS, LONGEST_WAIT_MS);
      void clock.wait(longestMs, enough.signal).then(() => enough.abort());
    }
    if (message.isKeyframe) firstKeyframeMs ??= passedMs;
    if (firstMediaMs !== undefined && isEnough(analysis, passedMs - firstMediaMs, options)) break;
  }
  return firstMediaMs === undefined ? undefined : { report: analysis.report, firstMediaMs, firstKeyframeMs };
}

function isEnough(analysis: BroadcastAnalysis, watchedMs: number, { duration }: ProbeCommandOptions): boolean {
  if (duration !== undefined) return watchedMs >= duration;
  if (watchedMs < DEFAULT_DURATION_MS) return false;
  return watchedMs >= MAX_DURATION_MS || analysis.wholeGops >= WANTED_GOPS;
}

function print(
  report: Parameters<typeof probeJson>[0],
  { json }: ProbeCommandOptions,
  { stdout }: CommandContext,
): void {
  stdout.write(json === true ? `${JSON.stringify(probeJson(report))}\n` : describeProbe(report, styleFor(stdout)));
}
