import { deepEqual, equal, match } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type FakeMessage, fakeIncoming } from "../../../test/support/fake-client.ts";
import { type FakeContextOptions, fakeContext } from "../../../test/support/fake-context.ts";
import { parseFlv } from "../../../test/support/flv-tags.ts";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import { hex } from "../../bytes/hex.ts";
import type { StreamEnd } from "../../client/close-reason.ts";
import type { PlayFromOptions } from "../../client/connect-on.ts";
import { StatusError } from "../../client/status-error.ts";
import { createStatus } from "../../rtmp/session/status.ts";
import type { IncomingStream } from "../client-functions.ts";
import { runCommandLine } from "../command-line.ts";
import { ExitCode } from "../exit-codes.ts";

const URL = "rtmp://example.org/live/key";
const AAC_CONFIG = hex`af 00 1210`;
const MESSAGES: readonly FakeMessage[] = [
  ["audio", 7000, AAC_CONFIG],
  ...[0, 20, 40, 60, 80].map((at): FakeMessage => ["audio", 7000 + at, hex`af 01 21`]),
];
const STOPPED: StreamEnd = { kind: "stopped", description: "the server stopped the stream" };

type Opened = { readonly url: string; readonly options: PlayFromOptions };

/** Runs `millrace play` with a client that gives such streams, one after the other. */
async function play(
  args: readonly string[],
  streams: readonly (IncomingStream | Error)[],
  more: FakeContextOptions = {},
) {
  const opened: Opened[] = [];
  const waiting = [...streams];
  const client = {
    async playFrom(url: string, options: PlayFromOptions) {
      opened.push({ url, options });
      const stream = waiting.shift() ?? new Error("no more streams");
      if (stream instanceof Error) throw stream;
      return stream;
    },
  };
  const context = fakeContext({ client, ...more });
  const code = await runCommandLine(["play", ...args], context);
  return { code, context, opened, tags: () => parseFlv(context.bytes()) };
}

test("what comes is written to standard output, from 0 on", async () => {
  const { code, tags, context, opened } = await play([URL], [fakeIncoming(MESSAGES, STOPPED)]);
  equal(code, ExitCode.Ok);
  deepEqual(
    tags().map(({ type, timestamp }) => [type, timestamp]),
    [
      ["script", 0],
      ["audio", 0],
      ["audio", 0],
      ["audio", 20],
      ["audio", 40],
      ["audio", 60],
      ["audio", 80],
    ],
  );
  match(
    context.errors(),
    /^playing rtmp:\/\/example\.org\/live\naudio: AAC-LC 44\.1 kHz stereo\n[\s\S]*wrote 0\.1 s, /,
  );
  equal(opened[0]?.url, URL);
});

test("a duration ends it", async () => {
  const { code, tags } = await play([URL, "--duration", "0.04"], [fakeIncoming(MESSAGES)]);
  equal(code, ExitCode.Ok);
  equal(tags().at(-1)?.timestamp, 40);
});

test("a file gets its duration, and the result is JSON on standard output", async (t) => {
  const file = join(temporaryFolder(t), "seen.flv");
  const { code, context } = await play([URL, "-o", file, "--json"], [fakeIncoming(MESSAGES, STOPPED)]);
  equal(code, ExitCode.Ok);
  const { event, timeMs, bytes, frames } = JSON.parse(context.output());
  deepEqual([event, timeMs, frames], ["played", 80, 5]);
  const written = readFileSync(file);
  equal(written.length, bytes);
  equal(written.readDoubleBE(13 + 11 + 18 + 2 + 8 + 1), 0.1);
  equal(written[4], 4, "sound only");
});

test("an FLV is not written to a terminal, and options that contradict each other are told", async () => {
  const { code, context, opened } = await play([URL], [], { isTerminal: true });
  equal(code, ExitCode.Usage);
  match(context.errors(), /nothing for a terminal\. Name a file by -o FILE, or add \| ffplay -/);
  deepEqual(opened, []);
  for (const args of [["--resume"], ["--live", "--start", "3"], ["--wait", "x"]]) {
    equal((await play([URL, ...args], [])).code, ExitCode.Usage);
  }
});

test("a reader that goes away ends it in order", async () => {
  const gone = Object.assign(new Error("write EPIPE"), { code: "EPIPE" });
  const byteOutput = { write: () => Promise.reject(gone) };
  const client = { playFrom: async () => fakeIncoming(MESSAGES) };
  const context = { ...fakeContext({ client }), byteOutput };
  equal(await runCommandLine(["play", URL], context), ExitCode.Ok);
});

test("nobody who publishes is told in time; with --wait a server may be asked again", async () => {
  const { code, context } = await play([URL, "--wait", "2"], [fakeIncoming([])]);
  equal(code, ExitCode.Failed);
  match(context.errors(), /error: nothing came in 2 s: nobody publishes this/);
  const refusal = new StatusError("play", { ...createStatus("NetStream.Play.StreamNotFound", ""), info: undefined });
  const refused = await play([URL], [refusal]);
  equal(refused.code, ExitCode.Failed);
  match(refused.context.errors(), /error: play was refused: NetStream\.Play\.StreamNotFound\n$/);
  const patient = await play([URL, "--wait"], [refusal, refusal, fakeIncoming(MESSAGES, STOPPED)]);
  deepEqual([patient.code, patient.opened.length], [ExitCode.Ok, 3]);
});

test("a publisher that leaves ends it, but not before it came", async () => {
  const stream = fakeIncoming(MESSAGES);
  let tell: PlayFromOptions["play"];
  const client = {
    async playFrom(_url: string, options: PlayFromOptions) {
      tell = options.play;
      tell?.onStatus?.(createUnpublished());
      return { ...stream, [Symbol.asyncIterator]: () => endAfter(stream) };
    },
  };
  async function* endAfter(source: IncomingStream) {
    let seen = 0;
    for await (const message of source) {
      yield message;
      if (++seen === MESSAGES.length) tell?.onStatus?.(createUnpublished());
    }
  }
  const context = fakeContext({ client });
  equal(await runCommandLine(["play", URL], context), ExitCode.Ok);
  equal(parseFlv(context.bytes()).at(-1)?.timestamp, 80);
});

function createUnpublished() {
  return { ...createStatus("NetStream.Play.UnpublishNotify", ""), info: undefined };
}

test("a connection that is lost is an error, and what came is kept", async () => {
  const error = new Error("the connection was lost");
  const lost = fakeIncoming(MESSAGES, { kind: "disconnected", description: error.message, error });
  const { code, context, tags } = await play([URL], [lost]);
  equal(code, ExitCode.Failed);
  match(context.errors(), /error: the connection was lost\n$/);
  equal(tags().at(-1)?.timestamp, 80);
});

test("what is asked of the server", async () => {
  const live = await play([URL, "--live"], [fakeIncoming([], STOPPED)]);
  equal(live.opened[0]?.options.play?.startMs, -1000);
  const recording = await play([URL, "--start", "5", "--duration", "7", "--buffer", "1"], [fakeIncoming([], STOPPED)]);
  const { startMs, durationMs, bufferMs } = recording.opened[0]?.options.play ?? {};
  deepEqual([startMs, durationMs, bufferMs], [5000, 7000, 1000]);
  const again = await play([URL, "--reconnect"], [fakeIncoming([], STOPPED)]);
  equal(typeof again.opened[0]?.options.reconnect, "object");
  const line = await play(["rtmp://example.org/app playpath=k live=1", "-q"], [fakeIncoming([], STOPPED)]);
  deepEqual([line.opened[0]?.options.play?.startMs, line.context.errors()], [-1000, ""]);
});
