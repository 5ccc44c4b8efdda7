import { deepEqual, equal } from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { connect, createServer, type TLSSocket } from "node:tls";
import { createCertificate } from "../../test/support/certificates.ts";
import { socketStream } from "./socket-stream.ts";

/** A TLS connection over loopback that ends with its test; the server's end reads and drops. */
async function secureSocket(context: TestContext): Promise<TLSSocket> {
  const sockets: Socket[] = [];
  const server = createServer(await createCertificate(["localhost"]), (socket) => {
    sockets.push(socket.on("error", () => {}).resume());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false });
  context.after(() => {
    server.close();
    for (const each of [...sockets, socket]) each.destroy();
  });
  await once(socket, "secureConnect");
  return socket;
}

test("a write to a TLS socket is one write, and a drain follows", async (context) => {
  const socket = await secureSocket(context);
  const lengths: number[] = [];
  const write = socket._write;
  socket._write = (bytes: Uint8Array, encoding, done) => {
    lengths.push(bytes.length);
    write.call(socket, bytes, encoding, done);
  };
  const stream = socketStream(socket);
  let drained = Promise.withResolvers<void>();
  stream.start({ onBytes() {}, onDrain: () => drained.resolve(), onEnd() {}, onClose() {} });
  for (const length of [10_000, 1, 100_000]) {
    drained = Promise.withResolvers();
    stream.write([new Uint8Array(length)]);
    equal(stream.unsentBytes, length);
    await drained.promise;
    equal(stream.unsentBytes, 0);
  }
  deepEqual(lengths, [10_000, 1, 100_000]);
  equal(stream.bytesWritten, 110_001);
});

test("a TLS socket's drain comes once all that was written meanwhile has been sent", async (context) => {
  const stream = socketStream(await secureSocket(context));
  const unsent: number[] = [];
  const { promise: drained, resolve } = Promise.withResolvers<void>();
  const onDrain = (): void => {
    unsent.push(stream.unsentBytes);
    resolve();
  };
  stream.start({ onBytes() {}, onDrain, onEnd() {}, onClose() {} });
  stream.write([new Uint8Array(10_000)]);
  stream.write([new Uint8Array(5_000)]);
  stream.write([new Uint8Array(), new Uint8Array(5_000)]);
  await drained;
  deepEqual(unsent, [0]);
  equal(stream.bytesWritten, 20_000);
});
