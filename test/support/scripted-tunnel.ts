import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { Socket } from "node:net";
import type { Certificate } from "./certificates.ts";
import type { CleanUp } from "./peer-process.ts";

/** A request that the test answers. */
export type ScriptedRequest = {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Uint8Array;
  readonly response: ServerResponse;
  readonly socket: Socket;
  /** Which connection it came on, from 1. */
  readonly connection: number;
  /** 200, with its length. */
  answer(body: Uint8Array | string): void;
};

export type ScriptedTunnel = {
  readonly port: number;
  /** The next request, whole; rejects when two are under way at a time. */
  next(): Promise<ScriptedRequest>;
  /** Connections that are open now. */
  readonly open: ReadonlySet<Socket>;
  /** Resolves when the last connection is closed. */
  untilClosed(): Promise<void>;
};

/** An HTTP server of which the test gives every answer. It ends with its test. */
export async function startScriptedTunnel(owner: CleanUp, certificate?: Certificate): Promise<ScriptedTunnel> {
  const requests: ScriptedRequest[] = [];
  const open = new Set<Socket>();
  const numbers = new WeakMap<Socket, number>();
  const looks = new Set<() => void>();
  let connections = 0;
  let pending = 0;
  let overlapped: string | undefined;
  const look = (): void => looks.forEach((each) => void each());
  const onRequest = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (++pending > 1) overlapped = `${incoming.url} came before the answer to another request`;
    response.once("close", () => pending--);
    const parts: Uint8Array[] = [];
    for await (const part of incoming) parts.push(part as Uint8Array);
    const { method = "", url = "", headers, socket } = incoming;
    requests.push({
      method,
      url,
      headers,
      body: Uint8Array.from(Buffer.concat(parts)),
      response,
      socket,
      connection: numbers.get(socket) ?? 0,
      answer: (body) => void response.writeHead(200, { "Content-Length": body.length }).end(body),
    });
    look();
  };
  const listener = (incoming: IncomingMessage, response: ServerResponse): void => {
    onRequest(incoming, response).catch(() => {}); // the client is gone
  };
  const server = certificate === undefined ? createServer(listener) : createSecureServer(certificate, listener);
  server.on(certificate === undefined ? "connection" : "secureConnection", (socket: Socket) => {
    numbers.set(socket, ++connections);
    open.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => {
      open.delete(socket);
      look();
    });
  });
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  owner.after(async () => {
    server.close();
    server.closeAllConnections();
  });
  const until = (condition: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const check = (): void => {
        if (!condition()) return;
        looks.delete(check);
        resolve();
      };
      looks.add(check);
      check();
    });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return {
    port: address.port,
    open,
    untilClosed: () => until(() => open.size === 0),
    async next(): Promise<ScriptedRequest> {
      await until(() => requests.length > 0);
      const request = requests.shift();
      if (overlapped !== undefined) throw new Error(overlapped);
      if (request === undefined) throw new Error("somebody else took the request");
      return request;
    },
  };
}
