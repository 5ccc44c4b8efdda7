import { ok } from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import type { ApiServer } from "../../src/api/api-server.ts";
import type { ApiServerOptions } from "../../src/api/options.ts";
import type { ClientFunctions } from "../../src/cli/client-functions.ts";
import type { CommandContext, RunnableServer, SignalName } from "../../src/cli/context.ts";
import { decodeServerSettings } from "../../src/cli/worker-settings.ts";
import type { MediaServerOptions } from "../../src/server/options.ts";
import { RTMP_SCHEMES } from "../../src/transport/rtmp-url.ts";
import type { WorkerPoolOptions } from "../../src/workers/worker-pool.ts";

type FakeFiles = Readonly<Record<string, string>>;

export type FakeContextOptions = {
  readonly files?: FakeFiles;
  readonly environment?: Readonly<Record<string, string>>;
  readonly server?: Partial<RunnableServer>;
  readonly clip?: Uint8Array;
  readonly client?: Partial<ClientFunctions>;
  readonly standardInput?: AsyncIterable<Uint8Array>;
  readonly isTerminal?: boolean;
  /** There is one only if the server has a monitor. */
  readonly api?: Partial<ApiServer>;
  readonly onStart?: (context: FakeContext) => void | Promise<void>;
};

export type FakeContext = CommandContext & {
  readonly output: () => string;
  readonly errors: () => string;
  /** What was written to standard output as bytes. */
  readonly bytes: () => Uint8Array;
  /** What happened, in order. */
  readonly calls: string[];
  readonly created: MediaServerOptions[];
  readonly apis: Omit<ApiServerOptions, "dashboardFolder">[];
  /** Servers in several processes. */
  readonly pools: Omit<WorkerPoolOptions, "program">[];
  signal(name: SignalName): void;
  /** Lets time pass. */
  pass(ms: number): void;
};

/** A command line without a process: its server opens nothing, its signals come from the test. */
export function fakeContext(options: FakeContextOptions = {}): FakeContext {
  const written = { stdout: "", stderr: "" };
  const output = (name: keyof typeof written): CommandContext["stdout"] => ({
    isTTY: options.isTerminal ?? false,
    hasColors: false,
    write(text) {
      written[name] += text;
    },
  });
  const listeners = new Map<SignalName, () => void>();
  const pieces: Uint8Array[] = [];
  let nowMs = 0;
  const context: FakeContext = {
    version: "1.2.3",
    clock: {
      nowMs: () => nowMs,
      // Whoever waits again and again must leave room for others.
      async wait(delayMs) {
        nowMs += delayMs;
        await setImmediate();
      },
    },
    pass(ms) {
      nowMs += ms;
    },
    stdout: output("stdout"),
    stderr: output("stderr"),
    standardInput: options.standardInput ?? (async function* () {})(),
    byteOutput: {
      async write(bytes) {
        pieces.push(bytes.slice());
      },
    },
    loadClient: async () => ({ connect: nobody, publishTo: nobody, playFrom: nobody, ...options.client }),
    environment: options.environment ?? {},
    output: () => written.stdout,
    errors: () => written.stderr,
    bytes: () => Buffer.concat(pieces),
    calls: [],
    created: [],
    pools: [],
    apis: [],
    readFile(path) {
      const text = options.files?.[path];
      if (text === undefined) throw Object.assign(new Error("no such file"), { code: "ENOENT" });
      return Buffer.from(text);
    },
    async checkCertificate({ certificateFile }) {
      if (options.files?.[certificateFile] === undefined) throw new Error(`cannot read ${certificateFile}`);
    },
    networkAddresses: () => [
      { name: "lo", address: "127.0.0.1", family: "IPv4", internal: true },
      { name: "eth0", address: "192.0.2.7", family: "IPv4", internal: false },
    ],
    async createServer(serverOptions) {
      context.created.push(serverOptions);
      return fakeServer(serverOptions, context, options);
    },
    workerCountOf: (workers) => (workers === "auto" ? 2 : workers),
    async createWorkerPool(poolOptions) {
      context.pools.push(poolOptions);
      const { config } = decodeServerSettings(poolOptions.settings);
      return { kill: () => void context.calls.push("kill"), ...fakeServer(config, context, options) };
    },
    async createApi(apiOptions) {
      context.apis.push(apiOptions);
      return fakeApi(context, options.api);
    },
    readDemoClip() {
      if (options.clip === undefined) throw new Error("no such file");
      return options.clip;
    },
    onSignal(name, listener) {
      listeners.set(name, listener);
      return () => listeners.delete(name);
    },
    signal(name) {
      const listener = listeners.get(name);
      ok(listener !== undefined, `nobody listens to ${name}`);
      listener();
    },
  };
  return context;
}

function fakeServer(
  serverOptions: Pick<MediaServerOptions, "listen">,
  context: FakeContext,
  options: FakeContextOptions,
): RunnableServer {
  const { start, ...server } = options.server ?? {};
  return {
    async start() {
      context.calls.push("start");
      await start?.();
      void setImmediate().then(() => options.onStart?.(context));
    },
    listeners: (serverOptions.listen ?? []).map(({ host, port, accept }) => {
      return { protocol: "rtmp", host, port, accepts: accept ?? RTMP_SCHEMES };
    }),
    async reload() {
      context.calls.push("reload");
    },
    async drain() {
      context.calls.push("drain");
    },
    async stop() {
      context.calls.push("stop");
    },
    ...server,
  };
}

function fakeApi(context: FakeContext, api: Partial<ApiServer> = {}): ApiServer {
  return {
    async start() {
      context.calls.push("start API");
    },
    address: { host: "127.0.0.1", port: 8081 },
    url: "http://127.0.0.1:8081/",
    setToken: (token) => void context.calls.push(`token ${token}`),
    stop: () => void context.calls.push("stop API"),
    ...api,
  };
}

async function nobody(): Promise<never> {
  throw new Error("nobody is there");
}
