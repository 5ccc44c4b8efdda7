import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import type { FlushTaker } from "./link-load.ts";
import type { LinkRequest } from "./link-worker-messages.ts";
import { RingWriter } from "./shared-ring.ts";

type SendRequest = Extract<LinkRequest, { readonly kind: "send" }>;

/** What takes the flushes of the sending worker. Receivers by sockets may come later. */
export async function openSender(request: SendRequest): Promise<FlushTaker> {
  const { way, ring, ports = [] } = request;
  switch (way) {
    case "none":
      return { carry() {}, endTurn() {} };
    case "unix":
    case "unix-shared":
      return await socketSender(request);
    case "port-copied":
    case "port-transferred":
      return portSender(request);
    case "ring-atomics":
    case "ring-port": {
      if (ring === undefined) throw new Error(`${way} needs a ring`);
      const writer = new RingWriter(ring);
      const isByPort = way === "ring-port";
      return {
        carry: (flush) => writer.write(flush),
        endTurn() {
          writer.publish();
          if (!isByPort) return writer.notify();
          for (const [reader, port] of ports.entries()) if (writer.takeWish(reader)) port.postMessage(null);
        },
      };
    }
    default:
      return way satisfies never;
  }
}

/** Each flush is copied once into memory of its own, which all sockets share: that is what a log does. */
async function socketSender({ way, broadcasts, path }: SendRequest): Promise<FlushTaker> {
  const isShared = way === "unix-shared";
  const sockets: Socket[][] = Array.from({ length: isShared ? 1 : broadcasts }, () => []);
  const server = createServer((socket) => {
    socket.once("data", (greeting: Buffer) => sockets[greeting.readUInt32BE(0)]?.push(socket));
    // A receiver that is stopped: the measurement is over.
    socket.on("error", () => {});
  });
  server.listen({ path, backlog: 1024 });
  await once(server, "listening");
  return {
    carry(flush, broadcast) {
      const bytes = flush.slice();
      for (const socket of sockets[isShared ? 0 : broadcast] ?? []) socket.write(bytes);
    },
    endTurn() {},
  };
}

function portSender({ way, ports = [] }: SendRequest): FlushTaker {
  const isTransferred = way === "port-transferred";
  return {
    carry(flush) {
      if (isTransferred) {
        for (const port of ports) {
          const bytes = flush.slice();
          port.postMessage(bytes, [bytes.buffer]);
        }
      } else {
        // A view would be cloned with all of its buffer.
        const bytes = flush.slice();
        for (const port of ports) port.postMessage(bytes);
      }
    },
    endTurn() {},
  };
}
