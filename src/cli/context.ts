import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { styleText } from "node:util";
import type { ApiServer } from "../api/api-server.ts";
import type { ApiServerOptions } from "../api/options.ts";
import type { ConfigDisk } from "../server/config-files.ts";
import type { MediaServer } from "../server/media-server.ts";
import type { MediaServerOptions } from "../server/options.ts";
import type { ServerMonitor } from "../server/snapshots.ts";
import type { HttpRoute } from "../transport/http-route.ts";
import { workerCountOf } from "../workers/worker-count.ts";
import type { WorkerPoolOptions } from "../workers/worker-pool.ts";
import type { ClientFunctions } from "./client-functions.ts";
import { type Clock, systemClock } from "./publish-loop.ts";
import type { NetworkAddress } from "./server-urls.ts";

/** Standard output or standard error. */
export type Output = {
  readonly isTTY: boolean;
  /** Whether the reader wants colours: a terminal without NO_COLOR. */
  readonly hasColors: boolean;
  write(text: string): void;
};

/** Where media goes that is for another program. */
export type ByteOutput = {
  /** Resolves when it has been taken. Rejects, with the code EPIPE, when nobody reads any more. */
  write(bytes: Uint8Array): Promise<void>;
};

/** Emphasis for a terminal; returns the text as it is where colours are not wanted. */
export type Style = (format: "bold" | "cyan" | "dim", text: string) => string;

/** What the commands need from outside: the process for users, fakes for tests. */
export type CommandContext = ConfigDisk & {
  readonly version: string;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Standard input, to be read once. */
  readonly standardInput: AsyncIterable<Uint8Array>;
  /** Standard output, for bytes. */
  readonly byteOutput: ByteOutput;
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string | undefined>>;
  networkAddresses(): readonly NetworkAddress[];
  /** `auto`: one for each core. */
  workerCountOf(workers: number | "auto"): number;
  createServer(options: MediaServerOptions): Promise<RunnableServer>;
  /** A server in several processes; each is `millrace` again, and finds its settings with its supervisor. */
  createWorkerPool(options: Omit<WorkerPoolOptions, "program">): Promise<RunnableServer>;
  /** The dashboard and the API of a server; not started yet. */
  createApi(options: Omit<ApiServerOptions, "dashboardFolder">): Promise<ApiServer>;
  /** The FLV file that `millrace demo` publishes. */
  readDemoClip(): Uint8Array;
  /** Loads the client library: what follows takes no longer than the network. */
  loadClient(): Promise<ClientFunctions>;
  /** Calls `listener` for each signal of that name. Returns a function that stops it. */
  onSignal(name: SignalName, listener: () => void): () => void;
};

/** What the commands use of a server. */
export type RunnableServer = Pick<MediaServer, "start" | "listeners" | "reload" | "drain" | "stop"> & {
  /** What the dashboard and the API show and do; absent: there are none. */
  readonly monitor?: ServerMonitor;
  /** What plays broadcasts by HTTP, where it is in this process. */
  readonly media?: HttpRoute;
  /** The newest keyframe of a broadcast as an MP4 file, where it is in this process. */
  picture?(broadcast: string): Promise<Uint8Array | undefined>;
  /** Where there is more to end than this process. */
  kill?(): void;
};

export type SignalName = "SIGINT" | "SIGTERM" | "SIGHUP";

/** The same two levels up from src/cli and dist/cli. */
const PROGRAM = new URL("../../bin/millrace.js", import.meta.url);

/** The context of this process. */
export function processContext(): CommandContext {
  return {
    version: readVersion(),
    stdout: outputOf(process.stdout),
    stderr: outputOf(process.stderr),
    standardInput: process.stdin,
    byteOutput: byteOutputOf(process.stdout),
    clock: systemClock,
    environment: process.env,
    readFile: (path) => readFileSync(path),
    checkCertificate: async (files) => {
      await (await import("../transport/certificate-files.ts")).loadTlsIdentity(files, {});
    },
    networkAddresses: () =>
      Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
        (addresses ?? []).map((address) => ({ name, ...address })),
      ),
    // Loaded when it is needed: help and version come at once.
    createServer: async (options) => (await import("../server/media-server.ts")).createMediaServer(options),
    workerCountOf,
    createWorkerPool: async (options) =>
      (await import("../workers/worker-pool.ts")).createWorkerPool({ ...options, program: PROGRAM }),
    createApi: async (options) => (await import("../api/api-server.ts")).createApiServer(options),
    readDemoClip: () => readFileSync(new URL("../../media/demo.flv", import.meta.url)),
    loadClient: () => import("../client/connect.ts"),
    onSignal(name, listener) {
      process.on(name, listener);
      return () => process.off(name, listener);
    },
  };
}

export function styleFor(output: Output): Style {
  return (format, text) => (output.hasColors ? styleText(format, text, { validateStream: false }) : text);
}

function outputOf(stream: NodeJS.WriteStream): Output {
  // Who reads the output may go away (`millrace serve | head -1`): the server goes on.
  stream.on("error", () => {});
  const isTTY = stream.isTTY === true;
  return {
    isTTY,
    hasColors: isTTY && stream.hasColors(),
    write: (text) => void stream.write(text),
  };
}

function byteOutputOf(stream: NodeJS.WriteStream): ByteOutput {
  return {
    write(bytes) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      stream.write(bytes, (error) => (error ? reject(error) : resolve()));
      return promise;
    },
  };
}

/** The same two levels up from src/cli and dist/cli. */
function readVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    readonly version: string;
  };
  return version;
}
