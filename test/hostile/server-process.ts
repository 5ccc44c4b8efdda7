import { createMediaServer } from "../../src/server/media-server.ts";
import type { ListenAddress, MediaServerOptions } from "../../src/server/options.ts";

/** What the test sends to the process of the server. */
export type ServerRequest =
  | { readonly kind: "start"; readonly options: HostileServerOptions }
  | { readonly kind: "measure" };

export type HostileServerOptions = Omit<MediaServerOptions, "log" | "hooks" | "listen"> & Pick<ListenAddress, "accept">;

/** What it answers, and its log. */
export type ServerReport =
  | { readonly kind: "started"; readonly port: number }
  | { readonly kind: "measured"; readonly measurement: Measurement }
  | { readonly kind: "log"; readonly line: LogLine };

export type Measurement = {
  /** Heap and buffers after garbage collection. */
  readonly heldBytes: number;
  readonly connections: number;
  readonly broadcasts: number;
  /** Of the logs of all broadcasts. */
  readonly logBytes: number;
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

async function start({ accept, ...options }: HostileServerOptions): Promise<void> {
  server = createMediaServer({
    ...options,
    listen: [{ host: "127.0.0.1", port: 0, ...(accept && { accept }) }],
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
      broadcasts: broadcasts.length,
      logBytes: broadcasts.reduce((sum, { heldBytes }) => sum + heldBytes, 0),
    },
  });
}

process.on("message", (request: ServerRequest) => {
  const work = request.kind === "start" ? start(request.options) : measure();
  work.catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
process.once("disconnect", () => process.exit());
