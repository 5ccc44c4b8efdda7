import { equal, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { CLOCK_COLUMNS, CLOCK_FRAME_BYTES, CLOCK_HEIGHT, CLOCK_ROWS, CLOCK_WIDTH, readClock } from "./clock-barcode.ts";
import { publishClock } from "./clock-picture.ts";
import { startLiveServer } from "./live-server.ts";
import { assertEndedWell, startPeer } from "./peer-process.ts";
import { requirePeer } from "./require-peer.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const FRAMES = 10;

function timeOf(frame: Uint8Array): number | undefined {
  return readClock((row, column) => {
    const y = (row + 0.5) * (CLOCK_HEIGHT / CLOCK_ROWS);
    const x = (column + 0.5) * (CLOCK_WIDTH / CLOCK_COLUMNS);
    return frame[y * CLOCK_WIDTH + x] ?? Number.NaN;
  });
}

test("what is published shows when each picture was painted, through encoder, server and decoder", async (t) => {
  const live = await startLiveServer(t);
  const startMs = Date.now();
  publishClock(t, live.url());
  await live.until("publishing");
  const file = join(temporaryFolder(t), "pictures.yuv");
  const decode = ["-frames:v", `${FRAMES}`, "-pix_fmt", "yuv420p", "-f", "rawvideo", file];
  const player = startPeer(t, requirePeer("ffmpeg"), ["-nostdin", "-i", live.url(), "-an", ...decode]);
  assertEndedWell(player, await player.done);
  const pictures = readFileSync(file);
  equal(pictures.length, FRAMES * CLOCK_FRAME_BYTES);
  let lastMs = startMs;
  for (let at = 0; at < pictures.length; at += CLOCK_FRAME_BYTES) {
    const timeMs = timeOf(pictures.subarray(at)) ?? Number.NaN;
    ok(timeMs >= lastMs && timeMs <= Date.now(), `${timeMs} after ${lastMs}`);
    lastMs = timeMs;
  }
});
