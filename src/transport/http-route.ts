import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import type { Transport } from "./byte-stream.ts";
import { originOf } from "./socket-origin.ts";
import { isTransportTaken, type ListenerWay } from "./ways-in.ts";

/** One of the things that an HTTP port serves. */
export type HttpRoute = {
  /** Answers a request, or leaves it to the next route: false. */
  handle?(request: IncomingMessage, response: ServerResponse): boolean;
  /** True for a request that it takes, and whose body it looks after itself: `100 Continue`, and how long it may take. */
  ownsBody?(request: IncomingMessage): boolean;
  /** Takes over the socket of a request with `Upgrade`, or leaves it to the next route: false. */
  upgrade?(request: IncomingMessage, socket: Duplex, head: Uint8Array): boolean;
};

/** Several routes as one: the first that takes a request has it. */
export function firstOf(routes: readonly HttpRoute[]): HttpRoute {
  return {
    handle: (...asked) => routes.some((route) => route.handle?.(...asked) === true),
    ownsBody: (...asked) => routes.some((route) => route.ownsBody?.(...asked) === true),
    upgrade: (...asked) => routes.some((route) => route.upgrade?.(...asked) === true),
  };
}

/** The same route, which leaves alone what came in by a listener that does not take RTMP on its transport. */
export function routeWhereTaken(route: HttpRoute, plain: Transport, inTls: Transport): HttpRoute {
  return routeWhere(route, (accept, isInTls) => isTransportTaken(isInTls ? inTls : plain, accept));
}

/** The same route, which leaves alone what came in by a listener that does not take media by HTTP. */
export function routeWhereMediaTaken(route: HttpRoute): HttpRoute {
  return routeWhere(route, (accept, isInTls) => accept.has(isInTls ? "https" : "http"));
}

function routeWhere(
  route: HttpRoute,
  isWayTaken: (accept: ReadonlySet<ListenerWay>, isInTls: boolean) => boolean,
): HttpRoute {
  const isTaken = (socket: Duplex): boolean => {
    const origin = originOf(socket);
    return origin !== undefined && isWayTaken(origin.accept, socket instanceof TLSSocket);
  };
  return {
    ownsBody: (request) => isTaken(request.socket) && route.ownsBody?.(request) === true,
    handle: (request, response) => isTaken(request.socket) && route.handle?.(request, response) === true,
    upgrade: (request, socket, head) => isTaken(socket) && route.upgrade?.(request, socket, head) === true,
  };
}
