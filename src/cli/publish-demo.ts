import type { ReconnectEvent } from "../client/reconnect-options.ts";
import type { Log } from "../server/log.ts";
import { type OutgoingStream, openUnlessAborted } from "./client-functions.ts";
import type { Clip } from "./clip.ts";
import type { CommandContext } from "./context.ts";
import { publishLoop } from "./publish-loop.ts";

/** The server is of the same process. */
const MAX_PAUSE_MS = 5000;

/** Publishes a clip to a URL, over and over, until `signal` aborts; connects again when the server is lost. */
export async function publishDemo(
  url: string,
  clip: Clip,
  { loadClient, clock }: Pick<CommandContext, "loadClient" | "clock">,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const { publishTo } = await loadClient();
  const onEvent = (event: ReconnectEvent): void => {
    if (event.kind === "lost") log.warn({ reason: event.reason }, "the clip's stream has ended; publishing again");
    else if (event.kind === "failed") log.warn({ err: event.error }, "the clip cannot be published; trying again");
  };
  const reconnect = { fromStart: true, retryRefusals: true, firstMs: 250, maxMs: MAX_PAUSE_MS, onEvent };
  // A certificate for the server's name is none for the loopback address.
  const options = { tls: { insecure: true }, reconnect };
  let stream: OutgoingStream;
  try {
    stream = await openUnlessAborted(signal, (opening) => publishTo(url, { ...options, signal: opening }));
  } catch (error) {
    if (!signal.aborted) log.warn({ err: error }, "the clip cannot be published");
    return;
  }
  await publishLoop(clip, stream, clock, signal);
  await stream.close();
}
