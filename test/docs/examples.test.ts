import { deepEqual, equal, match, ok } from "node:assert/strict";
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, type TestContext, test } from "node:test";
import { ROOT } from "../../scripts/run-step.ts";
import { hex } from "../../src/bytes/hex.ts";
import { playFrom, publishTo } from "../../src/client/connect.ts";
import { StatusError } from "../../src/client/status-error.ts";
import { classifyMedia } from "../../src/formats/flv/classify.ts";
import { compareTags } from "../support/compare-tags.ts";
import { flvTags } from "../support/flv-tags.ts";
import { startLiveServer } from "../support/live-server.ts";
import { bytesFrom, startRecordingProxy } from "../support/recording-proxy.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { ensureBuilt } from "./built-package.ts";
import { type RunningProgram, runProgram } from "./run-program.ts";

const CLIP = join(ROOT, "media", "demo.flv");

before(ensureBuilt);

/** Runs examples/NAME as a person would. */
function runExample(t: TestContext, name: string, ...parameters: string[]): RunningProgram {
  return runProgram(t, process.execPath, [join("examples", name), ...parameters]);
}

/** Starts one of the servers on a free port, and tells where it publishes to. */
async function startServer(t: TestContext, name: string): Promise<{ program: RunningProgram; url: string }> {
  const program = runExample(t, name, "0");
  const [, url = ""] = await program.until(/publish to (rtmp:\/\/127\.0\.0\.1:\d+\/live)\n/);
  return { program, url };
}

function repeated({ source }: RegExp, count: number): RegExp {
  return new RegExp(`(?:${source}[\\s\\S]*){${count}}`);
}

/** The clip's first second and a little more: enough for a keyframe and what follows. */
function shortClip(t: TestContext): string {
  const bytes = readFileSync(CLIP);
  const file = join(temporaryFolder(t), "short.flv");
  let end = 13;
  while (end < bytes.length && bytes.readUIntBE(end + 4, 3) < 1500) end += 11 + bytes.readUIntBE(end + 1, 3) + 4;
  writeFileSync(file, bytes.subarray(0, end));
  return file;
}

test("every example is short and says how it is run", () => {
  const examples = globSync("examples/*.ts", { cwd: ROOT }).sort();
  equal(examples.length, 13);
  for (const example of examples) {
    const text = readFileSync(join(ROOT, example), "utf8");
    ok(text.split("\n").length < 60, `${example} has 60 lines or more`);
    match(text, new RegExp(`Usage: node ${example} `));
  }
});

test("01: a server takes a publisher, and goes in order", async (t) => {
  const { program, url } = await startServer(t, "01-server.ts");
  const publisher = await publishTo(`${url}/test`);
  await program.until(/broadcast: 'live\/test'/);
  const ended = program.end("SIGINT");
  match((await publisher.ended).description, /NetConnection\.Connect\.AppShutdown/);
  equal(await ended, 0);
});

test("02: a secret key becomes a public name, and nothing else is let in", async (t) => {
  const { program, url } = await startServer(t, "02-keys.ts");
  const viewed = join(temporaryFolder(t), "viewed.flv");
  const viewer = runExample(t, "04-play-to-file.ts", `${url}/garden`, viewed);
  await viewer.until(/^playing/m);
  const publisher = runExample(t, "03-publish-file.ts", `${url}/k9x2-garden`, shortClip(t));
  equal(await publisher.done, 0, publisher.output);
  equal(await viewer.done, 0, viewer.output);
  ok(flvTags(viewed).length > 10);

  const refused = await publishTo(`${url}/garden`).catch((error: unknown) => error);
  ok(refused instanceof StatusError);
  equal(refused.message, "publish was refused: NetStream.Publish.BadName: There is no such stream key.");
  const stranger = runExample(t, "04-play-to-file.ts", `${url}/k9x2-garden`, viewed);
  equal(await stranger.done, 1);
  match(stranger.output, /play was refused: .*There is no such stream\./);
  await program.end();
});

test("03 and 04: what one publishes from a file, the other writes to a file", async (t) => {
  const { url } = await startLiveServer(t);
  const file = shortClip(t);
  const written = join(temporaryFolder(t), "written.flv");
  const viewer = runExample(t, "04-play-to-file.ts", url(), written);
  await viewer.until(/^playing/m);
  const publisher = runExample(t, "03-publish-file.ts", url(), file);
  equal(await publisher.done, 0, publisher.output);
  match(publisher.output, new RegExp(`published ${flvTags(file).length} messages`));
  equal(await viewer.done, 0, viewer.output);
  compareTags(flvTags(file), flvTags(written), { untilEnd: true, sameOrder: true, minFrames: 50 });
});

test("05: the server's process sees codecs and keyframes, also of a second publisher", async (t) => {
  const { program, url } = await startServer(t, "05-look-inside.ts");
  for (const round of [1, 2]) {
    const publisher = runExample(t, "03-publish-file.ts", `${url}/test`, CLIP);
    await program.until(repeated(/live\/test: H\.264 /, round));
    await program.until(repeated(/live\/test: AAC-LC /, round));
    await program.until(repeated(/live\/test: a keyframe at \S+ ms, [1-9]\d* kbit\/s/, round));
    await publisher.end();
  }
});

