import { deepEqual, doesNotMatch, equal, match, ok } from "node:assert/strict";
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import type { Readable } from "node:stream";
import { type TestContext, test } from "node:test";
import { connect as connectTls } from "node:tls";
import { fileURLToPath } from "node:url";
import { createCertificate } from "../../test/support/certificates.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { type PlayStream, playFrom, publishTo } from "../client/index.ts";

const PROGRAM = fileURLToPath(new URL("../../bin/millrace.js", import.meta.url));

type RunningCommand = {
  readonly process: ChildProcessByStdio<null, Readable, Readable>;
  /** The lines of standard output and of standard error, one by one. */
  readonly output: AsyncIterator<string>;
  readonly errors: AsyncIterator<string>;
  /** The exit code, or the name of the signal that killed it. */
  readonly exit: Promise<unknown>;
};

/** Starts the command line; it ends with the test at the latest. */
function start(context: TestContext, args: readonly string[], environment: NodeJS.ProcessEnv = {}): RunningCommand {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...withoutSettings(process.env), ...environment },
  });
  context.after(() => child.kill("SIGKILL"));
  const lines = (stream: Readable): Interface => createInterface({ input: stream });
  return {
    process: child,
    output: lines(child.stdout)[Symbol.asyncIterator](),
    errors: lines(child.stderr)[Symbol.asyncIterator](),
    exit: once(child, "exit").then(([code, signal]) => code ?? signal),
  };
}

/** Whoever runs the tests may have settings of a server in the environment. */
function withoutSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith("MILLRACE_")));
}

async function readJson(lines: AsyncIterator<string>) {
  const { value } = await lines.next();
  return JSON.parse(value ?? "");
}

async function readAll(lines: AsyncIterator<string>): Promise<string> {
  let text = "";
  for (let line = await lines.next(); line.done !== true; line = await lines.next()) text += `${line.value}\n`;
  return text;
}

test("serve listens where it says, and TERM ends it with 0", async (context) => {
  const command = start(context, ["serve", "--rtmp", "127.0.0.1:0", "--json"]);
  const startUp = await readJson(command.output);
  equal(startUp.event, "listening");
  const [listener] = startUp.listeners;
  equal(startUp.url, `rtmp://127.0.0.1:${listener.port}/live/test`);
  const socket = connect(listener.port, listener.host);
  await once(socket, "connect");
  socket.destroy();
  command.process.kill("SIGTERM");
  equal(await command.exit, 0);
});

test("a second TERM does not wait for a client that stays, and ends it with 1", async (context) => {
  const command = start(context, ["serve", "--rtmp", "127.0.0.1:0", "--json"]);
  const [listener] = (await readJson(command.output)).listeners;
  const socket = connect({ port: listener.port, host: listener.host, allowHalfOpen: true });
  context.after(() => socket.destroy());
  await once(socket, "connect");
  // The answer to its handshake shows that the server has taken the connection.
  socket.write(Uint8Array.from({ length: 1537 }, (_, index) => (index === 0 ? 3 : 0)));
  await once(socket, "data");
  command.process.kill("SIGTERM");
  match((await readJson(command.errors)).msg, /^stopping: /);
  command.process.kill("SIGTERM");
  match((await readJson(command.errors)).msg, /^stopping at once/);
  equal(await command.exit, 1);
});

test("HUP does not end it, and INT does in order", async (context) => {
  const command = start(context, ["--rtmp", "127.0.0.1:0", "--json"]);
  await readJson(command.output);
  command.process.kill("SIGHUP");
  match((await readJson(command.errors)).msg, /nothing to reload/);
  command.process.kill("SIGINT");
  equal(await command.exit, 0);
});

/** The certificate that a client of `port` gets now. */
async function fingerprintAt(context: TestContext, port: number): Promise<string> {
  const socket = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false });
  context.after(() => socket.destroy());
  await once(socket, "secureConnect");
  const fingerprint = socket.getPeerX509Certificate()?.fingerprint256 ?? "";
  // The server may end it roughly when it ends itself.
  socket.destroy();
  return fingerprint;
}

/** The next line of the log that says this. */
async function nextLine(lines: AsyncIterator<string>, pattern: RegExp) {
  for (;;) {
    const line = await readJson(lines);
    if (pattern.test(line.msg)) return line;
  }
}

