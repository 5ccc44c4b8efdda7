import { deepEqual, doesNotMatch, equal, match, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { type FakeContext, type FakeContextOptions, fakeContext } from "../../test/support/fake-context.ts";
import { hex } from "../bytes/hex.ts";
import type { StreamEnd } from "../client/close-reason.ts";
import { StreamCounter } from "../client/stream-counter.ts";
import type { OutgoingStream } from "./client-functions.ts";
import { runCommandLine } from "./command-line.ts";
import { ExitCode } from "./exit-codes.ts";
import { decodeServerSettings } from "./worker-settings.ts";

/** Runs a command line whose server, if it starts, is stopped at once. */
async function run(args: readonly string[], options: FakeContextOptions = {}) {
  const context = fakeContext({ onStart: ({ signal }) => signal("SIGTERM"), ...options });
  const code = await runCommandLine(args, context);
  return { code, context, output: context.output(), errors: context.errors() };
}

test("serve starts with defaults, says where it is, and ends with 0 when it is told to", async () => {
  const { code, context, output } = await run(["serve"]);
  equal(code, ExitCode.Ok);
  deepEqual(context.calls, ["start", "drain"]);
  deepEqual(context.created[0]?.listen, [{ host: "::", port: 1935 }]);
  match(output, /^millrace 1\.2\.3 takes RTMP on \[::\]:1935\n/);
});

test("millrace alone, or with options only, serves", async () => {
  equal((await run([])).context.calls[0], "start");
  const { context } = await run(["--listen", "127.0.0.1:0"]);
  deepEqual(context.created[0]?.listen, [{ host: "127.0.0.1", port: 0 }]);
});

for (const option of ["--listen", "--rtmp"]) {
  test(`${option} may be repeated, in every form`, async () => {
    const { context } = await run([
      "serve",
      option,
      ":1935,1940",
      `${option}=1936`,
      option,
      "rtmps+ws://[::1]:1937",
      "--tls-self-signed",
      "t",
    ]);
    deepEqual(context.created[0]?.listen, [
      { host: "::", port: 1935 },
      { host: "::", port: 1940 },
      { host: "::", port: 1936 },
      { host: "::1", port: 1937, accept: ["rtmps", "ws"] },
    ]);
  });
}

test("--listen and its older name are one list, and each is named where it is wrong", async () => {
  const good = await run(["--rtmp", "1", "--listen", "2"]);
  deepEqual(good.context.created[0]?.listen, [
    { host: "::", port: 2 },
    { host: "::", port: 1 },
  ]);
  const bad = await run(["--listen", "2", "--rtmp", "rtpm://1", "--listen", "x"]);
  equal(bad.code, ExitCode.Usage);
  equal(
    bad.errors,
    "--listen: listen is \"x\", but must be [way://][host:]port, as 1935, '[::1]:1935' or rtmps://:443, or a list of these\n" +
      '--rtmp: listen is "rtpm://1", but there is no way "rtpm": did you mean rtmp?\n',
  );
});

test("--tls and --tls-self-signed give the server certificates, whose paths begin where the command runs", async () => {
  const files = { "a,b.pem": "", "c.pem": "" };
  const { context, errors } = await run(["--tls", "a,b.pem", "--tls", "c.pem:d.pem", "--tls-self-signed", "t"], {
    files,
  });
  equal(errors.includes("problem"), false);
  deepEqual(context.created[0]?.tls, {
    certificates: [{ certificateFile: "a,b.pem" }, { certificateFile: "c.pem", keyFile: "d.pem" }],
    selfSignedFolder: "t",
    minVersion: "TLSv1.2",
    maxVersion: "TLSv1.3",
  });
});

test("paths in a configuration file begin at its folder", async () => {
  const files = { "/etc/m/m.yml": "tls: {certificates: a.pem, selfSignedFolder: /t}\n", "/etc/m/a.pem": "" };
  const { context } = await run(["--config", "/etc/m/m.yml"], { files });
  deepEqual(context.created[0]?.tls?.certificates, [{ certificateFile: "/etc/m/a.pem" }]);
  equal(context.created[0]?.tls?.selfSignedFolder, "/t");
});

test("TLS without a certificate, and a certificate that cannot be read, are problems before anything starts", async () => {
  const files = { "m.yml": "listen:\n  - 1935\n  - rtmps://:443\n" };
  for (const more of [[], ["--check"]]) {
    const missing = await run(["--config", "m.yml", ...more], { files });
    equal(missing.code, ExitCode.Config);
    match(missing.errors, /^m\.yml:3:5: rtmps: there is no certificate/);
    const unreadable = await run(["--tls", "none.pem", ...more]);
    equal(unreadable.code, ExitCode.Usage);
    equal(unreadable.errors, "--tls: cannot read none.pem\n");
    deepEqual([...missing.context.created, ...unreadable.context.created], []);
  }
});

test("SWF files are read at the start", async () => {
  const files = { "player.swf": "FWS-----pictures" };
  const { context } = await run(["--set", "swfVerification.allowed=player.swf"], { files });
  deepEqual(
    context.created[0]?.swfVerification?.allowed.map(({ byteLength }) => byteLength),
    [16],
  );
  equal((await run(["--set", "swfVerification.allowed=none.swf"])).code, ExitCode.Usage);
});

test("the command line comes before the environment, that before the file, that before the defaults", async () => {
  const files = {
    "m.yml": "publish: {graceMs: 1, staleAfterMs: 1, busyName: takeover}\nrtmp: 1\nplay: {mergeMs: 1}\n",
  };
  const environment = { MILLRACE_PUBLISH_GRACE_MS: "2", MILLRACE_PUBLISH_STALE_AFTER_MS: "2", MILLRACE_RTMP: "2,3" };
  const args = ["--config", "m.yml", "--set", "publish.graceMs=3", "--rtmp", "4"];
  const { context } = await run(args, { files, environment });
  const created = context.created[0];
  deepEqual(created?.publish, {
    graceMs: 3,
    staleAfterMs: 2,
    busyName: "takeover",
    unwatchedReadMs: 100,
  });
  deepEqual(created?.listen, [{ host: "::", port: 4 }]);
  equal(created?.play?.mergeMs, 1);
  equal(created?.play?.audioHoldMs, 50);
});

test("--workers starts that many processes, which get all that the files say", async () => {
  const files = { "users.txt": "ada:secret\n", "m.yml": "authentication: {usersFile: users.txt}\nworkers: 3\n" };
  const args = ["--config", "m.yml", "--set", "limits.maxConnections=7", "--set", "publish.staleAfterMs=900"];
  for (const [more, environment, count] of [
    [[], {}, 3],
    [[], { MILLRACE_WORKERS: "4" }, 4],
    [["--workers", "auto"], { MILLRACE_WORKERS: "4" }, 2],
  ] as const) {
    const { code, context, output } = await run([...args, ...more], { files, environment });
    equal(code, ExitCode.Ok);
    const [pool] = context.pools;
    equal(pool?.workers, count);
    deepEqual([pool?.limits?.maxConnections, pool?.publish?.staleAfterMs], [7, 900]);
    equal(decodeServerSettings(pool?.settings).users?.get("ada"), "secret");
    deepEqual(context.created, []);
    deepEqual(context.calls, ["start", "drain"]);
    match(output, new RegExp(`^millrace 1\\.2\\.3 takes RTMP on .*, in ${count} processes\\n`));
  }
});

test("one worker is this process alone", async () => {
  const { context, output } = await run(["--workers", "1"]);
  deepEqual([context.pools.length, context.created.length], [0, 1]);
  match(output, /^millrace 1\.2\.3 takes RTMP on \[::\]:1935\n/);
});

test("of workers there are 1 to 256, or auto", async () => {
  for (const wrong of ["0", "257", "1.5", "many"]) {
    const { code, errors } = await run(["--workers", wrong]);
    equal(code, ExitCode.Usage);
    match(errors, /^--workers: workers is .*, but must be a whole number from 1 to 256 or auto\n$/);
  }
  match((await run(["--workers", "atuo"])).errors, /did you mean auto\?/);
  equal((await run(["--workers", "256", "--check"])).code, ExitCode.Ok);
});

test("what workers do not share is told, and nothing starts", async () => {
  const files = { "m.yml": "workers: auto\nsharedObjects:\n  folder: objects\n  apps: chat\n" };
  const { code, context, errors } = await run(["--config", "m.yml"], { files });
  equal(code, ExitCode.Config);
  deepEqual([...context.pools, ...context.created], []);
  equal(
    errors,
    "m.yml:3:11: sharedObjects.folder needs workers to be 1: with auto, they would store different objects in one folder\n" +
      "m.yml:4:9: sharedObjects.apps needs workers to be 1: with auto, clients of one application would not see each other's shared objects\n",
  );
  equal((await run(["--config", "m.yml", "--workers", "1"], { files })).code, ExitCode.Ok);
});

test("a third signal kills the other processes before this one", async () => {
  const { code, context } = await run(["--workers", "2"], {
    onStart: ({ signal }) => {
      for (let count = 0; count < 3; count++) signal("SIGTERM");
    },
    server: { drain: () => new Promise(() => {}), stop: () => new Promise(() => {}) },
  });
  equal(code, ExitCode.Failed);
  deepEqual(context.calls, ["start", "kill"]);
});

test("the environment can name the file, and --config comes before it", async () => {
  const files = { "one.yml": "rtmp: 1\n", "two.yml": "rtmp: 2\n" };
  const environment = { MILLRACE_CONFIG: "one.yml" };
  const first = await run([], { files, environment });
  deepEqual(first.context.created[0]?.listen, [{ host: "::", port: 1 }]);
  const second = await run(["--config", "two.yml"], { files, environment });
  deepEqual(second.context.created[0]?.listen, [{ host: "::", port: 2 }]);
});

test("a wrong key in the file names file, line and column, and exits with 78 before anything starts", async () => {
  const files = { "m.yml": "log:\n  level: warn\n  fromat: json\nrtmp: x\n" };
  const { code, context, errors } = await run(["serve", "--config", "m.yml"], { files });
  equal(code, ExitCode.Config);
  deepEqual(context.created, []);
  equal(
    errors,
    "m.yml:3:3: unknown key log.fromat: did you mean log.format?\n" +
      "m.yml:4:7: rtmp is \"x\", but must be [way://][host:]port, as 1935, '[::1]:1935' or rtmps://:443, or a list of these\n",
  );
});

test("--json tells the same as an object", async () => {
  const { errors } = await run(["--json", "--config", "m.yml"], { files: { "m.yml": "fromat: json\n" } });
  const report = JSON.parse(errors);
  equal(report.event, "bad-configuration");
  deepEqual(report.problems[0].origin, { kind: "file", file: "m.yml", line: 1, column: 1 });
  equal(report.problems[0].key, "fromat");
});

test("a file that cannot be read exits with 78", async () => {
  const { code, errors } = await run(["--config", "none.yml"]);
  equal(code, ExitCode.Config);
  equal(errors, "none.yml: the configuration file cannot be read: there is no such file\n");
});

test("a wrong value in the environment exits with 78, on the command line with 2", async () => {
  equal((await run([], { environment: { MILLRACE_RTMP: "x" } })).code, ExitCode.Config);
  equal((await run(["--rtmp", "x"])).code, ExitCode.Usage);
  equal((await run(["--rtmp", "x"], { environment: { MILLRACE_RTMP: "x" } })).code, ExitCode.Config);
});

test("--set wants a key that exists and a value", async () => {
  const { code, errors } = await run(["--set", "publish.gracems=1", "--set", "publish.graceMs"]);
  equal(code, ExitCode.Usage);
  equal(
    errors,
    "--set publish.gracems=1: unknown key publish.gracems: did you mean publish.graceMs?\n" +
      "--set publish.graceMs: a key and a value are wanted, as --set publish.graceMs=VALUE\n",
  );
});

test("--check says whether the configuration is good, and starts nothing", async () => {
  const good = await run(["serve", "--check", "--config", "m.yml"], { files: { "m.yml": "rtmp: 1\n" } });
  deepEqual([good.code, good.output, good.context.created.length], [0, "The configuration is good.\n", 0]);
  const bad = await run(["serve", "--check"], { environment: { MILLRACE_CHUNK_SIZE: "1" } });
  deepEqual([bad.code, bad.output, bad.context.created.length], [78, "", 0]);
  const json = await run(["--check", "--json", "--rtmp", "1"]);
  deepEqual(JSON.parse(json.output).config.listen, [{ host: "::", port: 1 }]);
});

test("a variable that sets nothing is a warning", async () => {
  const environment = { MILLRACE_RTPM: "1" };
  const started = await run(["--json"], { environment });
  equal(started.code, ExitCode.Ok);
  const line = JSON.parse(started.errors.split("\n")[0] ?? "");
  deepEqual([line.level, line.msg], ["warn", "MILLRACE_RTPM: sets nothing: did you mean MILLRACE_RTMP?"]);
  const checked = await run(["--check"], { environment });
  deepEqual(
    [checked.code, checked.errors],
    [ExitCode.Ok, "MILLRACE_RTPM: sets nothing: did you mean MILLRACE_RTMP?\n"],
  );
});

test("--json and --log-level set the log", async () => {
  const { context, output, errors } = await run(["--json", "--log-level", "warn"]);
  equal(errors, "");
  context.created[0]?.log?.info({}, "unimportant");
  context.created[0]?.log?.warn({ bytes: 5 }, "important");
  const line = JSON.parse(context.errors());
  deepEqual([line.level, line.msg, line.bytes], ["warn", "important", 5]);
  equal(JSON.parse(output).event, "listening");
});

test("a second signal ends at once, with 1", async () => {
  const server = { drain: () => new Promise<void>(() => {}) };
  const onStart = ({ signal }: FakeContext): void => {
    signal("SIGINT");
    signal("SIGTERM");
  };
  const { code, context } = await run([], { server, onStart });
  equal(code, ExitCode.Failed);
  deepEqual(context.calls, ["start", "stop"]);
});

test("a third signal does not even wait for that", async () => {
  const server = { drain: () => new Promise<void>(() => {}), stop: () => new Promise<void>(() => {}) };
  const onStart = ({ signal, pass }: FakeContext): void => {
    for (let count = 0; count < 3; count++) {
      signal("SIGINT");
      pass(250);
    }
  };
  equal((await run([], { server, onStart })).code, ExitCode.Failed);
});

test("a Ctrl+C that npm passes on again counts once", async () => {
  const drained = Promise.withResolvers<void>();
  const onStart = ({ signal, pass }: FakeContext): void => {
    signal("SIGINT");
    pass(249);
    signal("SIGINT");
    drained.resolve();
  };
  const { code, context } = await run([], { server: { drain: () => drained.promise }, onStart });
  equal(code, ExitCode.Ok);
  deepEqual(context.calls, ["start"]);
});

test("a drain that fails exits with 1 and says why", async () => {
  const server = { drain: () => Promise.reject(new Error("broken")) };
  const { code, errors } = await run(["--json"], { server });
  equal(code, ExitCode.Failed);
  match(errors, /the server did not stop in order/);
  match(errors, /broken/);
});

/** HUP, and TERM when that has been answered. */
async function hangUp(args: readonly string[], reload?: () => Promise<void>) {
  const onStart = async ({ signal }: FakeContext): Promise<void> => {
    signal("SIGHUP");
    await setImmediate();
    signal("SIGTERM");
  };
  return await run(["--json", ...args], { onStart, ...(reload && { server: { reload } }) });
}

test("HUP has the certificates read again, and says so", async () => {
  const { code, context, errors } = await hangUp(["--tls-self-signed", "t"]);
  equal(code, ExitCode.Ok);
  deepEqual(context.calls, ["start", "reload", "drain"]);
  match(errors, /"level":"info".*the certificates were read again/);
});

test("HUP without certificates says what it does not do", async () => {
  const { code, errors } = await hangUp([]);
  equal(code, ExitCode.Ok);
  match(errors, /"level":"warn".*nothing to reload: restart/);
});

test("certificates that cannot be read again leave the server as it is, with the reason", async () => {
  const { code, context, errors } = await hangUp(["--tls-self-signed", "t"], () =>
    Promise.reject(new Error("it ended")),
  );
  equal(code, ExitCode.Ok);
  deepEqual(context.calls, ["start", "drain"]);
  match(errors, /"level":"error".*"reason":"it ended".*could not be read again/);
});

test("a listener that does not open exits with 1 and says what to do", async () => {
  const start = () => Promise.reject(new Error("cannot listen on [::]:1935: another program has this port."));
  const { code, output, errors } = await run(["--json"], { server: { start } });
  equal(code, ExitCode.Failed);
  equal(output, "");
  equal(
    JSON.parse(errors).msg,
    "cannot listen on [::]:1935: another program has this port. (on the command line: --listen [host:]port)",
  );
});

test("a signal that comes while the server starts ends it in order, and nothing says that it runs", async () => {
  const starting = Promise.withResolvers<void>();
  const context: FakeContext = fakeContext({
    server: {
      start: () => {
        context.signal("SIGTERM");
        return starting.promise;
      },
      drain: async () => starting.reject(new Error("the server was stopped while it started")),
    },
  });
  equal(await runCommandLine([], context), ExitCode.Ok);
  deepEqual([context.output(), context.calls], ["", ["start"]]);
  doesNotMatch(context.errors(), /"level":"error"/);
});

test("another reason not to start stands alone", async () => {
  const { code, errors } = await run(["--json"], { server: { start: () => Promise.reject(new Error("no disk")) } });
  equal(code, ExitCode.Failed);
  equal(JSON.parse(errors).msg, "no disk");
});

test("an error of our own is not hidden", async () => {
  const context = fakeContext();
  const broken = { ...context, createServer: () => Promise.reject(new TypeError("a bug")) };
  await rejects(runCommandLine([], broken), /a bug/);
});

test("--version and --help exit with 0", async () => {
  const version = await run(["--version"]);
  deepEqual([version.code, version.output], [0, "millrace 1.2.3\n"]);
  const help = await run(["--help"]);
  equal(help.code, ExitCode.Ok);
  for (const part of ["Usage: millrace", "Servers:", "serve [options]", "demo [options]", "Examples:", "Exit codes:"]) {
    ok(help.output.includes(part), part);
  }
});

test("the help of serve shows groups, examples, sources and exit codes", async () => {
  for (const args of [
    ["help", "serve"],
    ["serve", "--help"],
  ]) {
    const { code, output } = await run(args);
    equal(code, ExitCode.Ok);
    for (const part of [
      "Listeners:\n  --listen <address>",
      "--rtmp <address>",
      "--tls <certificate[:key]>",
      "--tls-self-signed <folder>",
      "Configuration:\n  --config <file>",
      "Output:\n  --log-level <level>",
      "millrace serve --config millrace.yml --check",
      "MILLRACE_PUBLISH_BUSY_NAME",
      "  78  the configuration file or the environment is wrong",
    ]) {
      ok(output.includes(part), part);
    }
  }
});

const WRONG_USAGE: readonly (readonly [readonly string[], RegExp])[] = [
  [["serv"], /unknown command 'serv'\n\(Did you mean serve\?\)/],
  [["serve", "--rtpm", "1"], /unknown option '--rtpm'\n\(Did you mean --rtmp\?\)/],
  [["--chekc"], /unknown option '--chekc'\n\(Did you mean --check\?\)/],
  [["serve", "--rtmp"], /option '--rtmp <address>' argument missing/],
  [["serve", "1935"], /too many arguments for 'serve'/],
  [["serve", "--log-level", "loud"], /Allowed choices are debug, info, warn, error/],
];

for (const [args, message] of WRONG_USAGE) {
  test(`millrace ${args.join(" ")} exits with 2`, async () => {
    const { code, output, errors } = await run(args);
    equal(code, ExitCode.Usage);
    equal(output, "");
    match(errors, message);
    match(errors, /millrace --help/);
  });
}

const CLIP = hex`
  464c56 01 01 00000009 00000000 ; FLV, version 1, video
  09 000007 000000 00 000000     ; video, 0 ms: AVC configuration
  17 00 000000 0142
  00000012
  09 000006 000000 00 000000     ; video, 0 ms: keyframe
  17 01 000000 65
  00000011
`;

/** A client whose stream takes what is written; the context's calls tell where it was opened, and that it was closed. */
function fakePublisher(context: () => FakeContext, onWrite: (payload: Uint8Array) => void) {
  const ended = Promise.withResolvers<StreamEnd>();
  const stream: Pick<OutgoingStream, "write" | "close" | "ended" | "ready"> = {
    ended: ended.promise,
    ready: async () => {},
    write({ payload }) {
      onWrite(payload);
      return true;
    },
    async close() {
      context().calls.push("close");
      ended.resolve({ kind: "closed", description: "closed by the application" });
    },
  };
  return {
    async publishTo(url: string): Promise<OutgoingStream> {
      context().calls.push(`open ${url}`);
      return { ...stream, statistics: new StreamCounter().statistics(0) };
    },
  };
}

test("demo publishes its clip to its own server until it is told to stop", async () => {
  const written: number[] = [];
  const client = fakePublisher(
    () => context,
    ({ length }) => {
      written.push(length);
      if (written.length === 2) context.signal("SIGTERM");
    },
  );
  const context: FakeContext = fakeContext({ clip: CLIP, client });
  equal(await runCommandLine(["demo", "--rtmp", "1940", "--json"], context), ExitCode.Ok);
  deepEqual(context.calls.toSorted(), ["close", "drain", "open rtmp://127.0.0.1:1940/live/demo", "start"]);
  deepEqual(written, [7, 6]);
  const startUp = JSON.parse(context.output());
  deepEqual([startUp.url, startUp.testPicture], ["rtmp://127.0.0.1:1940/live/demo", undefined]);
});

test("the demo takes the way in that there is", async () => {
  const client = fakePublisher(
    () => context,
    () => context.signal("SIGTERM"),
  );
  const context: FakeContext = fakeContext({ clip: CLIP, client });
  const args = ["demo", "--listen", "rtmps+wss://443", "--tls-self-signed", "t"];
  equal(await runCommandLine(args, context), ExitCode.Ok);
  ok(context.calls.includes("open rtmps://127.0.0.1:443/live/demo"), context.calls.join());
});

test("the demo goes on without its clip where it cannot be published", async () => {
  const stopLater = async ({ errors, signal }: FakeContext): Promise<void> => {
    while (errors() === "") await setImmediate();
    signal("SIGTERM");
  };
  const context = fakeContext({ clip: CLIP, onStart: stopLater });
  equal(await runCommandLine(["demo", "--json"], context), ExitCode.Ok);
  match(context.errors(), /nobody is there.*the clip cannot be published/);
});

test("demo without its clip fails before it starts anything", async () => {
  const { code, context, errors } = await run(["demo"]);
  equal(code, ExitCode.Failed);
  deepEqual(context.created, []);
  equal(errors, "the demo's clip cannot be read: no such file\n");
});
