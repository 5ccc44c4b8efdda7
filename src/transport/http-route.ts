import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import type { Transport } from "./byte-stream.ts";
import { originOf } from "./socket-origin.ts";
import { isTransportTaken } from "./ways-in.ts";

/** One of the things that an HTTP port serves. */
export type HttpRoute = {
  /** Answers a request, or leaves it to the next route: false. */
  handle?(request: IncomingMessage, response: ServerResponse): boolean;
  /** Takes over the socket of a request with `Upgrade`, or leaves it to the next route: false. */
  upgrade?(request: IncomingMessage, socket: Duplex, head: Uint8Array): boolean;
};

/** The same route, which leaves alone what came in by a listener that does not take its transport. */
export function routeWhereTaken(route: HttpRoute, plain: Transport, inTls: Transport): HttpRoute {
  const isTaken = (socket: Duplex): boolean => {
    const origin = originOf(socket);
    return origin !== undefined && isTransportTaken(socket instanceof TLSSocket ? inTls : plain, origin.accept);
  };
  return {
    handle: (request, response) => isTaken(request.socket) && route.handle?.(request, response) === true,
    upgrade: (request, socket, head) => isTaken(socket) && route.upgrade?.(request, socket, head) === true,
  };
}
