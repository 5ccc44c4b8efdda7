import { connect, createServer, type Socket } from "node:net";
import type { CleanUp } from "./peer-process.ts";

/** What one side sent at once, and when. */
export type RecordedBytes = {
  readonly from: "client" | "server";
  readonly bytes: Buffer;
  /** Since the client connected. */
  readonly atMs: number;
};

/** One TCP connection with all that went over it, in the order in which it came. */
export type RecordedConnection = {
  readonly clientPort: number;
  readonly pieces: readonly RecordedBytes[];
  /** Resolves when both sides have closed. */
  readonly closed: Promise<void>;
};

/** A port of 127.0.0.1 behind which the server stands, with nothing changed on the way. */
export type RecordingProxy = {
  readonly port: number;
  url(name?: string): string;
  readonly connections: readonly RecordedConnection[];
};

/** Needs no right to capture, unlike a look at the network. */
export async function startRecordingProxy(owner: CleanUp, serverPort: number): Promise<RecordingProxy> {
  const connections: RecordedConnection[] = [];
  const sockets = new Set<Socket>();
  const proxy = createServer({ allowHalfOpen: true }, (client) => {
    const server = connect({ port: serverPort, host: "127.0.0.1", allowHalfOpen: true });
    sockets.add(client).add(server);
    connections.push(record(client, server));
  });
  await new Promise<void>((resolve, reject) => {
    proxy.once("error", reject);
    proxy.listen(0, "127.0.0.1", resolve);
  });
  owner.after(async () => {
    proxy.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = proxy.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { port, url: (name = "live/key") => `rtmp://127.0.0.1:${port}/${name}`, connections };
}

function record(client: Socket, server: Socket): RecordedConnection {
  const pieces: RecordedBytes[] = [];
  const startedMs = performance.now();
  const forward = (from: RecordedBytes["from"], source: Socket, target: Socket): Promise<void> => {
    source.setNoDelay(true);
    source.on("data", (bytes: Buffer) => {
      pieces.push({ from, bytes, atMs: performance.now() - startedMs });
      target.write(bytes);
    });
    source.once("end", () => target.end());
    // A reset is passed on as one.
    source.once("error", () => target.resetAndDestroy());
    return new Promise((resolve) => source.once("close", () => resolve()));
  };
  const closed = Promise.all([forward("client", client, server), forward("server", server, client)]);
  return { clientPort: client.remotePort ?? 0, pieces, closed: closed.then(() => undefined) };
}

/** All that one side sent. */
export function bytesFrom(connection: RecordedConnection, from: RecordedBytes["from"]): Buffer {
  return Buffer.concat(connection.pieces.filter((piece) => piece.from === from).map(({ bytes }) => bytes));
}
