import { setTimeout as delay } from "node:timers/promises";
import type { ConnectOptions } from "../../src/client/index.ts";
import { playFrom, publishTo } from "../../src/client/index.ts";
import type { FlvTag } from "./flv-tags.ts";
import type { CleanUp } from "./peer-process.ts";

const KINDS = { audio: "audio", video: "video", script: "data" } as const;
const TYPES = { audio: "audio", video: "video", data: "script" } as const;

/** Plays by our own client until the broadcast is unpublished, and resolves with all that came. */
export async function clientPlay(owner: CleanUp, url: string, options: ConnectOptions = {}): Promise<FlvTag[]> {
  const { allTags } = await startClientPlay(owner, url, options);
  return await allTags();
}

/** The same, resolved as soon as the server says that it plays. */
export async function startClientPlay(
  owner: CleanUp,
  url: string,
  options: ConnectOptions = {},
): Promise<{ allTags(): Promise<FlvTag[]> }> {
  const tags: FlvTag[] = [];
  const unpublished = Promise.withResolvers<void>();
  const stream = await playFrom(url, {
    ...options,
    play: {
      onStatus: ({ code }) => {
        if (code === "NetStream.Play.UnpublishNotify") unpublished.resolve();
      },
    },
  });
  owner.after(() => stream.close());
  stream.onMessage(({ kind, timestamp, payload }) => {
    tags.push({ type: TYPES[kind], timestamp: timestamp | 0, payload: payload.slice() });
  });
  const ended = stream.ended.then(({ description }) => {
    throw new Error(`the stream ended: ${description}`);
  });
  ended.catch(() => {});
  return {
    async allTags(): Promise<FlvTag[]> {
      await Promise.race([unpublished.promise, ended]);
      await stream.close();
      return tags;
    },
  };
}

export type ClientPublishOptions = ConnectOptions & {
  /** Send at the pace of the timestamps. @default false */
  readonly isRealtime?: boolean;
};

/** Publishes tags by our own client, and ends the stream in order. */
export async function clientPublish(
  owner: CleanUp,
  url: string,
  tags: readonly FlvTag[],
  { isRealtime = false, ...options }: ClientPublishOptions = {},
): Promise<void> {
  const stream = await publishTo(url, options);
  owner.after(() => stream.close());
  const startedMs = performance.now();
  const firstMs = tags[0]?.timestamp ?? 0;
  for (const { type, timestamp, payload } of tags) {
    const waitMs = isRealtime ? timestamp - firstMs - (performance.now() - startedMs) : 0;
    if (waitMs > 1) await delay(waitMs);
    if (!stream.write({ kind: KINDS[type], timestamp, payload })) await stream.ready();
  }
  await stream.close();
}
