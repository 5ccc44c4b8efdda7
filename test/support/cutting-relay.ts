import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import type { CleanUp } from "./peer-process.ts";

export type CuttingRelay = {
  readonly port: number;
  /** Connections that were cut so far. */
  readonly cuts: number;
};

/**
 * A port of 127.0.0.1 behind which the server stands, and of which each connection breaks in the middle: after so many
 * bytes of the server, or of the client.
 */
export async function startCuttingRelay(
  owner: CleanUp,
  serverPort: number,
  limits: { readonly fromServer: number; readonly fromClient: number },
): Promise<CuttingRelay> {
  const sockets = new Set<Socket>();
  let cuts = 0;
  const server = createServer((client) => {
    const far = connect(serverPort, "127.0.0.1");
    const cut = (): void => {
      cuts++;
      client.resetAndDestroy();
      far.resetAndDestroy();
    };
    const carry = (from: Socket, to: Socket, limit: number): void => {
      let left = limit;
      sockets.add(from);
      from.on("error", () => {});
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
      from.on("data", (bytes: Buffer) => {
        to.write(bytes.subarray(0, left));
        left -= bytes.length;
        if (left <= 0 && !client.destroyed) cut();
      });
    };
    carry(client, far, limits.fromClient);
    carry(far, client, limits.fromServer);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  owner.after(async () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the relay has no port");
  return {
    port: address.port,
    get cuts() {
      return cuts;
    },
  };
}