test("HUP reads certificates again for new connections, and keeps them when the new ones are bad", async (context) => {
  const folder = temporaryFolder(context);
  const [certificateFile, keyFile] = [join(folder, "live.pem"), join(folder, "live-key.pem")];
  const write = async (): Promise<string> => {
    const { cert, key } = await createCertificate(["127.0.0.1"]);
    writeFileSync(certificateFile, cert);
    writeFileSync(keyFile, key);
    return new X509Certificate(cert).fingerprint256;
  };
  const first = await write();
  const command = start(context, [
    "--listen",
    "rtmps://127.0.0.1:0",
    "--tls",
    `${certificateFile}:${keyFile}`,
    "--json",
  ]);
  const { port } = (await readJson(command.output)).listeners[0];
  equal(await fingerprintAt(context, port), first);
  const second = await write();
  command.process.kill("SIGHUP");
  await nextLine(command.errors, /^the certificates were read again/);
  equal(await fingerprintAt(context, port), second);
  writeFileSync(keyFile, (await createCertificate(["127.0.0.1"])).key);
  command.process.kill("SIGHUP");
  const line = await nextLine(command.errors, /could not be read again/);
  equal(line.level, "error");
  match(line.reason, /does not belong to the certificate/);
  equal(await fingerprintAt(context, port), second);
  command.process.kill("SIGTERM");
  equal(await command.exit, 0);
});

test("--check looks at certificates", async (context) => {
  const folder = temporaryFolder(context);
  const file = join(folder, "millrace.yml");
  const [one, other] = [await createCertificate(["a"]), await createCertificate(["a"])];
  writeFileSync(join(folder, "both.pem"), `${one.cert}\n${one.key}`);
  writeFileSync(join(folder, "mixed.pem"), `${one.cert}\n${other.key}`);
  writeFileSync(file, "tls:\n  certificates:\n    - both.pem\n    - mixed.pem\n    - none.pem\n");
  const command = start(context, ["--check", "--config", file]);
  const [mixed = "", none = "", ...more] = (await readAll(command.errors)).split("\n");
  ok(mixed.startsWith(`${file}:4:7: the private key in ${folder}/mixed.pem does not belong`), mixed);
  ok(none.startsWith(`${file}:5:7: cannot read the certificate in ${folder}/none.pem: there is no such file`), none);
  deepEqual(more, [""]);
  equal(await command.exit, 78);
});

test("demo shows a picture to whoever plays, until TERM", async (context) => {
  const command = start(context, ["demo", "--rtmp", "127.0.0.1:0", "--json"]);
  const { url } = await readJson(command.output);
  const stream = await playFrom(url);
  const seen = new Set<string>();
  for await (const { kind, isConfig, isKeyframe } of stream) {
    seen.add(`${kind}${isConfig ? " configuration" : ""}${isKeyframe ? " keyframe" : ""}`);
    if (seen.has("video keyframe") && seen.has("audio")) break;
  }
  for (const part of ["data configuration", "video configuration", "audio configuration"]) ok(seen.has(part), part);
  command.process.kill("SIGTERM");
  equal(await command.exit, 0);
  await stream.close();
});

/** `--workers 2` with these arguments: where it is, and its workers. */
async function startTwo(context: TestContext, args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  const command = start(context, [...args, "--workers", "2", "--json", "--log-level", "debug"], environment);
  const workers = [];
  for (const _ of [1, 2]) workers.push((await nextLine(command.errors, /^a worker is ready/)).processId);
  const startUp = await readJson(command.output);
  equal(startUp.workers, 2);
  return { command, workers, url: startUp.url as string, port: startUp.listeners[0].port as number };
}

/** Resolves when a keyframe has come. */
async function keyframe(stream: PlayStream): Promise<void> {
  for await (const message of stream) if (message.kind === "video" && message.isKeyframe) return;
}

test("two workers are one server: viewers of both see the clip, and TERM ends all with 0", async (context) => {
  const { command, url } = await startTwo(context, ["demo", "--listen", "127.0.0.1:0"]);
  const streams = [];
  for (const seen = new Set<number>(); seen.size < 2; ) {
    streams.push(await playFrom(url));
    const { worker } = await nextLine(command.errors, /^playing$/);
    ok([1, 2].includes(worker));
    seen.add(worker);
  }
  await Promise.all(streams.map(keyframe));
  command.process.kill("SIGTERM");
  equal(await command.exit, 0);
  await Promise.all(streams.map((stream) => stream.close()));
});

test("a worker that is killed is replaced, and HUP reads certificates again in all", async (context) => {
  const folder = temporaryFolder(context);
  const file = join(folder, "both.pem");
  const write = async (): Promise<string> => {
    const { cert, key } = await createCertificate(["127.0.0.1"]);
    writeFileSync(file, `${cert}\n${key}`);
    return new X509Certificate(cert).fingerprint256;
  };
  await write();
  const { command, workers, port } = await startTwo(context, ["--listen", "rtmps://127.0.0.1:0", "--tls", file]);
  process.kill(workers[0], "SIGKILL");
  const died = await nextLine(command.errors, /^a worker died/);
  deepEqual([died.level, died.worker, died.signal, died.delayMs], ["error", 1, "SIGKILL", 0]);
  const returned = await nextLine(command.errors, /has taken the place/);
  equal(returned.worker, 1);
  const renewed = await write();
  command.process.kill("SIGHUP");
  await nextLine(command.errors, /^the certificates were read again/);
  for (let time = 0; time < 8; time++) equal(await fingerprintAt(context, port), renewed);
  command.process.kill("SIGTERM");
  equal(await command.exit, 0);
  const last = (await readAll(command.errors)).trimEnd().split("\n").at(-1) ?? "";
  deepEqual([JSON.parse(last).msg, JSON.parse(last).restarts], ["all workers have ended", 1]);
});

