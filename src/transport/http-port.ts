import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import { ProtocolError } from "../errors.ts";
import type { HttpRoute } from "./http-route.ts";
import { isTakenOver } from "./http-takeover.ts";
import { RequestDeadlines } from "./request-deadlines.ts";
import { originOf, type SocketOrigin, setOrigin } from "./socket-origin.ts";
import { remoteAddressOf } from "./socket-stream.ts";

export type HttpPortOptions = {
  /** Asked in turn: the first that takes a request has it. */
  readonly routes: readonly HttpRoute[];
  /** For one request, from its first byte to its last. */
  readonly requestMs: number;
  /** How much longer a body may take, because a route reads none of it for so long: that is not the client's fault. @default 0 */
  readonly holdMs?: number;
  /** How long a connection may stay open between two requests, or with an answer that is not read. */
  readonly idleMs: number;
  /** Told of each connection that is closed for what it sent, or did not send in time. */
  onRefused(remoteAddress: string, error: ProtocolError): void;
};

/** The line of a request and its headers. */
const MAX_HEADER_BYTES = 16 * 1024;
/**
 * Requests of one connection that wait for their answers. librtmp asks on without waiting, and 64 KiB, which is what
 * comes in one read, hold some 300 of its requests; of the shortest there are more than five times as many.
 */
export const MAX_WAITING_REQUESTS = 512;
/** How often requests that take too long are looked for. */
const CHECK_MS = 500;

/** HTTP/1.1 on sockets that a listener has accepted: it never listens itself. */
export class HttpPort {
  readonly #options: HttpPortOptions;
  readonly #server: Server;
  readonly #deadlines: RequestDeadlines;
  /** How many requests of each connection wait. */
  readonly #waiting = new WeakMap<Socket, number>();
  /** By a timer, which keeps the port from being collected until it is closed. */
  #looksForSlowRequests = false;

