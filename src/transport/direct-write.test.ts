import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import { once } from "node:events";
import { closeSync, fstatSync, openSync } from "node:fs";
import type { Socket } from "node:net";
import { devNull } from "node:os";
import { suite, type TestContext, test } from "node:test";
import { socketPair } from "../../test/support/socket-pair.ts";
import type { ByteStream, ByteStreamEvents } from "./byte-stream.ts";
import { DIRECT_WRITE_VARIABLE, directDescriptor, writeDirectly } from "./direct-write.ts";
import { socketStream } from "./socket-stream.ts";

const NO_EVENTS: ByteStreamEvents = { onBytes() {}, onDrain() {}, onEnd() {}, onClose() {} };

function numbered(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 7919) >>> 8);
}

async function readAll(client: Socket): Promise<Buffer> {
  const pieces: Buffer[] = [];
  client.on("data", (bytes) => pieces.push(bytes));
  client.resume();
  await once(client, "end");
  return Buffer.concat(pieces);
}

for (const isDirect of [true, false]) {
  suite(isDirect ? "written straight to the descriptor" : "written by Node's streams", () => {
    test("a client that reads late gets every byte in order, and each fill is followed by a drain", async (context) => {
      const { stream, client } = await startedPair(context, isDirect);
      const sent: Uint8Array[] = [];
      let drains = 0;
      const { promise: done, resolve } = Promise.withResolvers<void>();
      const fill = (): void => {
        // More than the kernel takes at once, in pieces as a log has them.
        while (stream.unsentBytes === 0 && sent.length < 400) {
          const piece = numbered(60_000 + sent.length);
          const cut = sent.length * 100;
          sent.push(piece);
          stream.write(sent.length % 2 === 0 ? [piece] : [piece.subarray(0, cut), piece.subarray(cut)]);
        }
        if (sent.length === 400 && stream.unsentBytes === 0) resolve();
      };
      stream.start({
        ...NO_EVENTS,
        onDrain() {
          drains++;
          fill();
        },
      });
      fill();
      ok(stream.unsentBytes > 0, "the kernel is full");
      const received = readAll(client);
      await done;
      stream.close();
      ok((await received).equals(Buffer.concat(sent)));
      equal(
        stream.bytesWritten,
        sent.reduce((sum, { length }) => sum + length, 0),
      );
      ok(drains > 0);
    });

    test("what is written while bytes wait comes behind them", async (context) => {
      const { stream, client } = await startedPair(context, isDirect);
      stream.start(NO_EVENTS);
      const large = numbered(8_000_000);
      stream.write([large]);
      notEqual(stream.unsentBytes, 0);
      stream.write([Buffer.from("first")]);
      stream.write([Buffer.from(" second"), Buffer.from(" third")]);
      stream.write([]);
      const received = readAll(client);
      stream.close();
      const bytes = await received;
      ok(bytes.subarray(0, large.length).equals(large));
      equal(String(bytes.subarray(large.length)), "first second third");
    });

    test("writes to a client that has gone end with its error, and nothing is thrown", async (context) => {
      const { stream, client } = await startedPair(context, isDirect);
      const { promise: closed, resolve } = Promise.withResolvers<Error | undefined>();
      stream.start({ ...NO_EVENTS, onClose: resolve });
      client.resetAndDestroy();
      await once(client, "close");
      for (let count = 0; count < 10; count++) stream.write([numbered(1000)]);
      ok((await closed) instanceof Error);
      stream.write([numbered(1000)]);
    });
  });
}

/** In one of the two ways, whatever the environment says. */
async function startedPair(
  context: TestContext,
  isDirect: boolean,
): Promise<{ readonly stream: ByteStream; readonly client: Socket }> {
  const { socket, client } = await socketPair(context);
  client.on("error", () => {}).pause();
  const before = process.env[DIRECT_WRITE_VARIABLE];
  process.env[DIRECT_WRITE_VARIABLE] = isDirect ? "" : "off";
  const stream = socketStream(socket);
  if (before === undefined) delete process.env[DIRECT_WRITE_VARIABLE];
  else process.env[DIRECT_WRITE_VARIABLE] = before;
  return { stream, client };
}

test("the descriptor is the socket's own, and off is off", async (context) => {
  const { socket } = await socketPair(context);
  equal(
    directDescriptor(socket, () => {}, { [DIRECT_WRITE_VARIABLE]: "off" }),
    undefined,
  );
  const descriptor = directDescriptor(socket, () => {}, {}) ?? -1;
  ok(fstatSync(descriptor).isSocket());
});

for (const how of ["destroy", "resetAndDestroy", "destroySoon"] as const) {
  test(`it is told before the descriptor closes, by ${how} too`, async (context) => {
    const { socket, client } = await socketPair(context);
    client.on("error", () => {});
    const told: boolean[] = [];
    const descriptor = directDescriptor(socket, () => told.push(fstatSync(descriptor).isSocket()), {}) ?? -1;
    socket[how]();
    await once(socket, "close");
    deepEqual(told, [true]);
  });
}

test("a descriptor that has become another file is not written to", async (context) => {
  const { stream, client } = await startedPair(context, true);
  stream.start(NO_EVENTS);
  stream.write([Buffer.from("one")]);
  stream.destroy();
  await once(client.resume(), "close");
  // The system gives out the lowest number that is free: the socket's, among these.
  const files = Array.from({ length: 20 }, () => openSync(devNull, "r"));
  context.after(() => files.forEach((file) => void closeSync(file)));
  stream.write([Buffer.from("two")]);
  equal(stream.bytesWritten, 3);
});

test("a full or broken descriptor takes nothing", () => {
  equal(writeDirectly(2 ** 30, [numbered(10)]), 0);
  equal(writeDirectly(2 ** 30, []), 0);
});
