import { ALLOW, type ConnectionInfo } from "../../src/server/hooks.ts";
import { createMediaServer, type MediaServer } from "../../src/server/media-server.ts";
import type { ListenAddress, MediaServerOptions } from "../../src/server/options.ts";
import { socketStream } from "../../src/transport/socket-stream.ts";
import type { CleanUp } from "./peer-process.ts";
import { connectPeer, openPort } from "./port-client.ts";
import { RtmpPeer } from "./rtmp-peer.ts";

export type PortServerOptions = Omit<MediaServerOptions, "listen" | "log" | "hooks"> &
  Partial<Omit<ListenAddress, "port">>;

/** A server with one port of 127.0.0.1, which tells what happens at it. */
export type PortServer = {
  readonly server: MediaServer;
  readonly port: number;
  /** Of all warnings that have one, and what they say. */
  readonly codes: readonly string[];
  readonly messages: readonly string[];
  /** The next session that has ended and was not told of yet. */
  untilClosed(): Promise<{ readonly info: ConnectionInfo; readonly reason: string }>;
  /** Until so many warnings with that code stand in the log. */
  untilCode(code: string, count?: number): Promise<void>;
  /** Until so many lines with that message stand in the log. */
  untilMessage(message: string, count?: number): Promise<void>;
  /** Until a connection was refused for a limit. */
  untilRefused(): Promise<void>;
  /** A client that is connected and stays. */
  neighbour(owner: CleanUp): Promise<RtmpPeer>;
};

type Line = { readonly level: string; readonly message: string; readonly code: string | undefined };

const LIMIT_MS = 20_000;

export async function startPortServer(owner: CleanUp, options: PortServerOptions = {}): Promise<PortServer> {
  const { host = "127.0.0.1", accept, proxyProtocolFrom, forwardedFrom, ...serverOptions } = options;
  const lines: Line[] = [];
  const ended: { info: ConnectionInfo; reason: string }[] = [];
  const looks = new Set<() => void>();
  const look = (): void => {
    for (const each of looks) each();
  };
  const write =
    (level: string) =>
    (details: object, message: string): void => {
      lines.push({ level, message, code: "code" in details ? String(details.code) : undefined });
      look();
    };
  const listen: ListenAddress = {
    host,
    port: 0,
    ...(accept && { accept }),
    ...(proxyProtocolFrom && { proxyProtocolFrom }),
    ...(forwardedFrom && { forwardedFrom }),
  };
  const server = createMediaServer({
    ...serverOptions,
    listen: [listen],
    log: { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") },
    hooks: {
      onConnect: () => ALLOW,
      onClose(info, reason) {
        ended.push({ info, reason });
        look();
      },
    },
  });
  await server.start();
  owner.after(() => server.stop());
  const until = (what: string, isSo: () => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      const settle = (error?: Error): void => {
        clearTimeout(timer);
        looks.delete(tryIt);
        if (error === undefined) resolve();
        else reject(error);
      };
      const text = (): string =>
        lines.map(({ level, code = "", message }) => `  ${level} ${code} ${message}`).join("\n");
      const timer = setTimeout(() => settle(new Error(`no ${what} in ${LIMIT_MS} ms; the log:\n${text()}`)), LIMIT_MS);
      const tryIt = (): void => {
        if (lines.some(({ level }) => level === "error")) settle(new Error(`the server has a fault:\n${text()}`));
        else if (isSo()) settle();
      };
      looks.add(tryIt);
      tryIt();
    });
  const count = (isMeant: (line: Line) => boolean): number => lines.filter(isMeant).length;
  const port = server.listeners[0]?.port ?? 0;
  return {
    server,
    port,
    get codes() {
      return lines.flatMap(({ code }) => code ?? []);
    },
    get messages() {
      return lines.filter(({ code }) => code !== undefined).map(({ message }) => message);
    },
    async untilClosed() {
      await until("end of a session", () => ended.length > 0);
      const [first] = ended.splice(0, 1);
      return first ?? Promise.reject(new Error("no session has ended"));
    },
    untilCode: (code, least = 1) =>
      until(`${least} × ${code}`, () => count((line) => line.level === "warn" && line.code === code) >= least),
    untilMessage: (message, least = 1) =>
      until(`${least} × "${message}"`, () => count((line) => line.message === message) >= least),
    untilRefused: () => until("refusal", () => count((line) => line.message.startsWith("too many")) > 0),
    async neighbour(neighbourOwner) {
      const peer = new RtmpPeer(socketStream(await openPort(neighbourOwner, port)));
      await connectPeer(peer);
      return peer;
    },
  };
}
