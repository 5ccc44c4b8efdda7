import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { WebSocket } from "ws";
import { formatAddress } from "../address.ts";
import type { ByteStream } from "../byte-stream.ts";
import { connectError } from "../network-errors.ts";
import type { RtmpUrl } from "../rtmp-url.ts";
import { NodeWebSocketPort, WEBSOCKET_LIMITS } from "./node-websocket-port.ts";
import { WebSocketStream } from "./websocket-stream.ts";
import { webSocketUrl } from "./websocket-url.ts";

/**
 * Opens a WebSocket on a connected socket: TCP for `ws://`, TLS for `wss://`, through a proxy or not. Asks for the app as
 * path, and for no subprotocol: ws, like browsers, takes no answer without one that was asked for. One step of a
 * connection: rejects with the signal's reason when that aborts, and otherwise with an error that says what to do.
 */
export function connectWebSocket(
  socket: Socket,
  url: RtmpUrl,
  { signal }: { readonly signal: AbortSignal },
): Promise<ByteStream> {
  return new Promise((resolve, reject) => {
    const fail = (reason: unknown): void => {
      signal.removeEventListener("abort", onAbort);
      socket.destroy();
      reject(reason);
    };
    const onAbort = (): void => fail(signal.reason);
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    // Asked for now: a destroyed socket has forgotten its peer.
    const remoteAddress = formatAddress(socket.remoteAddress ?? url.host, socket.remotePort ?? url.port);
    const webSocket = new WebSocket(webSocketUrl(url), { ...WEBSOCKET_LIMITS, createConnection: () => socket });
    // Stays after a failure, when one more error may come.
    const onError = (error: Error): void => fail(connectError(error, url.host, url.port));
    webSocket.on("error", onError);
    webSocket.once("unexpected-response", (_, response) => fail(connectError(refusal(response), url.host, url.port)));
    webSocket.once("open", () => {
      signal.removeEventListener("abort", onAbort);
      webSocket.off("error", onError);
      const transport = url.scheme === "wss" ? "wss" : "ws";
      resolve(new WebSocketStream(new NodeWebSocketPort(webSocket, socket), { transport, remoteAddress }));
    });
  });
}

function refusal({ statusCode, statusMessage }: IncomingMessage): Error {
  const status = `${statusCode} ${statusMessage}`.trimEnd();
  return new Error(`it answered ${status} where a WebSocket was asked for. Check the port and the path.`);
}
