// A worker that accepts, as a process or as a thread: it says to each connection which one it is.

import { createServer } from "node:net";
import { parentPort } from "node:worker_threads";

/** Each but `stall` is answered. */
export type AcceptRequest =
  | { readonly kind: "listen"; readonly worker: number; readonly port: number; readonly reusePort: boolean }
  | { readonly kind: "cpu" }
  /** Answered, and then it does nothing else until it is killed. */
  | { readonly kind: "stall" };

export type AcceptAnswer = {
  /** What it listens on. */
  readonly port: number;
  /** Of the process since its start. */
  readonly cpuSeconds: number;
};

let port = 0;

if (parentPort === null) {
  process.on("message", (request: AcceptRequest) => receive(request, (answer) => process.send?.(answer)));
  process.once("disconnect", () => process.exit());
} else {
  parentPort.on("message", (request: AcceptRequest) => receive(request, (answer) => parentPort?.postMessage(answer)));
}

function receive(request: AcceptRequest, send: (answer: AcceptAnswer) => void): void {
  const answer = (): void => {
    const { user, system } = process.cpuUsage();
    send({ port, cpuSeconds: (user + system) / 1e6 });
  };
  if (request.kind === "listen") return listen(request, answer);
  answer();
  if (request.kind === "stall") for (;;);
}

function listen(
  { worker, port: wanted, reusePort }: Extract<AcceptRequest, { kind: "listen" }>,
  done: () => void,
): void {
  const server = createServer({ noDelay: true }, (socket) => {
    // Clients reset their connections at the end of the measurement.
    socket.on("error", () => {});
    socket.write(Uint8Array.of(worker));
    socket.resume();
  });
  server.listen({ host: "127.0.0.1", port: wanted, reusePort, backlog: 4096 }, () => {
    const address = server.address();
    port = typeof address === "object" && address !== null ? address.port : 0;
    done();
  });
}
