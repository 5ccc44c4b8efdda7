import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { ByteStream } from "./byte-stream.ts";
import { sendingStream } from "./socket-stream.ts";

const taken = new WeakSet<Duplex>();

/**
 * Answers a request with bytes until the connection ends: head and body are written by the owner of the stream, past Node's
 * HTTP, which still reads, so that it is known when the client goes. Undefined while earlier requests of the connection wait
 * for their answers, and where it is gone.
 */
export function takeOver(
  request: IncomingMessage,
  response: ServerResponse,
  remoteAddress: string,
): ByteStream | undefined {
  const { socket } = request;
  if (response.socket !== socket || response.headersSent || socket.destroyed) return undefined;
  taken.add(socket);
  // Node does not see what is written past its streams, and would take the connection for idle.
  socket.setTimeout(0);
  return sendingStream(socket, remoteAddress);
}

/** Nothing may be answered on it by anybody else. */
export function isTakenOver(socket: Duplex): boolean {
  return taken.has(socket);
}
