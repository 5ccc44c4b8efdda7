import { setTimeout as sleep } from "node:timers/promises";
import { publishTo } from "../../src/client/connect.ts";
import type { RtmpScheme } from "../../src/transport/rtmp-url.ts";
import { ChildProgram } from "./child-program.ts";
import { BYTES_PER_SECOND, PacedMedia } from "./paced-media.ts";
import type { ServerQuestions } from "./server-program.ts";
import type { ViewersQuestions } from "./viewers-program.ts";

export type DeliveryOptions = {
  /** Of the viewers; the publisher always comes by plain RTMP. */
  readonly scheme: RtmpScheme;
  /** For tunnels: how long a viewer waits after each answer before it asks again. */
  readonly pollDelayMs: number;
  readonly viewers: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  /** How much faster than real the publisher sends. */
  readonly pace: number;
  /** Where the self-signed certificate of all measurements is kept. */
  readonly certificateFolder: string;
  /** Further options for the server's Node. */
  readonly serverOptions: readonly string[];
};

/** What a server needed to deliver one broadcast for some seconds. */
export type Delivery = {
  readonly cpuSecondsPerGigabyte: number;
  readonly loopDelayP99Ms: number;
  readonly megabitsPerSecond: number;
  /** RTMP bytes of all viewers together. */
  readonly deliveredBytes: number;
  /** Viewers that got less than was sent to them: then the other figures say nothing. */
  readonly viewersBehind: number;
  readonly residentBytes: number;
};

const APP_AND_KEY = "live/bench";
/** What may be on its way at the end and was not at the beginning, as media at real pace. */
const MAX_LAG_SECONDS = 0.3;

/** Starts a server, a publisher and its viewers, and measures them in a window of time. */
export async function measureDelivery(options: DeliveryOptions): Promise<Delivery> {
  const { scheme, viewers: count, pollDelayMs, certificateFolder, pace } = options;
  const server = new ChildProgram<ServerQuestions>(
    new URL("server-program.ts", import.meta.url),
    options.serverOptions,
  );
  const viewers = new ChildProgram<ViewersQuestions>(new URL("viewers-program.ts", import.meta.url));
  try {
    const { port } = await server.ask("start", { certificateFolder });
    const publisher = await publishTo(`rtmp://127.0.0.1:${port}/${APP_AND_KEY}`);
    const media = new PacedMedia(pace, (message) => publisher.write(message));
    media.start();
    try {
      await viewers.ask("open", { url: `${scheme}://127.0.0.1:${port}/${APP_AND_KEY}`, viewers: count, pollDelayMs });
      return await measureWindow(options, server, viewers, media);
    } finally {
      media.stop();
      await publisher.close();
    }
  } finally {
    await Promise.all([viewers.stop(), server.stop()]);
  }
}

async function measureWindow(
  { seconds, warmUpSeconds, pace }: DeliveryOptions,
  server: ChildProgram<ServerQuestions>,
  viewers: ChildProgram<ViewersQuestions>,
  media: PacedMedia,
): Promise<Delivery> {
  const sample = async () => {
    const atMs = performance.now();
    const sentBytes = media.deliverableBytes;
    const [process, received] = await Promise.all([
      server.ask("sample", undefined),
      viewers.ask("receivedBytes", undefined),
    ]);
    return { atMs, sentBytes, process, received };
  };
  await sleep(warmUpSeconds * 1000);
  const before = await sample();
  await sleep(seconds * 1000);
  const after = await sample();
  const received = after.received.map((bytes, index) => bytes - (before.received[index] ?? 0));
  const deliveredBytes = received.reduce((sum, bytes) => sum + bytes, 0);
  const leastBytes = after.sentBytes - before.sentBytes - MAX_LAG_SECONDS * BYTES_PER_SECOND * pace;
  return {
    cpuSecondsPerGigabyte: (after.process.cpuSeconds - before.process.cpuSeconds) / (deliveredBytes / 1e9),
    loopDelayP99Ms: after.process.loopDelayP99Ms,
    megabitsPerSecond: (deliveredBytes * 8) / 1000 / (after.atMs - before.atMs),
    deliveredBytes,
    viewersBehind: received.filter((bytes) => bytes < leastBytes).length,
    residentBytes: after.process.residentBytes,
  };
}
