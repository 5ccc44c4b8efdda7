import { equal } from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { concatBytes } from "../../src/bytes/concat.ts";
import { createClientHandshake } from "../../src/rtmp/handshake/client-handshake.ts";
import { encodeCommand } from "../../src/rtmp/message/command.ts";
import { encodeWindowAcknowledgementSize } from "../../src/rtmp/message/control.ts";
import { Wire } from "../../src/rtmp/session/wire.ts";
import { createMediaServer } from "../../src/server/media-server.ts";
import { nodeCrypto } from "../../src/transport/node-crypto.ts";

/** An encoder that closes right behind its last command, with answers unread: its kernel resets the connection. */
test("an end on purpose counts although the connection was reset right behind it", async (t) => {
  const server = createMediaServer({ listen: [{ host: "127.0.0.1", port: 0 }] });
  t.after(() => server.stop());
  await server.start();
  const socket = connect({ port: server.listeners[0]?.port ?? 0, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  const wire = new Wire({ handshake: createClientHandshake({ form: "plain", nowMs: 0, crypto: nodeCrypto }) });
  const flush = (): void => void socket.write(concatBytes([...wire.takeOutput()]));
  let isPublishing = false;
  socket.on("data", (bytes: Uint8Array) => {
    wire.push(bytes);
    for (let message = wire.next(); message !== undefined; message = wire.next());
    isPublishing = server.broadcasts.get("live/test")?.state === "live";
    flush();
  });
  wire.send(encodeCommand({ name: "connect", transactionId: 1, commandObject: { app: "live" } }, 0));
  wire.send(encodeCommand({ name: "createStream", transactionId: 2 }, 0));
  wire.send(encodeCommand({ name: "publish", transactionId: 3, args: ["test"] }, 1));
  // Every half of this is acknowledged: so there is something to write while much is still to be read.
  wire.send(encodeWindowAcknowledgementSize(1024));
  flush();
  while (!isPublishing) await once(socket, "data");

  // More than one read takes, and less than the kernel takes before anything is read.
  const frame = new Uint8Array(1000);
  frame.set([0x17, 1]);
  for (let index = 0; index < 75; index++) wire.send({ type: 9, timestamp: 40, streamId: 1, payload: frame });
  flush();
  wire.send(encodeCommand({ name: "FCUnpublish", transactionId: 4, args: ["test"] }, 0));
  flush();
  socket.resetAndDestroy();
  const broadcast = server.broadcasts.get("live/test");
  while (server.connectionCount > 0) await turn();
  equal(broadcast?.counters.receivedMessages, 75);
  equal(broadcast?.state, "idle");
});

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
