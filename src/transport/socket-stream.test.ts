import { deepEqual, equal, ok } from "node:assert/strict";
import { once } from "node:events";
import { Socket } from "node:net";
import { suite, type TestContext, test } from "node:test";
import { connect, createServer, type TLSSocket } from "node:tls";
import { createCertificate } from "../../test/support/certificates.ts";
import { portOf } from "../../test/support/listening-port.ts";
import { socketPair } from "../../test/support/socket-pair.ts";
import type { ByteStream, ByteStreamEvents } from "./byte-stream.ts";
import { readOpening, skipBytes } from "./read-opening.ts";
import { FAST_READ_VARIABLE, prepareSharedReads, readShared } from "./shared-read-buffer.ts";
import { socketStream } from "./socket-stream.ts";

/** The tests below run in both ways of reading. */
const WAYS: readonly { readonly name: string; readonly isShared: boolean }[] = [
  { name: "read into the shared buffer", isShared: true },
  { name: "read by data events", isShared: false },
];

for (const { name, isShared } of WAYS) {
  suite(name, () => {
    test("the way of reading is the one that was asked for", async () => {
      equal(await prepareSharedReads({ [FAST_READ_VARIABLE]: isShared ? "" : "off" }), isShared);
    });
    testReading(isShared);
    testTls();
  });
}

test("without TCP below, nothing is read into the shared buffer", async () => {
  equal(await prepareSharedReads({}), true);
  equal(
    readShared(new Socket(), () => {}),
    false,
  );
});

function testReading(isShared: boolean): void {
  test("bytes come in order, through pauses in the middle of a read", async (context) => {
    const sent = numbered(400_000);
    const { stream, client } = await streamPair(context);
    const reader = startReading(stream, () => {
      if (reader.pieces.length % 3 === 0) {
        stream.pause();
        setImmediate(() => stream.resume());
      }
    });
    client.end(sent);
    await reader.ended;
    ok(sent.equals(Buffer.concat(reader.pieces)));
    equal(stream.bytesRead, sent.length);
  });

  test("two sockets that are read in turn get each its own bytes", async (context) => {
    const pairs = [await streamPair(context), await streamPair(context)];
    const buffers = new Set<ArrayBufferLike>();
    const readers = pairs.map(({ stream }) => startReading(stream, ({ buffer }) => void buffers.add(buffer)));
    const sent = pairs.map((_, index) => numbered(200_000 + index));
    for (const [index, { client }] of pairs.entries()) client.end(sent[index] ?? "");
    for (const [index, { ended, pieces }] of readers.entries()) {
      await ended;
      ok(sent[index]?.equals(Buffer.concat(pieces)));
    }
    equal(buffers.size === 1, isShared);
  });

  test("what was read to find out what a socket speaks comes first", async (context) => {
    const { socket, client } = await streamPair(context);
    client.write("head|opening");
    await readOpening(socket, (bytes) => (bytes.length >= 12 ? true : undefined));
    skipBytes(socket, 5);
    const stream = socketStream(socket);
    const reader = startReading(stream);
    client.end(" and more");
    await reader.ended;
    equal(String(Buffer.concat(reader.pieces)), "opening and more");
    equal(stream.bytesRead, 16);
  });

  test("a pause before the first bytes holds them, and the socket's own, back", async (context) => {
    const { socket, client } = await streamPair(context);
    client.write("one ");
    await readOpening(socket, (bytes) => (bytes.length >= 4 ? true : undefined));
    const stream = socketStream(socket);
    const reader = startReading(stream);
    stream.pause();
    await new Promise((resolve) => client.end("two", () => setImmediate(resolve)));
    equal(reader.pieces.length, 0);
    stream.resume();
    await reader.ended;
    equal(String(Buffer.concat(reader.pieces)), "one two");
  });

  test("who has ended its side still gets our last words", async (context) => {
    const { stream, client } = await streamPair(context);
    stream.start({ ...NO_EVENTS, onEnd: () => stream.write([Buffer.from("goodbye")]) });
    const heard: Buffer[] = [];
    client.on("data", (bytes) => heard.push(bytes));
    client.end("hello");
    await once(client, "close");
    equal(String(Buffer.concat(heard)), "goodbye");
  });

  test("a connection that breaks ends with an error, and without an end", async (context) => {
    const { stream, client } = await streamPair(context);
    const { promise: closed, resolve } = Promise.withResolvers<Error | undefined>();
    const read = Promise.withResolvers<void>();
    let ends = 0;
    stream.start({ ...NO_EVENTS, onBytes: () => read.resolve(), onEnd: () => void ends++, onClose: resolve });
    client.write("hello");
    await read.promise;
    client.resetAndDestroy();
    equal((await closed)?.message, "read ECONNRESET");
    equal(ends, 0);
  });

  for (const how of ["close", "destroy"] as const) {
    test(`nothing is told of what comes after ${how} in the middle of a read`, async (context) => {
      const { stream, client } = await streamPair(context);
      const { promise: closed, resolve } = Promise.withResolvers<void>();
      let reads = 0;
      const onBytes = (): void => {
        reads++;
        stream[how]();
      };
      client.on("error", () => {});
      stream.start({ ...NO_EVENTS, onBytes, onClose: () => resolve() });
      client.end(numbered(300_000));
      await closed;
      equal(reads, 1);
    });
  }
}

function testTls(): void {
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
}

const NO_EVENTS: ByteStreamEvents = { onBytes() {}, onDrain() {}, onEnd() {}, onClose() {} };

/** Bytes of which each stretch tells where it stands. */
function numbered(length: number): Buffer {
  return Buffer.from(
    Uint32Array.from({ length: Math.ceil(length / 4) }, (_, index) => index * 2_654_435_761).buffer,
  ).subarray(0, length);
}

type Reader = { readonly pieces: Uint8Array[]; readonly ended: Promise<void> };

/** Keeps copies of all that comes; `onBytes` is told after. */
function startReading(stream: ByteStream, onBytes?: (bytes: Uint8Array) => void): Reader {
  const pieces: Uint8Array[] = [];
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const keep = (bytes: Uint8Array): void => {
    // Whoever is told must copy: what comes next may stand in the same place.
    pieces.push(bytes.slice());
    onBytes?.(bytes);
    bytes.fill(0xee);
  };
  stream.start({ ...NO_EVENTS, onBytes: keep, onEnd: resolve });
  return { pieces, ended };
}

/** Both ends of a TCP connection over loopback that ends with its test, the accepted one as a stream, not started yet. */
async function streamPair(context: TestContext): Promise<{ socket: Socket; stream: ByteStream; client: Socket }> {
  const pair = await socketPair(context);
  let stream: ByteStream | undefined;
  return {
    ...pair,
    get stream(): ByteStream {
      stream ??= socketStream(pair.socket);
      return stream;
    },
  };
}

/** A TLS connection over loopback that ends with its test; the server's end reads and drops. */
async function secureSocket(context: TestContext): Promise<TLSSocket> {
  const sockets: Socket[] = [];
  const server = createServer(await createCertificate(["localhost"]), (socket) => {
    sockets.push(socket.on("error", () => {}).resume());
  });
  const socket = connect({ host: "127.0.0.1", port: await portOf(server), rejectUnauthorized: false });
  context.after(() => {
    server.close();
    for (const each of [...sockets, socket]) each.destroy();
  });
  await once(socket, "secureConnect");
  return socket;
}
