import type { Log } from "../server/log.ts";
import { Backoff } from "./backoff.ts";
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

/** Publishes a clip until `signal` aborts; connects again, later each time, when the server is lost. */
export async function keepPublishing(options: KeepPublishingOptions, signal: AbortSignal): Promise<void> {
  const { clock, log } = options;
  const backoff = new Backoff();
  while (!signal.aborted) {
    let retryMs = 0;
    try {
      const stream = await options.open();
      backoff.reset();
      await publishUntilEnded(stream, options, signal);
      if (signal.aborted) return;
      const { description: reason } = await stream.ended;
      retryMs = backoff.next();
      log.warn({ reason, retryMs }, "the clip's stream has ended; publishing again");
    } catch (error) {
      if (signal.aborted) return;
      retryMs = backoff.next();
      log.warn({ err: error, retryMs }, "the clip cannot be published; trying again");
    }
    await clock.wait(retryMs, signal);
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
