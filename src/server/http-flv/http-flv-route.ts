import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { TOO_MANY_BROADCASTS } from "../../broadcast/refusals.ts";
import type { HttpRoute } from "../../transport/http-route.ts";
import type { ServerContext } from "../context.ts";
import { answerPreflight, corsHeaders, endWithText, isOriginAllowed } from "../http-replies.ts";
import { admitHttpPublisher, admitHttpViewer, type HttpRefusal } from "../http-viewers.ts";
import type { HttpFlvOptions } from "../options.ts";
import { type FlvCarrier, HttpCarrier, type OpenWebSocket, WebSocketCarrier } from "./flv-carrier.ts";
import { FlvPublisher, lingering } from "./flv-publisher.ts";
import { type FlvTarget, parseFlvTarget } from "./flv-target.ts";
import { FlvViewer } from "./flv-viewer.ts";

export type HttpFlvRouteOptions = HttpFlvOptions & {
  readonly allowedOrigins: readonly string[] | undefined;
  readonly openWebSocket: OpenWebSocket;
};

const CLOSED: HttpRefusal = { allow: false, status: 503, reason: "The server shuts down.", headers: {} };
const FORBIDDEN_PAGE = "This page may not do that: allowedOrigins does not name it.";

/** `/app/key.flv`: watched by `GET` and by WebSocket, published by `POST` and `PUT`. */
export class HttpFlvRoute implements HttpRoute {
  readonly #context: ServerContext;
  readonly #options: HttpFlvRouteOptions;
  #isClosed = false;

  constructor(context: ServerContext, options: HttpFlvRouteOptions) {
    this.#context = context;
    this.#options = options;
  }

  ownsBody(request: IncomingMessage): boolean {
    return isPublish(request) && this.#options.publish && parseFlvTarget(request.url ?? "") !== undefined;
  }

  handle(request: IncomingMessage, response: ServerResponse): boolean {
    const target = parseFlvTarget(request.url ?? "");
    if (target === undefined) return false;
    response.on("error", () => {});
    const cors = corsHeaders(request, this.#options.allowedOrigins);
    switch (request.method) {
      case "GET":
      case "HEAD":
        request.resume();
        void this.#play(request, target, new HttpCarrier(request, response, cors));
        break;
      case "OPTIONS":
        answerPreflight(response, cors, this.#methods);
        break;
      default:
        if (isPublish(request) && this.#options.publish) void this.#publish(request, response, target, cors);
        else this.#refuseMethod(request, response);
    }
    return true;
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Uint8Array): boolean {
    const target = parseFlvTarget(request.url ?? "");
    const isAsked = request.headers.upgrade?.toLowerCase() === "websocket" && request.method === "GET";
    // By RFC 6455 section 4.2.1; ws does not look.
    if (target === undefined || !isAsked || request.httpVersion === "1.0") return false;
    const carrier = new WebSocketCarrier(request, socket, head, this.#options.openWebSocket);
    if (isOriginAllowed(request, this.#options.allowedOrigins)) void this.#play(request, target, carrier, "ws-flv");
    else carrier.refuse(403, FORBIDDEN_PAGE);
    return true;
  }

  /** Lets nobody in any more. */
  close(): void {
    this.#isClosed = true;
  }

  /** Never rejects. */
  async #play(
    request: IncomingMessage,
    target: FlvTarget,
    carrier: FlvCarrier,
    protocol: "http-flv" | "ws-flv" = "http-flv",
  ): Promise<void> {
    if (!target.wantsAudio && !target.wantsVideo) {
      return carrier.refuse(400, "Nothing is left to play with audio=0 and video=0.");
    }
    let isGone = false;
    carrier.onGone(() => {
      isGone = true;
    });
    const { path, query } = target;
    const client = this.#isClosed ? CLOSED : await admitHttpViewer(this.#context, { request, protocol, path, query });
    if (!client.allow) return carrier.refuse(client.status, client.reason, client.headers);
    const context = this.#context;
    const isHead = request.method === "HEAD";
    const broadcast = isHead
      ? context.directory.get(client.broadcastName)
      : context.directory.open(client.broadcastName, "watch");
    if (isGone || this.#isClosed) {
      client.left(isGone ? "the client left" : "the server shuts down");
      carrier.refuse(503, "The server shuts down.");
    } else if (isHead && carrier instanceof HttpCarrier) {
      client.left("the client asked for the head only");
      if (broadcast !== undefined && broadcast.state !== "idle") carrier.answerHead();
      else carrier.refuse(404, "Nobody publishes this broadcast now.", { "Retry-After": "5" });
    } else if (broadcast === undefined) {
      client.refused(TOO_MANY_BROADCASTS);
      carrier.refuse(503, TOO_MANY_BROADCASTS);
    } else {
      const { waitMs } = this.#options;
      new FlvViewer({ context, client, protocol, target, carrier, broadcast, waitMs }).start();
    }
  }

  /** Never rejects. */
  async #publish(
    request: IncomingMessage,
    response: ServerResponse,
    { path, query }: FlvTarget,
    cors: Readonly<Record<string, string>>,
  ): Promise<void> {
    for (const [name, value] of Object.entries(cors)) response.setHeader(name, value);
    if (!isOriginAllowed(request, this.#options.allowedOrigins)) {
      return lingering(request, response, 403, FORBIDDEN_PAGE);
    }
    const wish = { request, protocol: "http-flv", path, query } as const;
    const client = this.#isClosed ? CLOSED : await admitHttpPublisher(this.#context, wish);
    if (!client.allow) {
      for (const [name, value] of Object.entries(client.headers)) response.setHeader(name, value);
      return lingering(request, response, client.status, client.reason);
    }
    if (response.destroyed || this.#isClosed) {
      client.left(response.destroyed ? "the client left" : "the server shuts down");
      return lingering(request, response, 503, "The server shuts down.");
    }
    await new FlvPublisher(this.#context, client, request, response).start();
  }

  get #methods(): string {
    return this.#options.publish ? "GET, HEAD, OPTIONS, POST, PUT" : "GET, HEAD, OPTIONS";
  }

  #refuseMethod(request: IncomingMessage, response: ServerResponse): void {
    request.resume();
    endWithText(response, 405, `This address takes ${this.#methods}.`, { Allow: this.#methods, Connection: "close" });
  }
}

function isPublish({ method }: IncomingMessage): boolean {
  return method === "POST" || method === "PUT";
}
