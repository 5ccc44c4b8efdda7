import { equal, match } from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { fakeContext } from "../../../test/support/fake-context.ts";
import { hex } from "../../bytes/hex.ts";
import type { StreamEnd } from "../../client/close-reason.ts";
import { classifyMedia } from "../../formats/flv/classify.ts";
import type { MediaMessage } from "../../formats/flv/media-message.ts";
import type { ClientConnection, IncomingStream } from "../client-functions.ts";
import { ExitCode } from "../exit-codes.ts";
import { probe } from "./probe.ts";

/** Sends one keyframe, and nothing more. */
function stalledStream(): IncomingStream {
  const ended = Promise.withResolvers<StreamEnd>();
  async function* messages(): AsyncGenerator<MediaMessage> {
    yield classifyMedia("video", 0, hex`17 01 000000 00000001 65`);
    await ended.promise;
  }
  return {
    ended: ended.promise,
    close: async () => ended.resolve({ kind: "closed", description: "closed" }),
    [Symbol.asyncIterator]: messages,
  };
}

for (const duration of [undefined, 3000]) {
  test(`a broadcast that stands still is told of when the time is over: ${duration}`, { timeout: 10_000 }, async () => {
    let nowMs = 0;
    const connection = {
      server: {
        serverVersion: "",
        objectEncoding: 0,
        capabilities: { videoFourCcs: new Map(), audioFourCcs: new Map(), extensions: {} },
      },
      protocol: { handshake: { form: "plain" }, chunkSize: 128 },
      remoteAddress: "127.0.0.1:1935",
      ping: async () => 1,
      play: async () => stalledStream(),
      close: async () => ({ kind: "closed", description: "closed" }),
    };
    const context = {
      ...fakeContext({ client: { connect: async () => connection as unknown as ClientConnection } }),
      clock: {
        nowMs: () => nowMs,
        async wait(delayMs: number, signal: AbortSignal) {
          await setImmediate();
          if (!signal.aborted) nowMs += delayMs;
        },
      },
    };
    const options = { json: true, ...(duration !== undefined && { duration }) };
    equal(await probe("rtmp://127.0.0.1/live/test", options, context), ExitCode.Ok);
    match(context.output(), /"firstKeyframeMs":0/);
    equal(nowMs, duration ?? 20_000);
  });
}
