import { monitorEventLoopDelay } from "node:perf_hooks";
import { createMediaServer } from "../../src/server/media-server.ts";
import type { ListenAddress, MediaServerOptions } from "../../src/server/options.ts";

/** What the test sends to the process of the server. */
export type ServerRequest =
  | { readonly kind: "start"; readonly options: HostileServerOptions }
  | { readonly kind: "measure" };

export type HostileServerOptions = Omit<MediaServerOptions, "log" | "hooks" | "listen"> &
  Omit<ListenAddress, "host" | "port">;

/** What it answers, and its log. */
export type ServerReport =
  | { readonly kind: "started"; readonly port: number }
  | { readonly kind: "measured"; readonly measurement: Measurement }
  | { readonly kind: "log"; readonly line: LogLine };

export type Measurement = {
  /** Heap and buffers after garbage collection. */
  readonly heldBytes: number;
  readonly connections: number;
  /** TCP connections, whatever they carry. */
  readonly sockets: number;
  readonly broadcasts: number;
  /** Of the logs of all broadcasts. */
  readonly logBytes: number;
  /** For how long everything stood still since the last measurement, at most. */
  readonly longestPauseMs: number;
};

export type LogLine = {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
  readonly code: string;
  readonly reason: string;
  /** Characters of the whole line. */
  readonly length: number;
};

const never = (): Promise<never> => new Promise(() => {});

function send(report: ServerReport): void {
  process.send?.(report);
}

const write = (level: LogLine["level"]) => (details: object, message: string) => {
  // One line for each command: too many for the test to hear of.
  if (message === "playing" || message === "publishing") return;
  const { code = "", reason = "" } = { ...details } as { code?: string; reason?: string };
  const length = JSON.stringify(details).length + message.length;
  send({ kind: "log", line: { level, message, code, reason: reason.slice(0, 300), length } });
};

let server = createMediaServer();

/** Listeners that pile up on one socket are a leak that Node tells of. */
process.on("warning", ({ name, message }) => {
  if (name === "MaxListenersExceededWarning") write("error")({ reason: message }, "a warning of Node");
});

const loopDelay = monitorEventLoopDelay({ resolution: 2 });
loopDelay.enable();

async function start(given: HostileServerOptions): Promise<void> {
  const { accept, proxyProtocolFrom, forwardedFrom, ...options } = given;
  server = createMediaServer({
    ...options,
    listen: [
      {
        host: "127.0.0.1",
        port: 0,
        ...(accept && { accept }),
        ...(proxyProtocolFrom && { proxyProtocolFrom }),
        ...(forwardedFrom && { forwardedFrom }),
      },
    ],
    log: { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") },
    // Whoever names them so waits for ever.
    hooks: {
      onConnect: ({ app }) => (app === "unanswered" ? never() : { allow: true }),
      onPublish: ({ streamKey }) => (streamKey === "unanswered" ? never() : { allow: true }),
      onPlay: ({ streamKey }) => (streamKey === "unanswered" ? never() : { allow: true }),
    },
  });
  await server.start();
  send({ kind: "started", port: server.listeners[0]?.port ?? 0 });
}

async function measure(): Promise<void> {
  const longestPauseMs = Math.round(loopDelay.max / 1e6);
  for (let round = 0; round < 4; round++) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  const broadcasts = [...server.broadcasts];
  send({
    kind: "measured",
    measurement: {
      heldBytes: heapUsed + external,
      connections: server.connectionCount,
      sockets: process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length,
      broadcasts: broadcasts.length,
      logBytes: broadcasts.reduce((sum, { heldBytes }) => sum + heldBytes, 0),
      longestPauseMs,
    },
  });
  // What collecting the garbage took is not the server's.
  loopDelay.reset();
}

process.on("message", (request: ServerRequest) => {
  const work = request.kind === "start" ? start(request.options) : measure();
  work.catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
process.once("disconnect", () => process.exit());
