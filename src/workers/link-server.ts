import { rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";

/** A socket in a folder that only this user can enter, by which other processes of the server come. */
export class LinkServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(onSocket: (socket: Socket) => void) {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
      onSocket(socket);
    });
  }

  /** In place of a process that died and left its socket there. */
  async open(path: string): Promise<void> {
    await rm(path, { force: true });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once("error", reject);
    // With node:cluster, all processes would listen there otherwise.
    this.#server.listen({ path, exclusive: true }, resolve);
    await promise;
    this.#server.off("error", reject);
    // A connection that could not be accepted: whoever came will come again.
    this.#server.on("error", () => {});
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