test("Ctrl+C reaches workers too, which leave it to the first process", async (context) => {
  const { command, workers } = await startTwo(context, ["--listen", "127.0.0.1:0"]);
  for (const worker of workers) process.kill(worker, "SIGINT");
  command.process.kill("SIGINT");
  equal(await command.exit, 0);
  doesNotMatch(await readAll(command.errors), /died/);
});

test("workers end when the first process is killed", async (context) => {
  const { command, url } = await startTwo(context, ["--listen", "127.0.0.1:0"]);
  const publisher = await publishTo(url);
  command.process.kill("SIGKILL");
  equal(await command.exit, "SIGKILL");
  match((await publisher.ended).description, /AppShutdown/);
  // Nobody has it open any more.
  await readAll(command.errors);
});

test("workers share their port with no other server", async (context) => {
  const { port } = await startTwo(context, ["--listen", "127.0.0.1:0"]);
  const second = start(context, ["--workers", "2", "--listen", `127.0.0.1:${port}`, "--json"]);
  const line = await readJson(second.errors);
  match(line.msg, new RegExp(`cannot listen on 127\\.0\\.0\\.1:${port}: .*--listen`));
  equal(await second.exit, 1);
});

test("an error that nobody caught is told in words, with its stack, and ends it with 1", async (context) => {
  const thrower = `process.on("SIGUSR2", () => { throw new Error("a bug"); });`;
  const options = `--import=data:text/javascript,${encodeURIComponent(thrower)}`;
  const command = start(context, ["--rtmp", "127.0.0.1:0", "--json"], { NODE_OPTIONS: options });
  await readJson(command.output);
  command.process.kill("SIGUSR2");
  match(await readAll(command.errors), /^millrace ends because of an unexpected error\..*\nError: a bug\n {4}at /);
  equal(await command.exit, 1);
});

test("such an error in a worker is told the same way, and ends only that worker", async (context) => {
  const thrower = `process.on("SIGUSR2", () => { throw new Error("a bug"); });`;
  const options = `--import=data:text/javascript,${encodeURIComponent(thrower)}`;
  const { command, workers } = await startTwo(context, ["--listen", "127.0.0.1:0"], { NODE_OPTIONS: options });
  process.kill(workers[1], "SIGUSR2");
  let told = "";
  for (let line = await command.errors.next(); line.done !== true; line = await command.errors.next()) {
    told += `${line.value}\n`;
    if (told.includes("has taken the place")) break;
  }
  match(told, /^a worker of millrace ends because of an unexpected error\..*\nError: a bug\n {4}at /);
  match(told, /"worker":2,"exitCode":1,/);
  command.process.kill("SIGTERM");
  equal(await command.exit, 0);
});

test("a port that is taken ends it with 1 and a line that says so", async (context) => {
  const first = start(context, ["--rtmp", "127.0.0.1:0", "--json"]);
  const { port } = (await readJson(first.output)).listeners[0];
  const second = start(context, ["--json"], { MILLRACE_RTMP: `127.0.0.1:${port}` });
  const line = await readJson(second.errors);
  equal(line.level, "error");
  match(line.msg, new RegExp(`cannot listen on 127\\.0\\.0\\.1:${port}: .*--listen`));
  equal(await second.exit, 1);
  equal(await readAll(second.output), "");
});

test("a reader that goes away does not end the server", async (context) => {
  const command = start(context, ["--rtmp", "127.0.0.1:0", "--json"]);
  command.process.stderr.destroy();
  await readJson(command.output);
  command.process.stdout.destroy();
  command.process.kill("SIGHUP");
  command.process.kill("SIGTERM");
  equal(await command.exit, 0);
});

test("--check tells file, line and column, and exits with 78", async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "millrace-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "millrace.yml");
  writeFileSync(file, "publish:\n  busyNam: refuse\n");
  const command = start(context, ["serve", "--check", "--config", file]);
  deepEqual(
    [await readAll(command.errors), await command.exit],
    [`${file}:2:3: unknown key publish.busyNam: did you mean publish.busyName?\n`, 78],
  );
});

test("a folder is no configuration file", async (context) => {
  const command = start(context, ["--config", tmpdir()]);
  deepEqual(
    [await readAll(command.errors), await command.exit],
    [`${tmpdir()}: the configuration file cannot be read: this is a folder\n`, 78],
  );
});

test("a wrong command exits with 2, and --version with 0", async (context) => {
  const wrong = start(context, ["serv"]);
  match(await readAll(wrong.errors), /unknown command 'serv'/);
  equal(await wrong.exit, 2);
  const version = start(context, ["--version"]);
  match(await readAll(version.output), /^millrace \d+\.\d+\.\d+\S*\n$/);
  equal(await version.exit, 0);
});
