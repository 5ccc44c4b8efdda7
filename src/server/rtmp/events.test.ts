import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { settle } from "../../../test/support/rtmp-peer.ts";
import { player, publisher, TestServer } from "../../../test/support/test-server.ts";
import type { MediaServerOptions } from "../options.ts";
import type { MonitorEvent } from "../snapshots.ts";

function events(server: TestServer): readonly MonitorEvent[] {
  return server.context.events.after(0);
}

function kinds(server: TestServer): string[] {
  return events(server).map(({ kind, broadcast }) => `${kind} ${broadcast ?? ""}`.trim());
}

test("who publishes and plays is told, and that it ends", async () => {
  const server = new TestServer();
  const sender = await publisher(server);
  const watcher = await player(server);
  const [publish, play] = events(server);
  match(publish?.text ?? "", / publishes live\/test\.$/);
  deepEqual([publish?.connection, publish?.protocol, publish?.level], ["1", "rtmp", "info"]);
  match(play?.text ?? "", / plays live\/test\.$/);
  sender.command("closeStream", 0, 1);
  watcher.stream.close();
  await settle();
  deepEqual(kinds(server), ["publish live/test", "play live/test", "publish-end live/test", "play-end live/test"]);
  match(events(server)[3]?.text ?? "", /plays live\/test no more: the client .+\.$/);
});

test("a publisher that breaks off is lost, and returns", async () => {
  const server = new TestServer();
  const first = await publisher(server);
  first.stream.destroy();
  await settle();
  await publisher(server);
  deepEqual(kinds(server), ["publish live/test", "publisher-lost live/test", "publisher-returned live/test"]);
  equal(events(server)[1]?.level, "warning");
});

test("without a grace time, nobody waits for it", async () => {
  const server = new TestServer({ publish: { graceMs: 0 } });
  (await publisher(server)).stream.destroy();
  await settle();
  deepEqual(kinds(server), ["publish live/test", "publish-end live/test"]);
});

test("one that is replaced has ended, and is not lost", async () => {
  const server = new TestServer({ publish: { busyName: "takeover" } });
  await publisher(server);
  await publisher(server);
  deepEqual(kinds(server), ["publish live/test", "publish-end live/test", "publisher-returned live/test"]);
  match(events(server)[1]?.text ?? "", /^live\/test has ended: Another publisher took over/);
});

test("refusals are told with their reasons, and counted", async () => {
  const hooks: MediaServerOptions["hooks"] = {
    onConnect: ({ app }) => (app === "shut" ? { allow: false, reason: "not today" } : { allow: true }),
    onPublish: () => ({ allow: false, reason: "You may not publish." }),
    onPlay: () => ({ allow: false, reason: "You may not play." }),
  };
  const server = new TestServer({ hooks });
  await publisher(server);
  await player(server);
  server.connect().connect("shut");
  await settle();
  deepEqual(kinds(server), ["publish-refused live/test", "play-refused live/test", "connection-refused"]);
  ok(events(server).every(({ level }) => level === "warning"));
  match(events(server)[0]?.text ?? "", / may not publish live\/test: You may not publish\.$/);
  deepEqual(server.context.events.refusals, { "publish-refused": 1, "play-refused": 1, "connection-refused": 1 });
});

test("a connection that breaks a rule has failed, with the code", async () => {
  const server = new TestServer();
  await server.pass(60_000);
  server.accept();
  await server.pass(60_000);
  const [failed] = events(server);
  deepEqual([failed?.kind, failed?.code, failed?.connection], ["connection-failed", "timeout.handshake", "1"]);
  equal(events(server).length, 1);
});

test("an audience is tallied without snapshots", async () => {
  const server = new TestServer();
  await publisher(server);
  await player(server);
  await player(server);
  for (const connection of server.connections) server.context.connections.add(connection);
  const tally = server.context.connections.tally();
  deepEqual(tally.viewersOf("live/test"), { rtmp: 2 });
  ok(tally.receivedBytes > 9000);
  ok(tally.sentBytes > 9000);
});
