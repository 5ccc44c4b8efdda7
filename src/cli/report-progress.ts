import { BitrateMeter } from "./amounts.ts";
import type { Clock } from "./publish-loop.ts";
import type { Reporter } from "./reporter.ts";

export type ProgressOptions = {
  readonly clock: Clock;
  readonly reporter: Reporter;
  /** What has gone over the connection so far. */
  bytes(): number;
  /** Tells the reporter; the rate is that of the last seconds, in bits a second. */
  tell(bitrate: number): void;
};

/** Tells now and then how far a command has come, until `signal` aborts. */
export async function reportProgress(options: ProgressOptions, signal: AbortSignal): Promise<void> {
  const { clock, reporter, bytes, tell } = options;
  const meter = new BitrateMeter();
  meter.note(clock.nowMs(), bytes());
  for (;;) {
    await clock.wait(reporter.progressIntervalMs, signal);
    if (signal.aborted) return;
    tell(Math.round(meter.note(clock.nowMs(), bytes())));
  }
}
