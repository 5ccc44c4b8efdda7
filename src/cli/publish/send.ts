import type { MediaMessage } from "../../formats/flv/media-message.ts";
import type { OutgoingStream } from "../client-functions.ts";
import { unlessAborted } from "../interruptible.ts";
import { Pacer } from "../pacer.ts";
import type { Clock } from "../publish-loop.ts";
import type { Reporter } from "../reporter.ts";
import type { Gate } from "./gate.ts";
import type { Input } from "./open-input.ts";
import type { PublishCommandOptions } from "./publish.ts";
import { readRounds } from "./rounds.ts";

export type SendOptions = Pick<
  PublishCommandOptions,
  "loop" | "start" | "duration" | "metadata" | "pace" | "speed" | "burst"
> & {
  /** Waited for while the server is lost; undefined: time goes on, and what is due is dropped. */
  readonly gate: Gate | undefined;
  readonly clock: Clock;
  readonly reporter: Reporter;
};

/** How far it has come, in ms of media. */
export type Position = { timeMs: number; firstMs: number | undefined };

/** A network that stood still is made up for, up to this. */
const MAX_LATE_MS = 10_000;

/** Sends all of the input, or until `signal` aborts. */
export async function send(
  input: Input,
  stream: OutgoingStream,
  position: Position,
  options: SendOptions,
  signal: AbortSignal,
): Promise<void> {
  const { pace, gate } = options;
  const pacer = pacerOf(options);
  const messages = roundsOf(input, options);
  for (;;) {
    // A pipe may be silent for ever.
    const next = await unlessAborted(messages.next(), signal);
    if (next === undefined || next.done === true) break;
    const { value: message } = next;
    if (pace && !message.isConfig) await pacer.until(message.timestamp, signal);
    if (gate?.opened !== undefined) await unlessAborted(gate.opened, signal);
    if (signal.aborted) break;
    const mayGoOn = stream.write(message);
    notePosition(position, message);
    // What hinders it shows in the stream's end.
    if (!mayGoOn)
      await unlessAborted(
        stream.ready().catch(() => {}),
        signal,
      );
  }
  // Not awaited: what waits for a pipe never ends.
  if (signal.aborted) messages.return(undefined).catch(() => {});
}

function pacerOf({ clock, speed, burst }: SendOptions): Pacer {
  return new Pacer(clock, {
    maxLateMs: MAX_LATE_MS,
    ...(speed !== undefined && { speed }),
    ...(burst !== undefined && { burstMs: burst }),
  });
}

function roundsOf(input: Input, options: SendOptions): AsyncGenerator<MediaMessage> {
  const { loop = false, start: startMs = 0, duration, metadata, reporter } = options;
  return readRounds(input, {
    loop,
    startMs,
    ...(duration !== undefined && { durationMs: duration }),
    ...(metadata !== undefined && { metadata }),
    onWarning: (text) => reporter.warn(text),
  });
}

function notePosition(position: Position, { kind, isConfig, timestamp }: MediaMessage): void {
  if (isConfig || kind === "data") return;
  position.firstMs ??= timestamp;
  position.timeMs = Math.max(position.timeMs, timestamp - position.firstMs);
}
