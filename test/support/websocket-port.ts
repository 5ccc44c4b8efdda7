import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { ByteStream } from "../../src/transport/byte-stream.ts";
import { type WebSocketServerOptions, WebSocketServerRoute } from "../../src/transport/websocket/websocket-server.ts";
import type { CleanUp } from "./peer-process.ts";

/** An HTTP port of 127.0.0.1 that takes WebSockets and nothing else; returns its number. */
export async function startWebSocketPort(
  owner: CleanUp,
  onStream: (stream: ByteStream) => void,
  options: Pick<WebSocketServerOptions, "allowedOrigins"> = {},
): Promise<number> {
  const route = new WebSocketServerRoute({ ...options, onStream, clientAddress });
  const server = createServer();
  server.on("upgrade", (request, socket, head) => {
    if (!route.upgrade(request, socket, head)) socket.destroy();
  });
  server.on("request", (_, response) => response.writeHead(404).end());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  owner.after(async () => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

function clientAddress({ socket }: IncomingMessage): string {
  return `${socket.remoteAddress}:${socket.remotePort}`;
}
