import { once } from "node:events";
import { connect } from "node:net";
import { FlushReader, type FlushSink } from "./flush-sink.ts";
import { messagesOf, sentAtMsOf } from "./link-load.ts";
import type { LinkRequest } from "./link-worker-messages.ts";
import { RingReader } from "./shared-ring.ts";

type ReceiveRequest = Extract<LinkRequest, { readonly kind: "receive" }>;

/** Connects a receiving worker: from here on flushes end in the sink. */
export async function openReceiver(request: ReceiveRequest, sink: FlushSink): Promise<void> {
  const { way, ring, port, receiver } = request;
  switch (way) {
    case "none":
      return;
    case "unix":
    case "unix-shared":
      return await connectSockets(request, sink);
    case "port-copied":
    case "port-transferred":
      port?.on("message", (flush: Uint8Array) => takeWhole(flush, sink));
      return;
    case "ring-atomics":
      if (ring !== undefined) new RingReader(ring, sink).wait();
      return;
    case "ring-port":
      if (ring !== undefined) {
        const reader = new RingReader(ring, sink);
        port?.on("message", () => reader.readAndWish(receiver));
        reader.readAndWish(receiver);
      }
      return;
    default:
      return way satisfies never;
  }
}

async function connectSockets({ way, broadcasts, path }: ReceiveRequest, sink: FlushSink): Promise<void> {
  const connections = way === "unix-shared" ? 1 : broadcasts;
  for (let broadcast = 0; broadcast < connections; broadcast++) {
    const socket = connect(path);
    const reader = new FlushReader(sink);
    socket.on("data", (bytes: Uint8Array) => reader.read(bytes));
    await once(socket, "connect");
    const greeting = Buffer.alloc(4);
    greeting.writeUInt32BE(broadcast);
    socket.write(greeting);
  }
}

function takeWhole(flush: Uint8Array, sink: FlushSink): void {
  const view = new DataView(flush.buffer, flush.byteOffset, flush.byteLength);
  sink.store(flush);
  sink.flushEnded(sentAtMsOf(view, 0), messagesOf(view, 0));
}
