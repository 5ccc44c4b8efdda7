import { deepEqual, equal, match, ok } from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { publish, startPool, type TestPool, watch } from "../../test/support/worker-pool.ts";
import { hex } from "../bytes/hex.ts";
import { encodeLinkHello, encodeLinkNotice, encodeLinkStart } from "./link-protocol.ts";

/** A link to a worker, made by a program that is none. */
async function link(t: TestContext, pool: TestPool, bytes: Uint8Array): Promise<Socket> {
  const socket = connect({ path: pool.linkOf(1) });
  t.after(() => socket.destroy());
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.write(bytes);
  return socket;
}

async function all(socket: Socket): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of socket) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

/** A process that says it is the home of a broadcast, and then does what the test wants. */
async function falseHome(t: TestContext, pool: TestPool, onLink: (socket: Socket) => void): Promise<void> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => {}));
    onLink(socket);
  });
  server.listen(pool.linkOf(9));
  await once(server, "listening");
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  pool.directory.add(9, pool.linkOf(9));
  pool.directory.claim(9, { id: 1, name: "live/key", publisher: "nobody" }, 0);
}

for (const [what, bytes] of [
  ["is no hello", hex`03 00000000`],
  ["is a hello, and more", new Uint8Array([...encodeLinkHello("live/key"), 0])],
] as const) {
  test(`a link is closed whose first word ${what}`, async (t) => {
    const pool = await startPool(t, 1);
    const socket = await link(t, pool, bytes);
    equal((await all(socket)).length, 0);
    const line = pool.worker(1).lines.find(({ details }) => details["code"] === "link.message");
    equal(line?.level, "warn");
  });
}

test("who asks where the broadcast is not at home is told so", async (t) => {
  const pool = await startPool(t, 1);
  const socket = await link(t, pool, encodeLinkHello("live/key"));
  const expected = [encodeLinkStart(65_536), encodeLinkNotice({ kind: "elsewhere" }, 65_536)];
  deepEqual(await all(socket), Buffer.concat(expected));
});

test("a link that takes nothing is closed after a time, and what waits for it is bounded", async (t) => {
  const pool = await startPool(t, 1, { play: { maxLagBytes: 1_000_000, blockedTimeoutMs: 600 } });
  const publisher = await publish(t, pool.worker(1));
  publisher.stream.write({ kind: "video", timestamp: 0, payload: hex`17 01 000000 65` });
  const socket = await link(t, pool, encodeLinkHello("live/key"));
  await once(socket, "readable");
  const broadcast = pool.worker(1).server.broadcasts.get("live/key");
  ok(broadcast !== undefined);
  const payload = new Uint8Array(100_000).fill(0x27, 0, 1).fill(1, 1, 2);
  let timestamp = 0;
  let mostHeldBytes = 0;
  const sending = setInterval(() => {
    timestamp += 40;
    publisher.stream.write({ kind: "video", timestamp, payload: timestamp % 400 === 0 ? keyframe : payload });
    mostHeldBytes = Math.max(mostHeldBytes, broadcast.heldBytes);
  }, 5);
  t.after(() => clearInterval(sending));
  await pool.worker(1).until("a link took nothing: it is closed");
  clearInterval(sending);
  ok(mostHeldBytes < 4_000_000, `${mostHeldBytes} bytes held`);
  await all(socket);
});

const keyframe = new Uint8Array(100_000).fill(0x17, 0, 1).fill(1, 1, 2);

test("a home that sends no relay is left, and the viewer waits for a better one", async (t) => {
  const pool = await startPool(t, 2);
  const watcher = await watch(t, pool.worker(1));
  const linked = Promise.withResolvers<void>();
  await falseHome(t, pool, (socket) => {
    socket.resume();
    socket.write(hex`ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff`);
    socket.once("close", () => linked.resolve());
  });
  await linked.promise;
  const line = pool.worker(1).lines.find(({ message }) => message === "a link broke");
  match(String(line?.details["code"]), /^chunk\./);
  pool.directory.remove(9, 0);
  const publisher = await publish(t, pool.worker(2));
  publisher.stream.write({ kind: "video", timestamp: 0, payload: hex`17 01 000000 65` });
  await watcher.until("a picture", () => watcher.media().length === 1);
});

test("a home that says nothing holds no viewer up for long", async (t) => {
  const pool = await startPool(t, 2);
  await falseHome(t, pool, (socket) => socket.resume());
  const watcher = await watch(t, pool.worker(1));
  ok(watcher.events.includes("Play.Start"));
  // Its last words are not waited for either, once there is another.
  pool.directory.remove(9, 0);
  const publisher = await publish(t, pool.worker(2));
  publisher.stream.write({ kind: "video", timestamp: 0, payload: hex`17 01 000000 65` });
  await watcher.until("a picture", () => watcher.media().length === 1);
});

test("notices that a link does not take are bounded, too", async (t) => {
  const pool = await startPool(t, 1, { play: { blockedTimeoutMs: 3_600_000 } });
  const publisher = await publish(t, pool.worker(1));
  const socket = await link(t, pool, encodeLinkHello("live/key"));
  await once(socket, "readable");
  const name = "x".repeat(10_000);
  const { promise: isClosed, resolve } = Promise.withResolvers<void>();
  const sending = setInterval(() => {
    for (let count = 0; count < 20; count++) publisher.stream.sendData("@clearDataFrame", name);
  }, 5);
  t.after(() => clearInterval(sending));
  void pool.worker(1).until("a link took nothing: it is closed").then(resolve);
  await isClosed;
  equal(publisher.stream.isOver, false);
});

test("data of a very long name is cleared elsewhere, too", async (t) => {
  const pool = await startPool(t, 2);
  const publisher = await publish(t, pool.worker(1));
  const watcher = await watch(t, pool.worker(2));
  publisher.stream.sendData("@clearDataFrame", "x".repeat(300_000));
  publisher.stream.write({ kind: "video", timestamp: 0, payload: hex`17 01 000000 65` });
  await watcher.until("a picture", () => watcher.media().length === 1);
  equal(publisher.stream.isOver, false);
});
