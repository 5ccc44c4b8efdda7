import type { IncomingMessage, ServerResponse } from "node:http";
import { TLSSocket } from "node:tls";
import type { ProtocolError } from "../../errors.ts";
import type { ByteStream } from "../byte-stream.ts";
import type { HttpRoute } from "../http-route.ts";
import { HttpExchange } from "./http-exchange.ts";
import { RtmptSession } from "./rtmpt-session.ts";
import { createSessionId } from "./session-id.ts";
import { parseTunnelTarget, type TunnelTarget } from "./tunnel-target.ts";

export type RtmptServerOptions = {
  readonly limits: {
    readonly maxTunnels: number;
    /** The body of one request. */
    readonly maxTunnelBodyBytes: number;
    /** Bodies of one session that wait for an earlier one, or for the server. */
    readonly maxTunnelPendingBytes: number;
  };
  readonly timeouts: {
    /** A session without any request. */
    readonly tunnelMs: number;
    /** The body of one request. */
    readonly requestMs: number;
  };
  /** Takes a new session: starts it at once, or destroys it, which refuses the client. `request` is the one that opened it. */
  onStream(stream: ByteStream, request: IncomingMessage): void;
  /** `address:port` of the client, IPv6 in brackets. */
  clientAddress(request: IncomingMessage): string;
  /** What clients are told that ask for the name of this server, where several stand behind one address. @default nothing, by 404 */
  readonly publicHost?: string;
  /** Which of several processes this is, counting from 1: ids of sessions say so. */
  readonly worker?: number;
  /** The time in milliseconds from any start. @default performance.now() */
  nowMs?(): number;
  readonly log?: { warn(details: object, message: string): void };
};

/**
 * RTMPT: the bytes of an RTMP connection in the bodies of HTTP requests and their answers. RTMPTE is the same, as RTMPE
 * is a matter of those bytes; RTMPTS too, on a port with TLS.
 */
export class RtmptServer implements HttpRoute {
  readonly #options: RtmptServerOptions;
  readonly #nowMs: () => number;
  readonly #sessions = new Map<string, RtmptSession>();
  /** Those whose bodies are not complete. */
  readonly #receiving = new Set<HttpExchange>();
  #isClosed = false;

  constructor(options: RtmptServerOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? (() => performance.now());
  }

  /** Sessions that are open, or keep their last words for their clients. */
  get sessionCount(): number {
    return this.#sessions.size;
  }

  handle(request: IncomingMessage, response: ServerResponse): boolean {
    const target = parseTunnelTarget(request.url ?? "");
    if (target === undefined) return false;
    const { maxTunnelBodyBytes: maxBodyBytes } = this.#options.limits;
    const exchange = new HttpExchange(request, response, {
      maxBodyBytes,
      nowMs: this.#nowMs(),
      receiving: this.#receiving,
      onRefused: (error) => this.#warn(request, error),
    });
    this.#dispatch(request, exchange, request.method === "POST" ? target : WRONG_METHOD);
    return true;
  }

  /** Does what is due by time. Call about twice a second. */
  tick(nowMs: number): void {
    for (const exchange of this.#receiving) exchange.tick(nowMs, this.#options.timeouts.requestMs);
    for (const session of this.#sessions.values()) session.tick(nowMs);
  }

  /** Ends every session at once, and opens no more. */
  close(): void {
    this.#isClosed = true;
    for (const session of this.#sessions.values()) session.destroy();
  }

  #dispatch(request: IncomingMessage, exchange: HttpExchange, target: TunnelTarget | typeof WRONG_METHOD): void {
    switch (target.kind) {
      case "send":
      case "idle":
      case "close": {
        const session = this.#sessions.get(target.sessionId);
        if (session === undefined) return whenWhole(exchange, () => exchange.refuse(404, "there is no such session"));
        return session.request(target.kind, target.sequence, exchange);
      }
      case "open":
        return whenWhole(exchange, () => this.#open(request, exchange));
      case "ident":
        return whenWhole(exchange, () => this.#identify(exchange));
      case "malformed":
        return whenWhole(exchange, () => exchange.refuse(400, "this is no path of RTMPT"));
      case "wrong-method":
        return whenWhole(exchange, () => exchange.refuse(405, "RTMPT needs POST"));
    }
  }

  #warn(request: IncomingMessage, { code, remedy, message }: ProtocolError): void {
    const { clientAddress, log } = this.#options;
    log?.warn({ remote: clientAddress(request), code, remedy }, message);
  }

  /** Flash and others go on with the address that they asked first, when they get an error here. */
  #identify(exchange: HttpExchange): void {
    const { publicHost } = this.#options;
    if (publicHost === undefined) exchange.refuse(404, "");
    else exchange.answer(Buffer.from(publicHost));
  }

  #open(request: IncomingMessage, exchange: HttpExchange): void {
    const { limits, timeouts, clientAddress, onStream, log } = this.#options;
    const remoteAddress = clientAddress(request);
    if (this.#isClosed) return exchange.refuse(503, "the server shuts down");
    if (this.#sessions.size >= limits.maxTunnels) {
      log?.warn({ remote: remoteAddress, limit: limits.maxTunnels }, "too many tunnels: one was refused");
      return exchange.refuse(503, "too many sessions");
    }
    const id = createSessionId(this.#options.worker);
    const session = new RtmptSession({
      remoteAddress,
      isSecure: request.socket instanceof TLSSocket,
      maxPendingBytes: limits.maxTunnelPendingBytes,
      timeoutMs: timeouts.tunnelMs,
      nowMs: this.#nowMs,
      onOver: () => this.#sessions.delete(id),
    });
    this.#sessions.set(id, session);
    onStream(session, request);
    if (session.isOver) return exchange.refuse(503, "the server takes no more connections");
    // librtmp drops the last byte without a look, so there has to be one: docs/interop.md.
    exchange.answer(Buffer.from(`${id}\n`));
  }
}

const WRONG_METHOD = { kind: "wrong-method" } as const;

/** What the body says does not matter, but the next request stands behind it. */
function whenWhole(exchange: HttpExchange, act: () => void): void {
  exchange.receive({ onEnd: act });
}
