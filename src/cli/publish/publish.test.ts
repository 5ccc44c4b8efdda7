import { deepEqual, equal, match } from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type FakeMessage, fakeOutgoing } from "../../../test/support/fake-client.ts";
import { fakeContext } from "../../../test/support/fake-context.ts";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import { concatBytes } from "../../bytes/concat.ts";
import { hex } from "../../bytes/hex.ts";
import type { PublishToOptions } from "../../client/connect-on.ts";
import { StatusError } from "../../client/status-error.ts";
import { encodeFlvHeader, encodeFlvTag } from "../../formats/flv/flv-writer.ts";
import { runCommandLine } from "../command-line.ts";
import { ExitCode } from "../exit-codes.ts";

const URL = "rtmp://example.org/live/s3cret";
const FLV = concatBytes([
  encodeFlvHeader({ hasAudio: true, hasVideo: true }),
  encodeFlvTag(9, 0, hex`17 00 000000 01`),
  ...[0, 40, 80, 120].map((timestamp) => encodeFlvTag(9, timestamp, hex`17 01 000000 65`)),
]);

function flvFile(t: TestContext): string {
  const file = join(temporaryFolder(t), "clip.flv");
  writeFileSync(file, FLV);
  return file;
}

/** Runs `millrace publish` with a client that takes everything. */
async function publish(args: readonly string[], onWrite?: (message: FakeMessage) => void) {
  const opened: [url: string, options: PublishToOptions][] = [];
  const stream = fakeOutgoing(onWrite);
  const client = {
    async publishTo(url: string, options: PublishToOptions) {
      opened.push([url, options]);
      return stream;
    },
  };
  const context = fakeContext({ client });
  const run = runCommandLine(["publish", ...args], context);
  return { run, stream, context, opened };
}

test("a file is sent from start to end, and the stream closed", async (t) => {
  const file = flvFile(t);
  const { run, stream, context, opened } = await publish([file, URL]);
  equal(await run, ExitCode.Ok);
  deepEqual(stream.lines, ["video 0", "video 0", "video 40", "video 80", "video 120", "close"]);
  const [[url, options] = [], ...more] = opened;
  deepEqual([url, options?.publish, options?.reconnect, more], [URL, { type: "live" }, undefined, []]);
  match(
    context.errors(),
    /^publishing .*clip\.flv to rtmp:\/\/example\.org\/live\n[\s\S]*published 0\.1 s, 30 bytes\n$/,
  );
  equal(context.output(), "");
});

test("the result as JSON is on standard output", async (t) => {
  const { run, context } = await publish([flvFile(t), URL, "--json", "--no-pace"]);
  equal(await run, ExitCode.Ok);
  const expected = { event: "published", timeMs: 120, messages: 5, bytes: 30, dropped: 0, reconnects: 0 };
  deepEqual(JSON.parse(context.output()), expected);
  deepEqual(JSON.parse(context.errors().split("\n")[0] ?? "").event, "publishing");
});

test("the first signal ends the stream in order", async (t) => {
  const { run, stream, context } = await publish([flvFile(t), URL, "--loop"], () => {
    if (stream.lines.length === 20) context.signal("SIGINT");
  });
  equal(await run, ExitCode.Ok);
  deepEqual([stream.lines.length, stream.lines.at(-1)], [21, "close"]);
  equal(stream.lines[19], "video 720", "18 pictures behind the first");
});

test("a server that ends the stream ends the command", async (t) => {
  const refusal = { level: "error", code: "NetStream.Publish.Denied", description: "s3cret is over", info: undefined };
  const error = new StatusError("publish", refusal);
  const { run, stream, context } = await publish([flvFile(t), URL, "--loop"], () => {
    if (stream.lines.length === 3) stream.end({ kind: "refused", description: error.message, error });
  });
  equal(await run, ExitCode.Failed);
  match(context.errors(), /error: publish was refused: NetStream\.Publish\.Denied: … is over\n$/);
});

test("what is asked of the server", async (t) => {
  const options = ["--record", "--reconnect", "--ca-file", "ca.pem", "--timeout", "3"];
  const { run, opened } = await publish([flvFile(t), URL, ...options]);
  equal(await run, ExitCode.Ok);
  const { publish: type, reconnect, tls, timeouts } = opened[0]?.[1] ?? {};
  deepEqual(
    [type, typeof reconnect, tls, timeouts?.connectMs],
    [{ type: "record" }, "object", { caFile: "ca.pem" }, 3000],
  );
});

test("a server that is not there, and a file that is not", async (t) => {
  const absent = fakeContext();
  equal(await runCommandLine(["publish", flvFile(t), URL], absent), ExitCode.Failed);
  match(absent.errors(), /^error: nobody is there\n$/);
  const { run, context, opened } = await publish(["none.flv", URL]);
  equal(await run, ExitCode.Failed);
  equal(context.errors(), "error: none.flv cannot be opened: there is no such file\n");
  deepEqual(opened, []);
});

test("a command line that is wrong exits with 2", async () => {
  const wrong: readonly (readonly [args: string[], message: RegExp])[] = [
    [["a.flv"], /missing required argument 'url'/],
    [["a.flv", "rtmp://example.org/live"], /the URL has no stream key/],
    [["a.flv", "example.org"], /not a URL/],
    [["a.flv", URL, "--start", "soon"], /Write seconds, or h:mm:ss/],
    [["a.flv", URL, "--speed", "0"], /Write a number between/],
    [["a.flv", URL, "--metadata", "x"], /Write name=value/],
    [["a.flv", URL, "--nonsense"], /unknown option '--nonsense'/],
  ];
  for (const [args, message] of wrong) {
    const context = fakeContext();
    equal(await runCommandLine(["publish", ...args], context), ExitCode.Usage);
    match(context.errors(), message);
  }
});

test("the help shows every option, and examples", async () => {
  const context = fakeContext();
  equal(await runCommandLine(["publish", "--help"], context), ExitCode.Ok);
  for (const part of ["--loop", "--no-pace", "--reconnect", "--ca-file", "Examples:", "Exit codes:", "playpath=key"]) {
    equal(context.output().includes(part), true, part);
  }
});
