import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import { WebSocketServer } from "ws";
import type { ByteStream } from "../byte-stream.ts";
import type { HttpRoute } from "../http-route.ts";
import { originOf, type SocketOrigin } from "../socket-origin.ts";
import { NodeWebSocketPort, WEBSOCKET_LIMITS } from "./node-websocket-port.ts";
import { WebSocketStream } from "./websocket-stream.ts";

/** Protocols that a client may offer: RTMP in a WebSocket has no registered one, and "binary" is websockify's: docs/interop.md. */
const SUBPROTOCOLS = ["rtmp", "binary"];

export type WebSocketServerOptions = {
  /** Takes each connection, and starts it; `origin` is undefined where no listener of ours accepted the socket. */
  onStream(stream: ByteStream, origin: SocketOrigin | undefined): void;
  /** `address:port` of whoever sent the request, behind the proxies that are believed. */
  clientAddress(request: IncomingMessage): string;
  /**
   * Web pages that may connect, as their `Origin`: `https://example.org`. Says nothing of clients that are no browsers.
   * @default all
   */
  readonly allowedOrigins?: readonly string[];
};

/** RTMP in WebSockets, at every path that no other route wants. */
export class WebSocketServerRoute implements HttpRoute {
  readonly #options: WebSocketServerOptions;
  readonly #server: WebSocketServer;

  constructor(options: WebSocketServerOptions) {
    this.#options = options;
    this.#server = new WebSocketServer({
      ...WEBSOCKET_LIMITS,
      noServer: true,
      clientTracking: false,
      handleProtocols: (offered) => SUBPROTOCOLS.find((name) => offered.has(name)) ?? false,
      verifyClient: ({ origin }, answer) => {
        if (this.#isAllowed(origin)) answer(true);
        else answer(false, 403, "This page may not connect here.");
      },
    });
  }

  /** False where a WebSocket is not what is asked for. A bad request is answered here. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Uint8Array): boolean {
    const isAsked = request.headers.upgrade?.toLowerCase() === "websocket";
    // By RFC 6455 section 4.2.1; ws does not look.
    if (!isAsked || request.httpVersion === "1.0") return false;
    const stream = this.open(request, socket, head, this.#options.clientAddress(request));
    if (stream !== undefined) this.#options.onStream(stream, originOf(socket));
    return true;
  }

  /** Makes a WebSocket of the socket for another route. Undefined for a bad request, which is answered here. */
  open(request: IncomingMessage, socket: Duplex, head: Uint8Array, remoteAddress: string): ByteStream | undefined {
    const transport = socket instanceof TLSSocket ? "wss" : "ws";
    let stream: ByteStream | undefined;
    // Called at once: nothing here waits for anything.
    this.#server.handleUpgrade(request, socket, Buffer.from(head), (webSocket) => {
      stream = new WebSocketStream(new NodeWebSocketPort(webSocket, socket), { transport, remoteAddress });
    });
    return stream;
  }

  /** Programs send no origin. */
  #isAllowed(origin: string | undefined): boolean {
    const { allowedOrigins } = this.#options;
    return allowedOrigins === undefined || origin === undefined || allowedOrigins.includes(origin);
  }
}