  constructor(options: HttpPortOptions) {
    const { requestMs, holdMs = 0, idleMs } = options;
    this.#options = options;
    const server = createServer({
      headersTimeout: requestMs,
      // Some bodies may take for ever, which Node cannot be told.
      requestTimeout: 0,
      connectionsCheckingInterval: Math.min(CHECK_MS, requestMs),
      keepAliveTimeout: idleMs,
      maxHeaderSize: MAX_HEADER_BYTES,
      insecureHTTPParser: false,
      noDelay: true,
    });
    // A connection of which nothing is read is no idle one.
    server.timeout = Math.max(idleMs, holdMs);
    this.#deadlines = new RequestDeadlines(requestMs + holdMs, Math.min(CHECK_MS, requestMs), (socket) =>
      this.#refuse(Object.assign(new Error(), { code: "ERR_HTTP_REQUEST_TIMEOUT" }), socket),
    );
    server.on("request", (request, response) => this.#answer(request, response));
    server.on("checkContinue", (request, response) => {
      if (!this.#isBodyOwned(request)) response.writeContinue();
      this.#answer(request, response);
    });
    server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
    server.on("connect", (_request, socket) => this.#refuseConnect(socket));
    server.on("clientError", (error, socket) => this.#refuse(error, socket));
    this.#server = server;
  }

  /** Takes over a socket, plain or inside TLS, of which nothing is read yet. */
  serve(socket: Socket, origin: SocketOrigin): void {
    setOrigin(socket, origin);
    if (!this.#looksForSlowRequests) {
      this.#looksForSlowRequests = true;
      // Node begins with that when a server listens, and this one never does.
      this.#server.emit("listening");
    }
    this.#server.emit("connection", socket);
    // Else Node's parser reads from below TLS, where a pause does not hold up records that are decrypted already: it takes
    // them for malformed. A listener makes it read from the socket itself.
    if (socket instanceof TLSSocket) socket.on("data", () => {});
  }

  /** Looks after time-outs no more; open sockets are left to whoever accepted them. */
  close(): void {
    this.#server.close();
    this.#deadlines.close();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    // Node hands on all that came in one read, whatever was decided meanwhile.
    if (socket.destroyed || !this.#countWaiting(socket, response)) return;
    // It was told that its connection has this one answer.
    if (isTakenOver(socket)) return void socket.destroy();
    if (hasBody(request) && !this.#isBodyOwned(request)) this.#deadlines.begin(request);
    if (this.#options.routes.some((route) => route.handle?.(request, response))) return;
    // Nobody waits for a body that nobody reads.
    if (hasBody(request)) response.setHeader("Connection", "close");
    if (request.method === "OPTIONS") {
      response.writeHead(204, { Allow: "GET, HEAD, OPTIONS, POST" }).end();
      return;
    }
    const text = nothingHere(request);
    response.writeHead(404, {
      "Content-Type": "text/plain; charset=utf-8",
      "Content-Length": Buffer.byteLength(text),
      "X-Content-Type-Options": "nosniff",
    });
    response.end(text);
  }

  #isBodyOwned(request: IncomingMessage): boolean {
    return this.#options.routes.some((route) => route.ownsBody?.(request) === true);
  }

  /** False when there are too many: their connection is closed. */
  #countWaiting(socket: Socket, response: ServerResponse): boolean {
    const count = (this.#waiting.get(socket) ?? 0) + 1;
    if (count > MAX_WAITING_REQUESTS) {
      this.#tell(
        socket,
        new ProtocolError("http.request", `more than ${MAX_WAITING_REQUESTS} requests wait for answers`),
      );
      socket.destroy();
      return false;
    }
    this.#waiting.set(socket, count);
    response.once("close", () => this.#waiting.set(socket, (this.#waiting.get(socket) ?? 1) - 1));
    return true;
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Uint8Array): void {
    // Node took its own listener away; an error without one would end the process.
    socket.on("error", () => {});
    const isTaken = this.#options.routes.some((route) => route.upgrade?.(request, socket, head));
    if (isTaken && !socket.writableEnded) return;
    const what = isTaken ? "is no good request for a WebSocket" : "asks for an upgrade that is not made here";
    this.#tell(socket, new ProtocolError("http.request", `the HTTP request ${what}`));
    if (!isTaken) endWith(socket, 404, nothingHere(request));
  }

  /** What the parser refuses, and what takes too long. A connection that broke is its route's business. */
  #refuse(error: Error & { readonly code?: string; readonly reason?: string }, socket: Duplex): void {
    const { code = "" } = error;
    const isLate = code === "ERR_HTTP_REQUEST_TIMEOUT";
    const isMalformed = code.startsWith("HPE_");
    // TLS broke: nothing can be said to the client any more.
    if (error instanceof ProtocolError) this.#tell(socket, error);
    if ((!isLate && !isMalformed) || isTakenOver(socket)) return void socket.destroy();
    const refusal = isLate
      ? new ProtocolError("timeout.request", `an HTTP request was not whole within ${this.#options.requestMs} ms`)
      : new ProtocolError("http.request", `the HTTP request cannot be read: ${error.reason ?? error.message}`);
    this.#end(socket, isLate ? 408 : code === "HPE_HEADER_OVERFLOW" ? 431 : 400, refusal);
  }

  /** Node would close without a word: here is no way on to elsewhere. */
  #refuseConnect(socket: Duplex): void {
    // Node took its own listener away; an error without one would end the process.
    socket.on("error", () => {});
    this.#end(socket, 405, new ProtocolError("http.request", "the client asks by CONNECT for a way to another server"));
  }

  #end(socket: Duplex, status: number, refusal: ProtocolError): void {
    this.#tell(socket, refusal);
    endWith(socket, status, `${refusal.message}\n`);
  }

  #tell(socket: Duplex, refusal: ProtocolError): void {
    const address = originOf(socket)?.remoteAddress ?? remoteAddressOf(socket as Socket);
    this.#options.onRefused(address, refusal);
  }
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

/** The last answer on a connection, without the help of Node's parser. */
function endWith(socket: Duplex, status: number, text: string): void {
  if (!socket.writable) return void socket.destroy();
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`,
    "Connection: close",
    "Content-Type: text/plain; charset=utf-8",
    "X-Content-Type-Options: nosniff",
    `Content-Length: ${Buffer.byteLength(text)}`,
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${text}`);
  // Nothing that still comes is read: a sender that goes on must not hold the socket.
  socket.once("finish", () => socket.destroy());
}

/** Says which addresses work here instead, without repeating anything of the request. */
function nothingHere({ socket }: IncomingMessage): string {
  const accept = originOf(socket)?.accept ?? [];
  const urls = Array.from(accept, (way) => {
    const suffix = way === "http" || way === "https" ? ".flv" : "";
    return `  ${way}://HOST:${socket.localPort ?? "PORT"}/APP/KEY${suffix}\n`;
  });
  return `This is an RTMP media server, and there is nothing at this address.\nPublish to, or play, one of:\n${urls.join("")}`;
}
