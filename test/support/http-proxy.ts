import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { CleanUp } from "./peer-process.ts";

export type HttpProxyOptions = {
  /** `user:password` that it wants. @default anybody may come */
  readonly credentials?: string;
  /** Where connections really go: names that no name server knows may be asked for. @default where they are meant to */
  readonly redirectTo?: { readonly host: string; readonly port: number };
};

export type RunningProxy = {
  /** `host:port`. */
  readonly address: string;
  /** Method and target of each request that was let in. */
  readonly requests: readonly string[];
  /** Ends it, with every connection that it carries. */
  stop(): Promise<void>;
};

/** An HTTP proxy that forwards requests in absolute form, and CONNECT. It ends with its test. */
export async function startHttpProxy(owner: CleanUp, options: HttpProxyOptions = {}): Promise<RunningProxy> {
  const requests: string[] = [];
  const sockets = new Set<Duplex>();
  const isLetIn = ({ method, url, headers }: IncomingMessage): boolean => {
    const wanted = options.credentials;
    const expected = wanted === undefined ? undefined : `Basic ${Buffer.from(wanted).toString("base64")}`;
    if (expected !== undefined && headers["proxy-authorization"] !== expected) return false;
    requests.push(`${method} ${url}`);
    return true;
  };
  const server = createServer((incoming, response) => {
    if (!isLetIn(incoming)) response.writeHead(407, { "Proxy-Authenticate": "Basic", "Content-Length": 0 }).end();
    else forward(incoming, response, options);
  });
  server.on("connection", (socket: Socket) => keep(sockets, socket));
  server.on("connect", (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (!isLetIn(incoming)) {
      socket.end("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n");
      return;
    }
    const { hostname, port } = new URL(`http://${incoming.url}`);
    const target = options.redirectTo ?? { host: hostname.replace(/^\[(.*)\]$/, "$1"), port: Number(port || 80) };
    const far = connect(target, () => {
      socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      far.write(head);
      socket.pipe(far).pipe(socket);
    });
    keep(sockets, far);
    far.on("close", () => socket.destroy());
    socket.on("close", () => far.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const stop = async (): Promise<void> => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  owner.after(stop);
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  return { address: `127.0.0.1:${address.port}`, requests, stop };
}

function forward(incoming: IncomingMessage, response: ServerResponse, { redirectTo }: HttpProxyOptions): void {
  const url = new URL(incoming.url ?? "");
  const { "proxy-authorization": _, connection: __, ...headers } = incoming.headers;
  const target = redirectTo ?? { host: url.hostname.replace(/^\[(.*)\]$/, "$1"), port: url.port || 80 };
  const outgoing = request(
    { ...target, method: incoming.method, path: url.pathname + url.search, headers },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    },
  );
  outgoing.on("error", () => response.destroy());
  incoming.pipe(outgoing);
}

function keep(sockets: Set<Duplex>, socket: Duplex): void {
  sockets.add(socket);
  socket.on("error", () => {});
  socket.on("close", () => sockets.delete(socket));
}
