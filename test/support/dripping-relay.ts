import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import type { CleanUp } from "./peer-process.ts";

/** More than a PROXY protocol header and the first letters behind it. */
const DRIPPED_BYTES = 150;

/** A port of 127.0.0.1 behind which the server stands, and which hands on the first bytes of each client one by one. */
export async function startDrippingRelay(owner: CleanUp, serverPort: number): Promise<number> {
  const sockets = new Set<Socket>();
  const relay = createServer((client) => {
    const server = connect({ port: serverPort, host: "127.0.0.1", noDelay: true });
    server.pipe(client);
    void drip(client, server);
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  relay.listen(0, "127.0.0.1");
  await once(relay, "listening");
  owner.after(async () => {
    relay.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = relay.address();
  if (address === null || typeof address === "string") throw new Error("the relay has no port");
  return address.port;
}

async function drip(client: Socket, server: Socket): Promise<void> {
  await once(server, "connect");
  let left = DRIPPED_BYTES;
  try {
    for await (const bytes of client as AsyncIterable<Buffer>) {
      const dripped = bytes.subarray(0, left);
      left -= dripped.length;
      for (const byte of dripped) {
        server.write(Uint8Array.of(byte));
        await new Promise((resolve) => setImmediate(resolve));
      }
      server.write(bytes.subarray(dripped.length));
    }
    server.end();
  } catch {
    server.destroy();
  }
}
