import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { markOperator } from "../server/operator-requests.ts";
import type { HttpRoute } from "../transport/http-route.ts";

/** Under which broadcasts play to the dashboard: `/media/app/key.flv`. */
const PREFIX = "/media/";

/** Media as another document: a browser that opens it runs nothing of it. */
const MEDIA_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'";

/** Hands requests on to the server's own routes, as those of an operator. */
export class MediaMount {
  readonly #route: HttpRoute | undefined;

  constructor(route: HttpRoute | undefined) {
    this.#route = route;
  }

  isUnder(path: string): boolean {
    return path.startsWith(PREFIX);
  }

  handle(request: IncomingMessage, response: ServerResponse, target: string): boolean {
    response.setHeader("Content-Security-Policy", MEDIA_POLICY);
    return this.#route?.handle?.(prepare(request, target), response) === true;
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Uint8Array, target: string): boolean {
    return this.#route?.upgrade?.(prepare(request, target), socket, head) === true;
  }
}

/** The route knows nothing of the prefix, and asks nobody who an operator is. */
function prepare(request: IncomingMessage, target: string): IncomingMessage {
  request.url = target.slice(PREFIX.length - 1);
  markOperator(request);
  return request;
}
