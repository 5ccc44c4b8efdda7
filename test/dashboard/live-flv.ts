import { readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { encodeFlvHeader, encodeFlvTag, FlvReader } from "../../src/formats/flv/index.ts";

type Tag = { readonly type: number; readonly timestamp: number; readonly data: Uint8Array };

const CLIP = join(import.meta.dirname, "../../media/demo.flv");
/** Media that a newcomer gets at once. */
const BURST_MS = 800;
const STEP_MS = 20;

let clip: readonly Tag[] | undefined;

/** Sends the demo clip over and over at its own pace, until the client goes. */
export function sendLiveFlv(response: ServerResponse): void {
  clip ??= readClip();
  const tags = clip;
  const lengthMs = (tags.at(-1)?.timestamp ?? 0) + 40;
  const startedMs = performance.now() - BURST_MS;
  let [round, next] = [0, 0];
  response.writeHead(200, { "Content-Type": "video/x-flv" });
  response.write(encodeFlvHeader({ hasAudio: true, hasVideo: true }));
  const step = (): void => {
    const dueMs = performance.now() - startedMs;
    for (let tag = tags[next]; tag !== undefined; tag = tags[next]) {
      const timestamp = tag.timestamp + round * lengthMs;
      if (timestamp > dueMs) return;
      response.write(encodeFlvTag(tag.type, timestamp, tag.data));
      next++;
      if (next < tags.length) continue;
      next = 0;
      round++;
    }
  };
  step();
  const timer = setInterval(step, STEP_MS);
  response.on("close", () => clearInterval(timer));
}

function readClip(): Tag[] {
  const reader = new FlvReader();
  reader.push(readFileSync(CLIP));
  const tags: Tag[] = [];
  for (let tag = reader.next(); tag !== undefined; tag = reader.next()) {
    tags.push({ type: tag.type, timestamp: tag.timestamp, data: Uint8Array.from(tag.data) });
  }
  return tags;
}
