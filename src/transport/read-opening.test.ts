import { deepEqual, equal, rejects } from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { hex } from "../bytes/hex.ts";
import { readOpening, skipBytes } from "./read-opening.ts";

type Pair = { readonly near: Socket; readonly far: Socket };

async function pair(context: TestContext): Promise<Pair> {
  const server = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
  context.after(() => server.close());
  await once(server, "listening");
  const address = server.address();
  const far = connect(typeof address === "object" && address !== null ? address.port : 0, "127.0.0.1");
  far.setNoDelay(true);
  const [near] = await once(server, "connection");
  for (const socket of [near, far]) {
    socket.on("error", () => {});
    context.after(() => socket.destroy());
  }
  return { near, far };
}

/** What a socket still has, up to its end. */
async function rest(socket: Socket): Promise<Uint8Array> {
  const pieces: Buffer[] = [];
  socket.on("data", (bytes: Buffer) => pieces.push(bytes));
  await once(socket, "end");
  return Uint8Array.from(Buffer.concat(pieces));
}

test("bytes that come one by one are shown together, and all are put back", async (context) => {
  const { near, far } = await pair(context);
  const lengths: number[] = [];
  const opening = readOpening(near, (bytes) => {
    lengths.push(bytes.length);
    if (bytes.length < 3) far.write(hex`02`);
    return bytes.length < 3 ? undefined : [...bytes];
  });
  far.write(hex`01`);
  deepEqual(await opening, [1, 2, 2]);
  deepEqual(lengths, [1, 2, 3]);
  far.end(hex`03`);
  deepEqual(await rest(near), hex`01 02 02 03`);
});

test("one reading after another sees the same bytes, and not those that were skipped", async (context) => {
  const { near, far } = await pair(context);
  far.end(hex`01 02 03 04`);
  equal(await readOpening(near, (bytes) => bytes[0]), 1);
  skipBytes(near, 2);
  equal(await readOpening(near, (bytes) => bytes[0]), 3);
  skipBytes(near, 1);
  deepEqual(await rest(near), hex`04`);
});

test("bytes that are skipped up to the last leave an empty socket", async (context) => {
  const { near, far } = await pair(context);
  far.write(hex`01 02`);
  await readOpening(near, (bytes) => (bytes.length === 2 ? true : undefined));
  skipBytes(near, 2);
  far.end(hex`03`);
  deepEqual(await rest(near), hex`03`);
});

test("what the decoder throws rejects", async (context) => {
  const { near, far } = await pair(context);
  far.write(hex`01`);
  const failing = readOpening(near, () => {
    throw new Error("not so");
  });
  await rejects(failing, /not so/);
});

test("a socket that ends, breaks or is destroyed first gives nothing", async (context) => {
  const never = (): undefined => undefined;
  const ended = await pair(context);
  ended.far.end(hex`01`);
  equal(await readOpening(ended.near, never), undefined);
  const broken = await pair(context);
  const reading = readOpening(broken.near, never);
  broken.far.resetAndDestroy();
  equal(await reading, undefined);
  const destroyed = await pair(context);
  const waiting = readOpening(destroyed.near, never);
  destroyed.near.destroy();
  equal(await waiting, undefined);
  equal(await readOpening(destroyed.near, never), undefined);
});