test("06: the recorded bytes of FFmpeg become messages without a socket", async (t) => {
  const program = runExample(t, "06-read-recording.ts");
  equal(await program.done, 0, program.output);
  const lines = program.output.trimEnd().split("\n");
  const calls = lines.filter((line) => line.startsWith("command")).map((line) => line.split('"')[1]);
  deepEqual(calls, [
    ...["connect", "releaseStream", "FCPublish", "createStream", "publish"],
    ...["FCUnpublish", "deleteStream"],
  ]);
  ok(lines.includes('  5 null "test" "live"'));
  equal(lines.filter((line) => line.startsWith("video, ")).length, 12);
  equal(lines.filter((line) => line.startsWith("audio, ")).length, 46);
});

test("06: any recording will do, and what cannot be read is told with its place", async (t) => {
  const { port } = await startLiveServer(t);
  const proxy = await startRecordingProxy(t, port);
  const publisher = runExample(t, "03-publish-file.ts", proxy.url(), shortClip(t));
  equal(await publisher.done, 0, publisher.output);
  const [connection] = proxy.connections;
  ok(connection !== undefined);
  await connection.closed;
  const file = join(temporaryFolder(t), "recorded.bin");
  const bytes = bytesFrom(connection, "client");
  writeFileSync(file, bytes);
  const program = runExample(t, "06-read-recording.ts", file);
  equal(await program.done, 0, program.output);
  match(program.output, /command "publish"[\s\S]*data "@setDataFrame"[\s\S]*video, [\s\S]*command "deleteStream"/);

  writeFileSync(file, Buffer.concat([bytes.subarray(0, 3073), Buffer.from([0xc4, 0xff])]));
  const broken = runExample(t, "06-read-recording.ts", file);
  equal(await broken.done, 0);
  match(broken.output, /^chunk\.header: .*byte 3073: /);
});

test("08: a calculator is called with types, and refuses what it must", async (t) => {
  const program = runExample(t, "08-calculator.ts");
  equal(await program.done, 0, program.output);
  const [sum, mean, zero, wrong] = program.output.split("\n");
  deepEqual([sum, mean], ["1 + 2 = 3", "the mean of 1, 2 and 6 is 3"]);
  equal(zero, "1 / 0: Calculator.Zero Nothing can be divided by zero.");
  match(wrong ?? "", /^"1" \+ 2: Argument 1 of add: .*expected number/);
});

test("09: the players of a quiz are asked at once, and all read the points", async (t) => {
  const program = runExample(t, "09-quiz.ts");
  equal(await program.done, 0, program.output);
  const lines = program.output.trimEnd().split("\n").sort();
  deepEqual(lines, [
    "Ada reads: Bob plays too",
    "Ada reads: the points: Ada 1, Bob 1",
    "Bob reads: the points: Ada 1, Bob 1",
  ]);
});

test("10: a service is called, and a consumer hears what it chose", async (t) => {
  const program = runExample(t, "10-flex-service.ts");
  equal(await program.done, 0, program.output);
  deepEqual(program.output.trimEnd().split("\n"), [
    "ADBE is at 12.5",
    "NONE: Stocks.Unknown Nobody knows NONE.",
    "stocks.ADBE rose to 21",
    "stocks.ADBE rose to 30",
  ]);
});

test("11: a room is a shared object, and all see who comes, speaks and goes", async (t) => {
  const program = runExample(t, "11-chat.ts");
  equal(await program.done, 0, program.output);
  const lines = program.output.trimEnd().split("\n");
  for (const line of [
    "Bob sees Ada and Bob, silent",
    "Bob sees Ada and Bob, Bob: hello",
    "Ada sees Ada and Bob, Bob: hello",
  ]) {
    ok(lines.includes(line), line);
  }
  equal(lines.at(-1), "Ada sees Ada, Bob: hello");
});

test("12: viewers get a broadcast, whichever worker they come to", async (t) => {
  const program = runExample(t, "12-several-cores.ts", "0", "2");
  const [, url = ""] = await program.until(/publish to (rtmp:\/\/127\.0\.0\.1:\d+\/live)\n/);
  const publisher = await publishTo(`${url}/test`);
  publisher.write(classifyMedia("video", 0, hex`17 01 000000 65`));
  await program.until(/worker [12] takes live\/test from its publisher/);
  const isSeen = (worker: number): boolean => program.output.includes(`worker ${worker} gives live/test to a viewer`);
  const viewers = [];
  while (!isSeen(1) || !isSeen(2)) viewers.push(await playFrom(`${url}/test`));
  await program.until(new RegExp(`live/test comes from worker [12], and has ${viewers.length} viewers in all`));
  for (const viewer of viewers) {
    for await (const { kind, isKeyframe } of viewer) if (kind === "video" && isKeyframe) break;
  }
  await publisher.close();
  await Promise.all(viewers.map((viewer) => viewer.close()));
  equal(await program.end("SIGINT"), 0);
});

test("13: the dashboard is served, and what happens is told", async (t) => {
  const program = runExample(t, "13-dashboard.ts", "0", "0");
  const [, url = "", page = ""] = await program.until(/publish to (rtmp:\S+), and see (http:\S+)\n/);
  match(await (await fetch(page)).text(), /<html/);
  const publisher = await publishTo(`${url}/test`);
  publisher.write(classifyMedia("video", 0, hex`17 01 000000 65`));
  await program.until(/live\/test/);
  const answer = await fetch(`${page}api/v1/broadcasts/live%2Ftest`);
  equal(((await answer.json()) as { readonly state: string }).state, "live");
  await publisher.close();
  equal(await program.end("SIGINT"), 0, program.output);
});
