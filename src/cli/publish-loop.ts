import { setTimeout } from "node:timers/promises";
import type { MediaMessage } from "../formats/flv/media-message.ts";
import type { Clip } from "./clip.ts";
import { Pacer } from "./pacer.ts";

/** Takes what is published. */
export type MessageSink = { write(message: MediaMessage): void };

/** Time as the loop sees it, so that tests need not wait. */
export type Clock = {
  /** Milliseconds since any moment; never steps back. */
  nowMs(): number;
  /** Resolves after `delayMs`, or at once when `signal` aborts. */
  wait(delayMs: number, signal: AbortSignal): Promise<void>;
};

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  // It rejects for one reason only: the signal.
  wait: (delayMs, signal) => setTimeout(delayMs, undefined, { signal }).catch(() => {}),
};

const TIMESTAMP_RANGE = 2 ** 32;

/**
 * Sends a clip in real time, over and over, until `signal` aborts. Timestamps go on from round to round, and wrap at
 * 32 bits; configurations and metadata are sent in the first round only, for the server keeps them.
 */
export async function publishLoop(clip: Clip, stream: MessageSink, clock: Clock, signal: AbortSignal): Promise<void> {
  const pacer = new Pacer(clock);
  for (let roundMs = 0; !signal.aborted; roundMs += clip.durationMs) {
    for (const message of clip.messages) {
      if (roundMs > 0 && message.isConfig) continue;
      const timestamp = roundMs + message.timestamp;
      // A laptop that slept does not catch up.
      await pacer.until(timestamp, signal);
      if (signal.aborted) return;
      stream.write({ ...message, timestamp: timestamp % TIMESTAMP_RANGE });
    }
  }
}
