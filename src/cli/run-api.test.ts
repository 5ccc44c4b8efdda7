import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { type FakeContext, type FakeContextOptions, fakeContext } from "../../test/support/fake-context.ts";
import { fakeMonitor } from "../../test/support/fake-monitor.ts";
import { ExitCode } from "./exit-codes.ts";
import { serve } from "./serve.ts";

const TOKEN = "a-token-for-tests-0123456789";

function contextWith(options: FakeContextOptions = {}): FakeContext {
  return fakeContext({
    onStart: (context) => context.signal("SIGTERM"),
    ...options,
    server: { monitor: fakeMonitor(), ...options.server },
  });
}

/** Runs until a signal ends it, which comes when the API has started. */
async function run(options: Parameters<typeof serve>[0], more: FakeContextOptions = {}): Promise<FakeContext> {
  const context: FakeContext = contextWith({
    onStart: () => {},
    ...more,
    api: {
      async start() {
        context.calls.push("start API");
        setImmediate(() => context.signal("SIGTERM"));
      },
      ...more.api,
    },
  });
  equal(await serve({ json: true, ...options }, context), ExitCode.Ok);
  return context;
}

test("a server has its dashboard, which starts after it and stops after it", async () => {
  const context = await run({});
  deepEqual(context.calls, ["start", "start API", "drain", "stop API"]);
  equal(JSON.parse(context.output()).dashboard, "http://127.0.0.1:8081/");
  equal(context.apis[0]?.listen, undefined);
  equal(context.apis[0]?.isReady?.(), true);
});

test("people are told where the dashboard is", async () => {
  const context = await run({ json: false });
  match(context.output(), /\nDashboard: http:\/\/127\.0\.0\.1:8081\/\n/);
});

test("it can be off, and is where the server tells nothing of itself", async () => {
  const off = contextWith();
  equal(await serve({ api: "off" }, off), ExitCode.Ok);
  deepEqual(off.apis, []);
  const silent = fakeContext({ onStart: (context) => context.signal("SIGTERM") });
  equal(await serve({}, silent), ExitCode.Ok);
  deepEqual(silent.apis, []);
});

test("its address and its token are told; the token does not stand in what --check prints", async () => {
  const files = { token: `${TOKEN}\n` };
  const context = await run({ api: "0.0.0.0:9000", apiTokenFile: "token" }, { files });
  deepEqual(context.apis[0]?.listen, { host: "0.0.0.0", port: 9000 });
  equal(context.apis[0]?.token, TOKEN);
  const checked = fakeContext({ environment: { MILLRACE_API_TOKEN: TOKEN } });
  equal(await serve({ check: true, json: true }, checked), ExitCode.Ok);
  equal(checked.output().includes(TOKEN), false);
  const refused = fakeContext();
  equal(await serve({ api: "0.0.0.0:9000" }, refused), ExitCode.Usage);
  match(refused.errors(), /^--api: 0\.0\.0\.0:9000 is reached from elsewhere/);
});

test("an API that cannot start ends the server, with the reason", async () => {
  const context = contextWith({
    onStart: () => {},
    api: {
      async start() {
        throw new Error("cannot listen on 127.0.0.1:9000: another program has this port.");
      },
    },
  });
  equal(await serve({ api: "9000", json: true }, context), ExitCode.Failed);
  match(context.errors(), /the API could not start: cannot listen on 127\.0\.0\.1:9000.*--api off/);
  deepEqual(context.calls, ["start", "stop"]);
});

test("HUP reads the token again; where it cannot, the one before holds", async () => {
  const files: Record<string, string> = { token: TOKEN };
  const context: FakeContext = contextWith({
    files,
    onStart: () => {},
    api: {
      async start() {
        setImmediate(() => {
          files["token"] = `${TOKEN}-another`;
          context.signal("SIGHUP");
          files["token"] = "short";
          context.signal("SIGHUP");
          context.signal("SIGTERM");
        });
      },
    },
  });
  equal(await serve({ apiTokenFile: "token", json: true }, context), ExitCode.Ok);
  deepEqual(
    context.calls.filter((call) => call.startsWith("token")),
    [`token ${TOKEN}-another`],
  );
  match(context.errors(), /token was read again.*token could not be read again/s);
});
