import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { type FakeMessage, fakeConnection, fakeIncoming } from "../../../test/support/fake-client.ts";
import { type FakeContext, fakeContext } from "../../../test/support/fake-context.ts";
import { hex } from "../../bytes/hex.ts";
import { AmfObject } from "../../formats/amf/amf-value.ts";
import { encodeAmf0 } from "../../formats/amf/amf0-encoder.ts";
import type { ClientConnection, IncomingStream } from "../client-functions.ts";
import { runCommandLine } from "../command-line.ts";
import { ExitCode } from "../exit-codes.ts";

const URL = "rtmp://example.org/live/s3cret";
const KEYFRAME = hex`17 01 000000 00000001 65`;
const INTER = hex`27 01 000028 00000001 41`;

/** Four seconds: a keyframe each second, 25 pictures and 50 sounds a second. */
function messages(): FakeMessage[] {
  const all: FakeMessage[] = [
    ["data", 0, encodeAmf0("onMetaData", { width: 320, height: 180, encoder: "test\u001b[31m" })],
    ["audio", 0, hex`af 00 1190`],
  ];
  for (let at = 0; at < 4000; at += 20) {
    if (at % 40 === 0) all.push(["video", at, at % 1000 === 0 ? KEYFRAME : INTER]);
    all.push(["audio", at, hex`af 01 21 10 04`]);
  }
  return all;
}

/** Whoever waits is never woken by the clock. */
function onlyMediaPassesTime({ clock }: FakeContext): void {
  clock.wait = (_, signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
}

/** A stream that comes at its pace by the context's clock. */
function paced(context: () => FakeContext, all: readonly FakeMessage[]): IncomingStream {
  const stream = fakeIncoming(all);
  return {
    ...stream,
    async *[Symbol.asyncIterator]() {
      let lastMs = 0;
      for await (const message of stream) {
        context().pass(message.timestamp - lastMs);
        lastMs = message.timestamp;
        yield message;
      }
    },
  };
}

async function probe(args: readonly string[], overrides: Partial<ClientConnection>) {
  const connection = fakeConnection(undefined, overrides);
  const context = fakeContext({ client: { connect: async () => connection } });
  const code = await runCommandLine(["probe", URL, ...args], context);
  return { code, context, connection };
}

test("a broadcast and its server in a table", async () => {
  const context: FakeContext = fakeContext({
    client: { connect: async () => fakeConnection(undefined, { play: async () => paced(() => context, messages()) }) },
  });
  onlyMediaPassesTime(context);
  equal(await runCommandLine(["probe", URL, "--duration", "3"], context), ExitCode.Ok);
  const lines = [
    /^rtmp:\/\/example\.org\/live$/m,
    /^ {2}server +FMS\/1, at 192\.0\.2\.1:1935$/m,
    /^ {2}handshake +plain, connected in [\d.]+ ms$/m,
    /^ {2}round trip +1\.5 ms$/m,
    /^ {2}says +chunks of 4096 bytes, a window of 2\.5 MB, AMF0$/m,
    /^ {2}codec +AAC-LC 48 kHz stereo$/m,
    /^ {2}frames +7\d, 25 a second, B-frames \(shown up to 40 ms later\)$/m,
    /^ {2}keyframes +every 1 s; GOPs of 25 frames$/m,
    /^ {2}steps +40 ms$/m,
    /^metadata: 320×180, test.\[31m$/m,
    /^ {2}encoder +"test\\u001b\[31m"$/m,
  ];
  for (const line of lines) match(context.output(), line);
  ok(!context.output().includes("\u001b"), "nothing steers the terminal");
  ok(!(context.output() + context.errors()).includes("s3cret"));
});

test("the same as JSON, with every number", async () => {
  const context: FakeContext = fakeContext({
    client: { connect: async () => fakeConnection(undefined, { play: async () => paced(() => context, messages()) }) },
  });
  onlyMediaPassesTime(context);
  equal(await runCommandLine(["probe", URL, "--json", "--duration", "3"], context), ExitCode.Ok);
  const { event, server, broadcast } = JSON.parse(context.output());
  equal(event, "probe");
  deepEqual(
    [server.handshake, server.chunkSize, server.windowBytes, server.bandwidthBytes],
    ["plain", 4096, 2_500_000, null],
  );
  ok(server.fourCcs.includes("av01") && server.extensions.includes("multitrack"));
  const [video, audio] = broadcast.tracks;
  deepEqual([video.kind, video.frameRate, video.pictures.gopFrames.mean], ["video", 25, 25]);
  deepEqual([audio.kind, audio.frameRate, audio.codec.sampleRate], ["audio", 50, 48000]);
  equal(broadcast.metadata.width, 320);
});

test("without a publisher, the server is told of, and the exit code is 1", async () => {
  const { code, context, connection } = await probe(["--wait", "1"], {});
  equal(code, ExitCode.Failed);
  match(context.output(), /^ {2}server +FMS\/1/m);
  ok(!context.output().includes("broadcast"));
  match(context.errors(), /error: nothing came in 1 s: nobody publishes this/);
  equal(connection.lines.at(-1), "close");
});

test("a server that answers no ping, and says nothing of itself", async () => {
  const { context } = await probe(["--wait", "1"], {
    ping: () => Promise.reject(new Error("timeout")),
    server: {
      ...fakeConnection().server,
      serverVersion: "",
      properties: new AmfObject([["capabilities", 31]]),
    },
    protocol: {
      handshake: { form: "digest", note: "S1 repeats C1" },
      chunkSize: 128,
      windowBytes: undefined,
      bandwidthBytes: 5_000_000,
    },
  });
  for (const line of [
    /server +without a version, at/,
    /handshake +digest \(S1 repeats C1\)/,
    /round trip +unknown: it answers no pings/,
    /chunks of 128 bytes, no window, a bandwidth of 5\.0 MB, AMF0, capabilities 31/,
  ]) {
    match(context.output(), line);
  }
});

test("a refusal is an error", async () => {
  const { code, context } = await probe([], { play: () => Promise.reject(new Error("play was refused")) });
  deepEqual([code, /error: play was refused\n$/.test(context.errors())], [ExitCode.Failed, true]);
});
