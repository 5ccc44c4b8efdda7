import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** A TCP port on 127.0.0.1 that nobody uses, for peers that cannot listen on port 0. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/** Waits until a peer listens on the port, without a connection: a peer that takes only one would take that. */
export async function untilListening(port: number, timeoutMs = 10_000): Promise<void> {
  const local = `:${port.toString(16).toUpperCase().padStart(4, "0")} 00000000:0000 0A`;
  for (const deadlineMs = performance.now() + timeoutMs; performance.now() < deadlineMs; await delay(20)) {
    if ((await readFile("/proc/net/tcp", "utf8")).includes(local)) return;
  }
  throw new Error(`nobody listens on port ${port} after ${timeoutMs} ms`);
}
