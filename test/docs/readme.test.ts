import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { ROOT } from "../../scripts/run-step.ts";
import { playFrom, publishTo } from "../../src/client/connect.ts";
import { application, method } from "../../src/server/index.ts";
import { ffmpegPublish } from "../support/ffmpeg.ts";
import { flvTags } from "../support/flv-tags.ts";
import { startLiveServer } from "../support/live-server.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { codeBlocks, markdownFiles, readDocument, shellLines } from "./markdown.ts";
import { type ProgramOptions, type RunningProgram, runProgram, runShellLine } from "./run-program.ts";

const README = readDocument("README.md");
const LINES = shellLines("README.md");
const BLOCKS = codeBlocks(README);
/** Nothing is fetched, and nobody is asked. */
const OFFLINE = { npm_config_offline: "true", npm_config_yes: "false", npm_config_update_notifier: "false" };
const LOOPBACK = {
  ...OFFLINE,
  MILLRACE_LISTEN: "127.0.0.1:0",
  MILLRACE_API_LISTEN: "127.0.0.1:0",
  MILLRACE_LOG_FORMAT: "json",
};
/** For ffplay, where there is neither screen nor loudspeaker. */
const NO_DEVICES = { SDL_VIDEODRIVER: "dummy", SDL_AUDIODRIVER: "dummy" };

