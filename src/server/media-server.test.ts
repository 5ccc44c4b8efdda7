import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { createHook } from "node:async_hooks";
import { test } from "node:test";
import { RtmpPeer, settle } from "../../test/support/rtmp-peer.ts";
import { formatHex } from "../bytes/hex.ts";
import { createClientHandshake } from "../rtmp/handshake/client-handshake.ts";
import { encodeCommand } from "../rtmp/message/command.ts";
import { Wire } from "../rtmp/session/wire.ts";
import { memoryStreamPair } from "../transport/memory-stream.ts";
import { nodeCrypto } from "../transport/node-crypto.ts";
import { connectTcp } from "../transport/tcp-connect.ts";
import { createMediaServer } from "./media-server.ts";

const HERE = { host: "127.0.0.1", port: 0 };

test("either all listeners open or none", async (context) => {
  const busy = createMediaServer({ listen: [HERE] });
  context.after(() => busy.stop());
  await busy.start();
  const [taken] = busy.listeners;
  const server = createMediaServer({ listen: [HERE, { host: "127.0.0.1", port: taken?.port ?? 0 }] });
  await rejects(server.start(), /another program has this port/);
  deepEqual(server.listeners, []);
});

test("a server that is stopped while it starts has no listener, and says why", async () => {
  const server = createMediaServer({ listen: [HERE, HERE] });
  const started = server.start();
  await server.stop();
  await rejects(started, /stopped/);
  deepEqual(server.listeners, []);
});

test("a server starts once", async (context) => {
  const server = createMediaServer({ listen: [HERE] });
  context.after(() => server.stop());
  await server.start();
  await rejects(server.start(), /started/);
  equal(server.listeners.length, 1);
  await server.stop();
  await rejects(server.start(), /stopped/);
});

test("to drain and to stop, again and at once, ends everything", async () => {
  const server = createMediaServer({ listen: [HERE] });
  await server.start();
  const port = server.listeners[0]?.port ?? 0;
  const peer = new RtmpPeer(await connectTcp({ host: "127.0.0.1", port }));
  peer.connect("live");
  await Promise.all([server.drain(), server.drain(), server.stop(), server.stop()]);
  await server.drain();
  equal(server.connectionCount, 0);
  await rejects(connectTcp({ host: "127.0.0.1", port }));
});

test("a client that is accepted after the end is dropped", async () => {
  const server = createMediaServer();
  const [near, far] = memoryStreamPair();
  await server.stop();
  server.accept(near);
  const peer = new RtmpPeer(far);
  await settle();
  match(peer.take().join(), /closed/);
});

test("a server without listeners keeps no program alive", async () => {
  const before = process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
  const server = createMediaServer();
  const [near, far] = memoryStreamPair();
  server.accept(near);
  const peer = new RtmpPeer(far);
  peer.connect("live");
  await settle();
  equal(process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length, before);
  await server.stop();
});

test("a drain takes drainMs and no longer, though a client stays", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const server = createMediaServer({ timeouts: { drainMs: 150 } });
  const [near, far] = memoryStreamPair();
  // Takes nothing, so its end is never seen.
  far.pause();
  server.accept(near);
  let isDrained = false;
  const drained = server.drain().then(() => {
    isDrained = true;
  });
  t.mock.timers.tick(149);
  await settle();
  equal(isDrained, false);
  equal(server.connectionCount, 1);
  t.mock.timers.tick(1);
  await drained;
  equal(server.connectionCount, 0);
});

test("publishers and players come by IPv6 as by IPv4, on one listener", async (context) => {
  const server = createMediaServer({ listen: [{ host: "::", port: 0 }] });
  context.after(() => server.stop());
  await server.start();
  const port = server.listeners[0]?.port ?? 0;
  const remotes: string[] = [];
  for (const host of ["::1", "127.0.0.1"]) {
    const peer = new RtmpPeer(await connectTcp({ host, port }));
    remotes.push(peer.stream.remoteAddress);
    peer.connect("live");
    peer.command("createStream", 2, 0);
    peer.command("publish", 3, 1, `by ${host}`);
    while (!peer.lines.includes("onStatus/1 NetStream.Publish.Start")) await settle();
    equal(server.broadcasts.get(`live/by ${host}`)?.state, "live");
    peer.stream.destroy();
  }
  deepEqual(remotes, [`[::1]:${port}`, `127.0.0.1:${port}`]);
});

test("the window and the chunk size of the options are what a client is told, before its answer", async (context) => {
  const server = createMediaServer({ windowAcknowledgementSize: 70_000, chunkSize: 5_000 });
  context.after(() => server.stop());
  const [near, far] = memoryStreamPair();
  server.accept(near);
  const bytes: number[] = [];
  const wire = new Wire({ handshake: createClientHandshake({ form: "plain", nowMs: 0, crypto: nodeCrypto }) });
  far.start({
    onBytes(piece) {
      bytes.push(...piece);
      wire.push(piece);
      while (wire.next() !== undefined);
      far.write(wire.takeOutput());
    },
    onDrain() {},
    onEnd() {},
    onClose() {},
  });
  wire.send(encodeCommand({ name: "connect", transactionId: 1, commandObject: { app: "live" } }, 0));
  far.write(wire.takeOutput());
  await settle();
  const answer = formatHex(Uint8Array.from(bytes.slice(3073)));
  const window = "000004050000000000011170"; // 4 bytes, type 5, stream 0: 70 000
  const bandwidth = "000005060001117002"; // 5 bytes, type 6: 70 000, dynamic
  const chunkSize = "0000040100001388"; // 4 bytes, type 1: 5000
  const order = [window, bandwidth, chunkSize].map((part) => answer.indexOf(part));
  ok(
    order.every((at) => at >= 0) && order.every((at, index) => index === 0 || at > (order[index - 1] ?? 0)),
    answer.slice(0, 120),
  );
  ok(answer.indexOf("5f726573756c74") > (order[2] ?? 0), "the answer comes last");
});

test("a server that is not started has no timer, which would keep it in memory for ever", () => {
  const kinds: string[] = [];
  const hook = createHook({ init: (_id, kind) => kinds.push(kind) }).enable();
  createMediaServer();
  hook.disable();
  deepEqual(
    kinds.filter((kind) => kind === "Timeout" || kind === "Immediate"),
    [],
  );
});
