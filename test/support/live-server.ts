import { createMediaServer, type MediaServer } from "../../src/server/media-server.ts";
import type { ListenAddress, MediaServerOptions } from "../../src/server/options.ts";
import type { RtmpScheme } from "../../src/transport/rtmp-url.ts";
import type { CleanUp } from "./peer-process.ts";

/** One line of the server's log. */
export type LogLine = {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
};

/** A server on a free port of 127.0.0.1, whose log tells a test when something has happened. */
export type LiveServer = {
  readonly server: MediaServer;
  readonly port: number;
  /** Where a broadcast is published and played: "live/key" by rtmp unless told otherwise. */
  url(name?: string, scheme?: RtmpScheme): string;
  readonly lines: readonly LogLine[];
  /**
   * Resolves when the log holds `count` lines of that message, from its start on; rejects when time is up, or when the
   * server has written an error: it has a fault then.
   */
  until(message: string, count?: number, timeoutMs?: number): Promise<void>;
  /** The same for one line that says what of which broadcast. */
  untilOf(broadcast: string, message: string): Promise<void>;
};

/** The server stops at the end of the test, before the peers that were started after it. */
export async function startLiveServer(
  owner: CleanUp,
  options: Omit<MediaServerOptions, "listen" | "log"> & { readonly listener?: Partial<ListenAddress> } = {},
): Promise<LiveServer> {
  const { listener, ...others } = options;
  const lines: LogLine[] = [];
  const looks = new Set<() => void>();
  const write = (level: LogLine["level"]) => (details: object, message: string) => {
    lines.push({ level, message, details: { ...details } });
    for (const look of looks) look();
  };
  const log = { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
  const server = createMediaServer({ ...others, listen: [{ host: "127.0.0.1", port: 0, ...listener }], log });
  await server.start();
  owner.after(() => server.stop());
  const port = server.listeners[0]?.port ?? 0;
  const untilLines = (what: string, isMeant: (line: LogLine) => boolean, count = 1, timeoutMs = 20_000) =>
    new Promise<void>((resolve, reject) => {
      const settle = (error?: Error): void => {
        clearTimeout(timer);
        looks.delete(look);
        if (error === undefined) resolve();
        else reject(error);
      };
      const look = (): void => {
        if (lines.some(({ level }) => level === "error")) settle(new Error(`the server has a fault:\n${text(lines)}`));
        else if (lines.filter(isMeant).length >= count) settle();
      };
      const timer = setTimeout(
        () => settle(new Error(`no ${count} × ${what} in ${timeoutMs} ms; the log:\n${text(lines)}`)),
        timeoutMs,
      );
      // Nobody may wait any more for what it waits for; the server keeps a test alive.
      timer.unref();
      looks.add(look);
      look();
    });
  return {
    server,
    port,
    url: (name = "live/key", scheme = "rtmp") => `${scheme}://127.0.0.1:${port}/${name}`,
    lines,
    until: (message, count, timeoutMs) =>
      untilLines(`"${message}"`, (line) => line.message === message, count, timeoutMs),
    untilOf: (broadcast, message) =>
      untilLines(
        `"${message}" of ${broadcast}`,
        (line) => line.message === message && line.details["broadcast"] === broadcast,
      ),
  };
}

function text(lines: readonly LogLine[]): string {
  const plain = (_: string, value: unknown): unknown => (value instanceof Error ? value.stack : value);
  return lines
    .map(({ level, message, details }) => `  ${level} ${message} ${JSON.stringify(details, plain)}`)
    .join("\n");
}
