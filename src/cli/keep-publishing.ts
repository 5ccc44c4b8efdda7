import type { Log } from "../server/log.ts";
import type { Clip } from "./clip.ts";
import { type Clock, type MessageSink, publishLoop } from "./publish-loop.ts";

/** A stream that is being published: what is used of the client's `PublishStream`. */
export type PublishedStream = MessageSink & {
  /** Ends the stream in order, and its connection with it. */
  close(): Promise<void>;
  /** Settles when it is over, for whatever reason; never rejects. */
  readonly ended: Promise<{ readonly description: string }>;
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
      await publishUntilEnded(stream, options, signal);
      if (signal.aborted) return;
      const { description: reason } = await stream.ended;
      log.warn({ reason, retryMs }, "the clip's stream has ended; publishing again");
    } catch (error) {
      if (signal.aborted) return;
      log.warn({ err: error, retryMs }, "the clip cannot be published; trying again");
    }
    await clock.wait(retryMs, signal);
    retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
  }
}

async function publishUntilEnded(
  stream: PublishedStream,
  { clip, clock }: KeepPublishingOptions,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  void stream.ended.then(() => over.abort());
  try {
    await publishLoop(clip, stream, clock, AbortSignal.any([signal, over.signal]));
  } finally {
    await stream.close();
  }
}
