import type { Log } from "../server/log.ts";
import type { Clip } from "./clip.ts";
import { type Clock, type MessageSink, publishLoop } from "./publish-loop.ts";

/** A stream that is being published. */
export type PublishedStream = MessageSink & {
  /** Ends it in order. */
  close(): Promise<void>;
  /** Settles when it is over, for whatever reason. */
  readonly closed: Promise<unknown>;
};

export type KeepPublishingOptions = {
  readonly clip: Clip;
  /** Connects and publishes; rejects if the server cannot be reached or says no. */
  open(): Promise<PublishedStream>;
  readonly clock: Clock;
  readonly log: Log;
};

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 5000;

/** Publishes a clip until `signal` aborts; connects again, later each time, when the server is lost. */
export async function keepPublishing(options: KeepPublishingOptions, signal: AbortSignal): Promise<void> {
  const { clock, log } = options;
  let retryMs = FIRST_RETRY_MS;
  while (!signal.aborted) {
    try {
      const stream = await options.open();
      retryMs = FIRST_RETRY_MS;
      await publishUntilClosed(stream, options, signal);
      if (!signal.aborted) log.warn({ retryMs }, "the clip's connection was closed; connecting again");
    } catch (error) {
      if (signal.aborted) return;
      log.warn({ err: error, retryMs }, "the clip cannot be published; trying again");
    }
    await clock.wait(retryMs, signal);
    retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
  }
}

async function publishUntilClosed(
  stream: PublishedStream,
  { clip, clock }: KeepPublishingOptions,
  signal: AbortSignal,
): Promise<void> {
  const lost = new AbortController();
  const onClosed = (): void => lost.abort();
  stream.closed.then(onClosed, onClosed);
  try {
    await publishLoop(clip, stream, clock, AbortSignal.any([signal, lost.signal]));
  } finally {
    if (!lost.signal.aborted) await stream.close();
  }
}
