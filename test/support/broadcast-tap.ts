import type { FlvTag } from "./flv-tags.ts";
import { roleOf } from "./flv-tags.ts";
import type { LiveServer } from "./live-server.ts";
import type { CleanUp } from "./peer-process.ts";

/** What a broadcast of a server holds, message by message, as it comes in. */
export type BroadcastTap = {
  readonly tags: readonly FlvTag[];
  /** The newest video keyframe so far. */
  newestKeyframe(): FlvTag | undefined;
  /** Resolves when a tag passes, from the first on; rejects when time is up. */
  until(what: string, isFound: (tag: FlvTag) => boolean, timeoutMs?: number): Promise<void>;
};

/** Listens in the server itself, from before the first message if nobody publishes yet. */
export function tapBroadcast(owner: CleanUp, live: LiveServer, name = "live/key"): BroadcastTap {
  const broadcast = live.server.broadcasts.open(name, "watch");
  if (broadcast === undefined) throw new Error("the server takes no more broadcasts");
  const tags: FlvTag[] = [];
  const looks = new Set<(tag: FlvTag) => void>();
  const unsubscribe = broadcast.subscribe({
    write({ kind, timestamp, payload }): void {
      const tag: FlvTag = { type: kind === "data" ? "script" : kind, timestamp, payload: payload.slice() };
      tags.push(tag);
      for (const look of looks) look(tag);
    },
    end(): void {},
  });
  owner.after(async () => {
    unsubscribe();
  });
  return {
    tags,
    newestKeyframe: () => tags.findLast((tag) => tag.type === "video" && roleOf(tag) === "keyframe"),
    until: (what, isFound, timeoutMs = 20_000) =>
      new Promise((resolve, reject) => {
        const settle = (error?: Error): void => {
          clearTimeout(timer);
          looks.delete(look);
          if (error === undefined) resolve();
          else reject(error);
        };
        const look = (tag: FlvTag): void => {
          if (isFound(tag)) settle();
        };
        const timer = setTimeout(
          () => settle(new Error(`${what} did not come within ${timeoutMs} ms, after ${tags.length} messages`)),
          timeoutMs,
        );
        looks.add(look);
        for (const tag of tags.slice()) look(tag);
      }),
  };
}

/** Video that has come this far. */
export function videoAt(timestampMs: number): (tag: FlvTag) => boolean {
  return (tag) => tag.type === "video" && roleOf(tag) !== "configuration" && tag.timestamp >= timestampMs;
}
