import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { test } from "node:test";
import { RtmpPeer, settle } from "../../test/support/rtmp-peer.ts";
import { memoryStreamPair } from "../transport/memory-stream.ts";
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