/** Which test runs what: a line that begins otherwise would stand in a document untried. */
const TRIED: readonly (readonly [line: RegExp, by: string])[] = [
  [/^npm ci && npm start$/, "the server starts, without npm ci"],
  [/^npm ci && npm test$/, "the tests run, without npm ci, and one file of them"],
  [/^(?:ffmpeg -re|ffplay|rtmpdump) .*rtmp:\/\/|^ffplay .*http:\/\/.*\.flv$/, "what is sent is seen"],
  [/^npx millrace serve --tls-self-signed \w+$/, "what is sent by TLS is seen through HTTP"],
  [/^(?:ffmpeg -re|ffplay) .*rtmp[st]:\/\//, "what is sent by TLS is seen through HTTP"],
  [/^npx millrace demo$/, "the demo publishes"],
  [/^npm run build$|^node examples\/06-read-recording\.ts$/, "examples.test.ts builds and runs the examples"],
  [/^node examples\/07-watch-in-browser\.ts$/, "browser-example.test.ts opens it in Chromium"],
  [/^npx millrace (?:publish|play|probe|call) |^ffmpeg -re -i clip\.flv .*\| npx millrace publish - /, "the commands"],
  [/^npm run bench(?: |$)/, "bench.test.ts looks up what they name, and measures a little"],
  [/^(?:MILLRACE_\w+=\S+ )*millrace serve\b/, "lines with settings are checked"],
  [/^curl -fsS .*127\.0\.0\.1:8081\//, "the API answers what its page asks"],
  [/^openssl rand -hex 32 > token$/, "a token is made, and the settings with it are good"],
  [/^node --(?:cpu|perf-basic)-prof .*millrace\.js serve$/, "servers that are profiled leave their profiles"],
];

function lineOf(start: string): string {
  const found = LINES.filter((line) => line.startsWith(start));
  equal(found.length, 1, `the README has ${found.length} lines that begin with ${start}`);
  return found[0] ?? "";
}

/** The line as it stands, with another port. */
function runLine(
  t: TestContext,
  start: string,
  port: number,
  options: ProgramOptions & { more?: string } = {},
): RunningProgram {
  const line = lineOf(start).replace(/(rtmp[st]?|http):\/\/127\.0\.0\.1(?::1935)?\//, `$1://127.0.0.1:${port}/`);
  return runShellLine(t, line.replace(" ", ` ${options.more ?? ""} `), options);
}

async function portOf(program: RunningProgram): Promise<number> {
  const [, port] = await program.until(/takes RTMP on 127\.0\.0\.1:(\d+)\n/);
  return Number(port);
}

test("every command line of the documents is tried by a test", () => {
  const lines = markdownFiles().flatMap((file) => shellLines(file).map((line) => `${file}: ${line}`));
  ok(lines.length > 10);
  deepEqual(
    lines.filter((line) => !TRIED.some(([pattern]) => pattern.test(line.slice(line.indexOf(": ") + 2)))),
    [],
  );
});

test("npm start prints what the README shows; its FFmpeg line publishes, and its players see that", async (t) => {
  const server = runShellLine(t, lineOf("npm ci && npm start").replace("npm ci && ", ""), { environment: LOOPBACK });
  const port = await portOf(server);
  await server.until(/Ctrl\+C stops the server\.\n/);
  const printed = server.output
    .replaceAll(`:${port}`, ":1935")
    .replace(/^(Dashboard: http:\/\/127\.0\.0\.1):\d+/m, "$1:8081")
    .replace("takes RTMP on 127.0.0.1:", "takes RTMP on [::]:")
    .replace(/^millrace \S+/m, "millrace 0.1.0");
  const [shown = ""] = BLOCKS.filter(({ language }) => language === "text").map(({ text }) => text);
  assertAbridged(shown, printed);
  const picture = lineOf("ffmpeg -re -f lavfi").replace("rtmp://127.0.0.1/", "rtmp://127.0.0.1:1935/");
  ok(printed.includes(`  ${picture}\n`), "the README's FFmpeg line is another than the server's");

  const encoder = runLine(t, "ffmpeg -re -f lavfi", port, { more: "-nostdin" });
  await server.until(/"msg":"publishing"/);
  const folder = temporaryFolder(t);
  const recorder = runLine(t, "rtmpdump", port, { folder });
  for (const url of ["rtmp:", "http:"]) {
    const player = runLine(t, `ffplay -fflags nobuffer ${url}`, port, { environment: NO_DEVICES });
    await player.until(/Stream [^\n]*Video: h264/);
    await player.until(/Stream [^\n]*Audio: aac/);
    // Its clock runs, and sound and picture are together.
    await player.until(/ \d+\.\d+ A-V: +-?\d/);
    await player.end();
  }
  // Ctrl+C, upon which FFmpeg unpublishes; that ends rtmpdump.
  await encoder.end("SIGINT");
  equal(await recorder.done, 0, recorder.output);
  ok(flvTags(join(folder, "out.flv")).length > 20);
  await server.end();
  match(server.output, /"msg":"stopping/);
});

test("servers that are profiled leave their profiles", async (t) => {
  const lines = shellLines("CONTRIBUTING.md").filter((line) => line.includes("-prof "));
  equal(lines.length, 2);
  for (const line of lines) {
    const folder = temporaryFolder(t);
    // Beside the sources, whose place the line gives, nothing may be written.
    const here = line
      .replace(" bin/", ` ${ROOT}/bin/`)
      .replace("--perf-basic-prof", `--perf-basic-prof --perf-basic-prof-path=${folder}`);
    const server = runShellLine(t, here, { environment: LOOPBACK, folder });
    await portOf(server);
    await server.end("SIGINT");
    const written = readdirSync(folder, { recursive: true }).join("\n");
    match(written, /^profiles\/CPU\..*\.cpuprofile$|^perf-\d+\.map$/m);
  }
});

/** Each line that is shown was printed, in that order; `…` stands for what is left out, and ends a line that is cut. */
function assertAbridged(shown: string, printed: string): void {
  let at = 0;
  for (const line of shown.split("\n")) {
    const start = line.replace(/\s*…$/, "");
    if (start === "") continue;
    const found = printed.indexOf(start === line ? `${line}\n` : start, at);
    ok(found >= 0, `the README shows what is not printed there: ${line}\n${printed}`);
    at = found + start.length;
  }
}

test("what FFmpeg sends by TLS, with a certificate made at the start, its player sees through HTTP", async (t) => {
  const folder = join(temporaryFolder(t), "certificates");
  const line = lineOf("npx millrace serve --tls-self-signed").replace(/ certificates$/, ` ${folder}`);
  const server = runShellLine(t, line, { environment: LOOPBACK });
  const port = await portOf(server);
  await server.until(new RegExp(`rtmps://127\\.0\\.0\\.1:${port}/live .*\\n  rtmpt://127\\.0\\.0\\.1:${port}/live `));
  const [, caFile = ""] = await server.until(/caFile: ("[^"]+")/);
  runLine(t, "ffmpeg -re -stream_loop", port);
  await server.until(/"msg":"publishing"/);
  const player = runLine(t, "ffplay -fflags nobuffer rtmpt:", port, { environment: NO_DEVICES });
  await player.until(/Stream [^\n]*Video: h264/);
  await player.until(/ \d+\.\d+ A-V: +-?\d/);
  // The file that the server names is the one that a client which verifies needs.
  const stream = await playFrom(`rtmps://127.0.0.1:${port}/live/clip`, { tls: { caFile: JSON.parse(caFile) } });
  for await (const message of stream) if (message.isKeyframe) break;
  await rejects(playFrom(`rtmps://127.0.0.1:${port}/live/clip`), /certificate/);
});

test("the demo publishes a clip under the name that the README tells", async (t) => {
  const demo = runShellLine(t, lineOf("npx millrace demo"), { environment: LOOPBACK });
  const port = await portOf(demo);
  await demo.until(/"broadcast":"live\/demo"[^\n]*"msg":"publishing"/);
  const stream = await playFrom(`rtmp://127.0.0.1:${port}/live/demo`);
  for await (const message of stream) if (message.isKeyframe) break;
  await demo.end();
});

test("the commands publish, probe, play and call, through pipes too", async (t) => {
  const calculator = application("calculator", {
    methods: { add: method([z.number(), z.number()], (_client, a, b) => a + b) },
  });
  const { port, untilOf } = await startLiveServer(t, { applications: [calculator] });
  const file = join(temporaryFolder(t), "clip.flv");
  const start = (line: string, environment = {}): RunningProgram => {
    const local = lineOf(line)
      .replace("rtmp://127.0.0.1/", `rtmp://127.0.0.1:${port}/`)
      .replace(/(?<= )clip\.flv/, file);
    return runShellLine(t, local, { environment: { ...OFFLINE, ...environment } });
  };
  const publisher = start("npx millrace publish media/demo.flv");
  await untilOf("live/clip", "publishing");
  const probe = start("npx millrace probe");
  equal(await probe.done, 0, probe.output);
  match(probe.output, / H\.264 Main 3\.1 640×360\n/);
  const recorder = start("npx millrace play rtmp://127.0.0.1/live/clip -o");
  equal(await recorder.done, 0, recorder.output);
  ok(flvTags(file).length > 300);
  const copy = start("ffmpeg -re -i clip.flv");
  await untilOf("live/copy", "publishing");
  equal(await copy.done, 0, copy.output);
  const player = start("npx millrace play rtmp://127.0.0.1/live/clip |", NO_DEVICES);
  await player.until(/ \d+\.\d+ A-V: +-?\d/);
  await player.end();
  const call = start("npx millrace call");
  equal(await call.done, 0, call.output);
  match(call.output, /^3$/m);
  await publisher.end("SIGINT");
});

test("npm test runs tests and ends with their number", async (t) => {
  const line = `${lineOf("npm ci && npm test").replace("npm ci && ", "")} -- src/bytes/bit-reader.test.ts`;
  const run = runShellLine(t, line, { environment: OFFLINE });
  equal(await run.done, 0, run.output);
  match(run.output, /\n[1-9]\d* passed, 0 failed\n$/);
});

test("the settings in the documents' command lines are good", async (t) => {
  const lines = markdownFiles()
    .flatMap(shellLines)
    // Those with a token have a test of their own.
    .filter((line) => line.includes("millrace serve") && !line.includes("--api-token-file"));
  ok(lines.length >= 2);
  for (const line of lines) {
    const check = runShellLine(t, `${line.replace(/(?:npx )?millrace serve/, "node bin/millrace.js serve")} --check`);
    equal(await check.done, 0, check.output);
    equal(check.output, "The configuration is good.\n");
  }
});

/** The README's programs; those that follow the second one are parts that go on with its imports. */
function programs(): { readonly server: string; readonly client: string; readonly parts: readonly string[] } {
  const [server, client, ...rest] = BLOCKS.filter(({ language }) => language === "ts").map(({ text }) => text);
  if (server === undefined || client === undefined) throw new Error("the README has two programs");
  const imports = client.match(/^import .*$/gm)?.join("\n") ?? "";
  return { server, client, parts: rest.map((text) => (text.startsWith("import ") ? text : `${imports}\n${text}`)) };
}

function runSource(t: TestContext, source: string): RunningProgram {
  const file = join(temporaryFolder(t), "program.mts");
  const entry = pathToFileURL(join(ROOT, "src", "index.ts")).href;
  writeFileSync(file, source.replaceAll('from "millrace"', `from "${entry}"`));
  return runProgram(t, process.execPath, [file]);
}

test("the programs of the README and of docs/flex.md are of the right types", async (t) => {
  const folder = temporaryFolder(t);
  const { server, client, parts } = programs();
  const flex = codeBlocks(readDocument("docs/flex.md")).filter(({ language }) => language === "ts");
  const sources = [server, client, ...parts, ...flex.map(({ text }) => text)];
  for (const [index, source] of sources.entries()) {
    writeFileSync(join(folder, `${index}.mts`), source);
  }
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  const compilerOptions = { typeRoots: [join(ROOT, "node_modules", "@types")] };
  const config = { extends: join(ROOT, "tsconfig.json"), compilerOptions, include: ["*.mts"], exclude: [] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  const check = runProgram(t, "tsc", ["-p", folder]);
  equal(await check.done, 0, check.output);
});

test("the README's server takes who has the token, and nobody else", async (t) => {
  const source = programs().server.replace("port: 1935", "port: 0");
  const program = runSource(t, `${source}\nconsole.log("port", server.listeners[0]?.port);`);
  const [, port] = await program.until(/port (\d+)/);
  const url = `rtmp://127.0.0.1:${port}/live`;
  await rejects(publishTo(`${url}/garden?token=guessed`), /BadName: The token is wrong\.$/);
  const stream = await publishTo(`${url}/garden?token=s3cret`);
  await program.until(/broadcast: 'live\/garden'/);
  await stream.close();
});

test("the README's client plays a broadcast and publishes it as another", async (t) => {
  const { port, url, until } = await startLiveServer(t);
  ffmpegPublish(t, url("live/test"), join(ROOT, "media", "demo.flv"));
  await until("publishing");
  runSource(t, programs().client.replaceAll("rtmp://127.0.0.1/", `rtmp://127.0.0.1:${port}/`));
  const copy = await playFrom(url("live/copy"));
  const kinds = new Set<string>();
  for await (const message of copy) {
    kinds.add(message.kind);
    if (message.isKeyframe && kinds.size === 3) break;
  }
  deepEqual([...kinds].sort(), ["audio", "data", "video"]);
});

test("the API answers what its page asks", async (t) => {
  const demo = runShellLine(t, lineOf("npx millrace demo"), { environment: { ...LOOPBACK, MILLRACE_API_LISTEN: "0" } });
  const [, url = ""] = await demo.until(/Dashboard: (http:\/\/127\.0\.0\.1:\d+\/)/);
  await demo.until(/"broadcast":"live\/demo"[^\n]*"msg":"publishing"/);
  const lines = shellLines("docs/api.md").filter((line) => line.startsWith("curl "));
  equal(lines.length, 4);
  for (const line of lines) {
    const run = runShellLine(t, line.replace("http://127.0.0.1:8081/", url), { environment: OFFLINE });
    equal(await run.done, 0, `${line}\n${run.output}`);
    if (!line.includes("DELETE")) match(run.output, /live\/demo|"version"|millrace_build_info/);
  }
  await demo.end();
});

test("a token is made, and the settings with it are good", async (t) => {
  const folder = temporaryFolder(t);
  const lines = shellLines("docs/api.md").filter((line) => line.includes("token"));
  equal(lines.length, 2);
  const [make = "", serve = ""] = lines;
  equal(await runShellLine(t, make, { environment: OFFLINE, folder }).done, 0);
  const here = serve.replace("millrace ", `node ${ROOT}/bin/millrace.js `);
  const check = runShellLine(t, `${here} --check`, { environment: OFFLINE, folder });
  equal(await check.done, 0, check.output);
});
