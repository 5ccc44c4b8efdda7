import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

/** One of the things that an HTTP port serves. */
export type HttpRoute = {
  /** Answers a request, or leaves it to the next route: false. */
  handle?(request: IncomingMessage, response: ServerResponse): boolean;
  /** Takes over the socket of a request with `Upgrade`, or leaves it to the next route: false. */
  upgrade?(request: IncomingMessage, socket: Duplex, head: Uint8Array): boolean;
};
