import { once } from "node:events";
import { connect as connectSocket, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { parseRtmpUrl, type RtmpScheme } from "../../src/transport/rtmp-url.ts";
import { socketStream } from "../../src/transport/socket-stream.ts";
import { connectWebSocket } from "../../src/transport/websocket/websocket-connect.ts";
import type { CleanUp } from "./peer-process.ts";
import { RtmpPeer, settle } from "./rtmp-peer.ts";

export type PortClientOptions = {
  /** Sent before anything else. */
  readonly prefix?: Uint8Array;
  /** Speak TLS behind that; the certificate is not checked unless asked for. */
  readonly tls?: ConnectionOptions;
};

/** A connection to a port of 127.0.0.1, on which nothing is said yet but what the options say. */
export async function openPort(owner: CleanUp, port: number, options: PortClientOptions = {}): Promise<Socket> {
  const { prefix, tls } = options;
  const socket = connectSocket({ port, host: "127.0.0.1", noDelay: true });
  let outermost = socket;
  socket.on("error", () => {});
  // Node dies of a socket that is destroyed before the TLS on it.
  owner.after(async () => void outermost.destroy());
  await once(socket, "connect");
  if (prefix !== undefined) socket.write(prefix);
  if (tls === undefined) return socket;
  const secure = connectTls({ socket, rejectUnauthorized: false, ...tls });
  outermost = secure;
  secure.on("error", () => {});
  await new Promise((resolve) => secure.once("secureConnect", resolve).once("close", resolve));
  return secure;
}

/** Comes in by this way, says what the server needs to know that a client is there, and goes. Rejects if it is not let in. */
export async function visit(socket: Socket, scheme: RtmpScheme): Promise<void> {
  switch (scheme) {
    case "rtmpt":
    case "rtmpts":
      return await visitTunnel(socket);
    case "ws":
    case "wss": {
      const target = parseRtmpUrl(`${scheme}://127.0.0.1/live/key`);
      return await visitRtmp(new RtmpPeer(await connectWebSocket(socket, target, new AbortController())));
    }
    default:
      return await visitRtmp(new RtmpPeer(socketStream(socket)));
  }
}

/** What a URL of this scheme needs of the connection. */
export function isInTls(scheme: RtmpScheme): boolean {
  return scheme === "rtmps" || scheme === "rtmpts" || scheme === "wss";
}

async function visitRtmp(peer: RtmpPeer): Promise<void> {
  await connectPeer(peer);
  peer.stream.destroy();
}

/** Resolves when the server has answered `connect`; rejects when it closes instead. */
export async function connectPeer(peer: RtmpPeer): Promise<void> {
  peer.connect("live");
  while (!peer.lines.includes("_result 1 NetConnection.Connect.Success")) {
    if (peer.lines.includes("closed")) throw new Error("the server closed the connection");
    await settle();
  }
}

async function visitTunnel(socket: Socket): Promise<void> {
  const [, id = ""] = /\r\n\r\n([0-9a-f]{32})\n$/.exec(await post(socket, "/open/1")) ?? [];
  if (id === "") throw new Error("the server opened no tunnel");
  await post(socket, `/close/${id}/0`);
  socket.destroy();
}

/** Posts one byte, and resolves with the answer, which must come in one piece. */
export async function post(socket: Socket, path: string, ...headers: readonly string[]): Promise<string> {
  socket.write([`POST ${path} HTTP/1.1`, "Host: test", "Content-Length: 1", ...headers, "", "\0"].join("\r\n"));
  if (socket.destroyed) throw new Error("the server closed the connection");
  const [bytes] = await Promise.race([once(socket, "data"), once(socket, "close")]);
  if (!(bytes instanceof Buffer)) throw new Error("the server closed the connection");
  return bytes.toString();
}

/** Resolves when the connection is over. */
export async function closed(socket: Socket): Promise<void> {
  socket.resume();
  if (!socket.closed) await new Promise((resolve) => socket.once("close", resolve));
}
