import { equal, ok } from "node:assert/strict";
import { it, suite, type TestContext } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { type PlayStream, playFrom } from "../../src/client/index.ts";
import type { MediaMessage } from "../../src/formats/flv/media-message.ts";
import type { RtmpScheme } from "../../src/transport/rtmp-url.ts";
import { type LiveServer, startLiveServer } from "../support/live-server.ts";

const FRAMES = 600;
const FRAME_BYTES = 60_000;
// What a viewer that was skipped begins with fits into one write.
const KEYFRAME_EVERY = 5;

/** Every byte of it tells which one it is. */
function frame(number: number): MediaMessage {
  const isKeyframe = number % KEYFRAME_EVERY === 0;
  const payload = new Uint8Array(FRAME_BYTES).fill(number % 251);
  payload.set([isKeyframe ? 0x17 : 0x27, 1, 0, 0, 0]);
  return { kind: "video", timestamp: number, payload, isKeyframe, isConfig: false, isDisposable: false, trackId: 0 };
}

/** Takes everything up to the last frame, each of which must be as it was written. Returns how many came. */
async function takeAll(stream: PlayStream): Promise<number> {
  let count = 0;
  for await (const { timestamp, payload } of stream) {
    const { payload: written } = frame(timestamp);
    ok(Buffer.from(written.buffer).equals(payload), `frame ${timestamp} is not what was written`);
    count++;
    if (timestamp === FRAMES - 1) break;
  }
  return count;
}

/** Two viewers that read and two that read nothing before all is written. */
async function watchAndStall(t: TestContext, live: LiveServer, scheme: RtmpScheme): Promise<void> {
  const play = { maxWaitingBytes: 100_000 };
  const streams = await Promise.all([1, 2, 3, 4].map(() => playFrom(live.url("live/key", scheme), { play })));
  for (const stream of streams) t.after(() => stream.close());
  const reading = streams.slice(0, 2).map(takeAll);
  const broadcast = live.server.broadcasts.open("live/key", "publish");
  const result = broadcast?.publish({ description: "test", replaced() {} }, performance.now());
  ok(result?.kind === "accepted");
  for (let number = 0; number < FRAMES; number++) {
    result.publication.write(frame(number), performance.now());
    await turn();
  }
  const counts = await Promise.all([...reading, ...streams.slice(2).map(takeAll)]);
  // Far more was written than the kernel and the client hold together: whoever stalls must have been skipped.
  for (const count of counts.slice(2)) ok(count < FRAMES, `a stalled viewer got ${count} of ${FRAMES} frames`);
  equal(live.lines.filter(({ level }) => level === "warn").length, 0);
}

suite("viewers that stall get what was written, though its memory is used again for others", { concurrency: 1 }, () => {
  for (const scheme of ["rtmp", "rtmpe", "rtmpt", "ws"] as const) {
    for (const interleave of ["message", "chunk"] as const) {
      it(`${scheme}, whole by ${interleave}`, async (t) => {
        await watchAndStall(t, await startLiveServer(t, { play: { interleave, maxLagBytes: 1_000_000 } }), scheme);
      });
    }
  }
});
