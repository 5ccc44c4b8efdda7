import { deepEqual, equal, match, ok } from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { RtmpPeer, settle } from "../../../test/support/rtmp-peer.ts";
import { player, publisher, TestServer } from "../../../test/support/test-server.ts";
import { hex } from "../../bytes/hex.ts";
import { encodeCommand } from "../../rtmp/message/command.ts";
import type { ByteStream, ByteStreamEvents } from "../../transport/byte-stream.ts";
import { memoryStreamPair } from "../../transport/memory-stream.ts";
import type { Decision } from "../hooks.ts";
import { RtmpConnection } from "./connection.ts";

const keyframe = hex`17 01 000000 00000001 65`;
const interFrame = hex`27 01 000000 00000001 41`;

test("what is published arrives, in order, behind the answers", async () => {
  const server = new TestServer();
  const source = await publisher(server);
  deepEqual(source.take(), [
    "_result 1 NetConnection.Connect.Success",
    "_result 2",
    "stream-begin 1",
    "onStatus/1 NetStream.Publish.Start",
  ]);
  source.video(1, 40, keyframe);
  source.audio(1, 45, hex`af 01 21`);
  await settle();
  const viewer = await player(server);
  const lines = viewer.take();
  deepEqual(lines.slice(2, 5), [
    "stream-begin 1",
    "onStatus/1 NetStream.Play.Reset",
    "onStatus/1 NetStream.Play.Start",
  ]);
  deepEqual(lines.slice(-2), ["video/1 40 17", "audio/1 45 af"]);
});

test("what has no answer is acknowledged at once while streams are set up, so that the client's next piece can go", async () => {
  const server = new TestServer();
  const peer = server.connect();
  await settle();
  peer.connect("live");
  peer.command("createStream", 2, 0);
  await settle();
  const beforeBytes = peer.wire.bytesReceived;
  peer.wire.sendWindowAcknowledgementSize();
  peer.flush();
  await settle();
  equal(peer.wire.bytesReceived - beforeBytes, 8 + 4);
  equal(peer.wire.unacknowledgedBytes, 0);

  peer.command("publish", 3, 1, "test", "live");
  await settle();
  const publishingBytes = peer.wire.bytesReceived;
  peer.audio(1, 0, hex`af 01 21`);
  await settle();
  equal(peer.wire.bytesReceived, publishingBytes);
});

/** A client that publishes by TCP, as far as the server knows, for longer than it takes to know that it is calm. */
async function calmPublisher(context: TestContext, server: TestServer): Promise<RtmpPeer> {
  // Rounds are over when the test says so.
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const [near, far] = memoryStreamPair({ bufferBytes: 64 * 1024 });
  const connection = new RtmpConnection(server.context, Object.assign(near, { transport: "tcp" }), "1", () => {});
  server.connections.push(connection);
  connection.start();
  const source = new RtmpPeer(far);
  source.connect("live");
  source.command("createStream", 2, 0);
  source.command("publish", 3, 1, "test", "live");
  await settle();
  for (let time = 0; time <= 1500; time += 500) {
    source.video(1, time, time === 0 ? keyframe : interFrame);
    await server.pass(500);
  }
  return source;
}

/** Messages that the server has read of it. */
function readMessages(server: TestServer): number | undefined {
  return server.context.directory.get("live/test")?.counters.receivedMessages;
}

async function passRound(context: TestContext): Promise<void> {
  for (let ms = 0; ms < 100; ms += 10) context.mock.timers.tick(10);
  await settle();
}

test("a publisher that nobody watches is read in rounds", async (context) => {
  const server = new TestServer();
  const source = await calmPublisher(context, server);
  equal(readMessages(server), 4);
  source.video(1, 2000, interFrame);
  source.video(1, 2040, interFrame);
  await settle();
  equal(readMessages(server), 4);
  // A stream in memory brings each piece by itself, where a socket brings all.
  await passRound(context);
  equal(readMessages(server), 5);
  await passRound(context);
  equal(readMessages(server), 6);
});

test("what waits for its round is read when somebody comes to watch, and nothing waits from then on", async (context) => {
  const server = new TestServer();
  const source = await calmPublisher(context, server);
  source.video(1, 2000, interFrame);
  await settle();
  equal(readMessages(server), 4);
  const viewer = await player(server);
  await settle();
  equal(readMessages(server), 5);
  equal(viewer.take().at(-1), "video/1 2000 27");
  for (const time of [2040, 2080]) {
    source.video(1, time, interFrame);
    await settle();
    equal(viewer.take().at(-1), `video/1 ${time} 27`);
  }
});

test("with 0 for its rounds, a publisher is read as it sends", async (context) => {
  const server = new TestServer({ publish: { unwatchedReadMs: 0 } });
  const source = await calmPublisher(context, server);
  source.video(1, 2000, interFrame);
  await settle();
  equal(readMessages(server), 5);
});

test("a publisher that leaves while it waits for its round is gone when that has come, with all that it sent", async (context) => {
  const server = new TestServer();
  const source = await calmPublisher(context, server);
  source.video(1, 2000, interFrame);
  source.command("FCUnpublish", 4, 0, "test");
  source.stream.close();
  await settle();
  const broadcast = server.context.directory.get("live/test");
  equal(broadcast?.state, "live");
  await passRound(context);
  await passRound(context);
  equal(broadcast?.counters.receivedMessages, 5);
  equal(broadcast?.state, "idle");
});

test("a client that only sends what has no answer gets 16 early acknowledgements, and no more", async () => {
  const server = new TestServer();
  const peer = server.connect();
  await settle();
  const beforeBytes = peer.wire.bytesReceived;
  for (let index = 0; index < 20; index++) {
    peer.wire.sendWindowAcknowledgementSize();
    peer.flush();
    await settle();
  }
  // The first came for the end of the handshake; the second has a header of 4 bytes, the other 14 have one of 1.
  equal(peer.wire.bytesReceived - beforeBytes, 4 + 4 + 14 * (1 + 4));
});

test("app and key are one name, however the client parted them", async () => {
  const server = new TestServer();
  await publisher(server, "b/c?token=1", "/a/");
  const viewer = await player(server, "flv:c", "a/_definst_/b");
  equal(server.context.directory.get("a/b/c")?.viewerCount, 1);
  viewer.command("deleteStream", 4, 0, 1);
  await settle();
  equal(server.context.directory.get("a/b/c")?.viewerCount, 0);
});

test("a stream without any name, with a name too long, or with control characters is refused in words", async () => {
  const server = new TestServer({ limits: { maxNameBytes: 10 } });
  for (const [app, key] of [
    ["", ""],
    ["live", "123456"],
    ["live", "a\nb"],
  ] as const) {
    const peer = await publisher(server, key, app);
    ok(peer.take().includes("onStatus/1 NetStream.Publish.BadName"), `${app}/${key}`);
    match(peer.lastDescription, /name/);
  }
  const allowed = await publisher(server, "12345", "live");
  ok(allowed.take().includes("onStatus/1 NetStream.Publish.Start"), "ten bytes are allowed");
});

test("a second publisher is told why and closed, the first goes on", async () => {
  const server = new TestServer({ publish: { busyName: "refuse" } });
  const first = await publisher(server);
  const second = await publisher(server);
  ok(second.take().includes("onStatus/1 NetStream.Publish.BadName"));
  match(second.lastDescription, /live\/test is already being published/);
  equal(server.context.directory.get("live/test")?.state, "live");
  ok(!first.take().includes("closed"));
  ok(
    server.log.some((line) => line.includes("refused to publish")) === false,
    "the close line comes when it is closed",
  );
});

test("a publisher that is replaced gets BadName with the newcomer's address", async () => {
  const server = new TestServer({ publish: { busyName: "takeover" } });
  const first = await publisher(server);
  first.take();
  const second = await publisher(server);
  await settle();
  deepEqual(first.take(), ["onStatus/1 NetStream.Publish.BadName"]);
  match(first.lastDescription, /took over live\/test/);
  ok(second.take().includes("onStatus/1 NetStream.Publish.Start"));
});

test("hooks decide, also later; bytes that come meanwhile wait", async () => {
  const { promise, resolve } = Promise.withResolvers<Decision>();
  const server = new TestServer({ hooks: { onPublish: () => promise } });
  const peer = await publisher(server);
  peer.video(1, 0, keyframe);
  await settle();
  deepEqual(peer.take(), ["_result 1 NetConnection.Connect.Success", "_result 2"]);
  resolve({ allow: true, broadcastName: "live/public" });
  await settle();
  deepEqual(peer.take(), ["stream-begin 1", "onStatus/1 NetStream.Publish.Start"]);
  equal(server.context.directory.get("live/public")?.counters.receivedMessages, 1);
  equal(server.context.directory.get("live/test"), undefined);
});

test("a hook that refuses, throws or fails gives a reason to the client, and to nobody else", async () => {
  const refusing = new TestServer({ hooks: { onConnect: () => ({ allow: false, reason: "Who are you?" }) } });
  const peer = refusing.connect();
  peer.connect("live");
  await settle();
  deepEqual(peer.take(), ["_error 1 NetConnection.Connect.Rejected"]);
  equal(peer.lastDescription, "Who are you?");

  const failing = new TestServer({ hooks: { onPlay: () => Promise.reject(new Error("database down")) } });
  const viewer = await player(failing);
  ok(viewer.take().includes("onStatus/1 NetStream.Play.StreamNotFound"));
  equal(viewer.lastDescription, "The application failed.");
  ok(failing.log.some((line) => line.startsWith("error a hook of the application failed")));

  const throwing = new TestServer({
    hooks: {
      onPublish: () => {
        throw new Error("bug");
      },
    },
  });
  const source = await publisher(throwing);
  ok(source.take().includes("onStatus/1 NetStream.Publish.BadName"));
});

test("unknown calls get their error, and a call without id gets nothing", async () => {
  const server = new TestServer();
  const peer = server.connect();
  peer.connect("live");
  peer.command("whatever", 7, 0, 1, "two");
  peer.command("whatever", 0, 0);
  await settle();
  deepEqual(peer.take(), ["_result 1 NetConnection.Connect.Success", "_error 7 NetConnection.Call.Failed"]);
  match(peer.lastDescription, /whatever/);
});

test("an end on purpose reaches viewers at once, a lost connection only after the grace time", async () => {
  const server = new TestServer({ publish: { graceMs: 2000 } });
  const viewer = await player(server);
  const source = await publisher(server);
  source.video(1, 0, keyframe);
  source.command("FCUnpublish", 4, 0, "test");
  await settle();
  ok(viewer.take().includes("onStatus/1 NetStream.Play.UnpublishNotify"));

  const lost = await publisher(server);
  lost.video(1, 0, keyframe);
  await settle();
  lost.stream.destroy();
  await server.pass(1500);
  ok(!viewer.take().includes("onStatus/1 NetStream.Play.UnpublishNotify"));
  await server.pass(1000);
  ok(viewer.take().includes("onStatus/1 NetStream.Play.UnpublishNotify"));
});

test("several streams on one connection are published and played apart", async () => {
  const server = new TestServer();
  const peer = server.connect();
  peer.connect("live");
  for (let id = 2; id <= 5; id++) peer.command("createStream", id, 0);
  peer.command("publish", 0, 1, "a");
  peer.command("publish", 0, 2, "b");
  peer.command("play", 0, 3, "a");
  peer.command("play", 0, 4, "b");
  await settle();
  peer.take();
  peer.video(1, 10, keyframe);
  peer.video(2, 20, interFrame);
  await settle();
  deepEqual(peer.take().toSorted(), ["video/3 10 17", "video/4 20 27"]);
});

for (const [name, code, limitMs, start] of [
  ["no handshake", "timeout.handshake", 10_000, (peer: RtmpPeer) => void peer],
  ["no connect", "timeout.connect", 10_000, (peer: RtmpPeer) => void peer],
] as const) {
  test(`a client that sends ${name} is closed after ${limitMs} ms`, async () => {
    const server = new TestServer();
    if (name === "no handshake") {
      const [near, far] = memoryStreamPair();
      const connection = new RtmpConnection(server.context, near, "1", () => {});
      server.connections.push(connection);
      connection.start();
      let isClosed = false;
      far.start({ onBytes() {}, onDrain() {}, onEnd() {}, onClose: () => (isClosed = true) });
      far.write([hex`03 00`]);
      await server.pass(limitMs);
      equal(isClosed, false);
      await server.pass(1000);
      equal(isClosed, true);
    } else {
      const peer = server.connect();
      start(peer);
      await server.pass(limitMs);
      deepEqual(peer.take(), []);
      await server.pass(1000);
      deepEqual(peer.take(), ["closed"]);
    }
    ok(
      server.log.some((line) => line.includes(code)),
      server.log.join("\n"),
    );
  });
}

test("a silent client is pinged, and lives as long as it answers", async () => {
  const server = new TestServer();
  const viewer = await player(server);
  await server.pass(200_000);
  ok(!viewer.take().includes("closed"));
  viewer.stream.pause();
  await server.pass(61_000);
  ok(server.log.some((line) => line.includes("timeout.idle")));
});

test("a viewer that was silent for long may send commands at its rate again, and no faster", async () => {
  const server = new TestServer({ limits: { maxCommandsPerSecond: 10 } });
  const viewer = await player(server);
  await server.pass(50_250);
  let id = 10;
  const send = async (count: number): Promise<void> => {
    for (let sent = 0; sent < count; sent++) viewer.command("_checkbw", id++, 0);
    await settle();
  };
  for (let second = 0; second < 8; second++) {
    await send(10);
    await server.pass(1000);
  }
  ok(!viewer.take().includes("closed"));
  await send(21);
  ok(
    server.log.some((line) => line.includes("session.flood")),
    server.log.join("\n"),
  );
});

test("a publisher that sends nothing is cut off with a reason, and its viewers wait for it", async () => {
  const server = new TestServer({ timeouts: { pingIntervalMs: 1_000_000 } });
  const source = await publisher(server);
  const viewer = await player(server);
  source.video(1, 0, keyframe);
  await server.pass(15_000);
  ok(!source.take().includes("closed"));
  await server.pass(1_000);
  ok(source.take().includes("onStatus/1 NetStream.Failed"));
  match(source.lastDescription, /Check the encoder and its network/);
  equal(server.context.directory.get("live/test")?.state, "waiting");
  ok(!viewer.take().includes("onStatus/1 NetStream.Play.UnpublishNotify"));
});

test("garbage closes the connection with a code, the place and a remedy in the log", async () => {
  const server = new TestServer();
  const source = await publisher(server);
  source.take();
  source.stream.write([hex`02 000000 000004 01 00000000 00000000`]);
  await settle();
  deepEqual(source.take(), ["onStatus/1 NetStream.Failed"]);
  const line = server.log.find((entry) => entry.startsWith("warn"));
  match(line ?? "", /"code":"chunk.size".*"bytesReceived":\d+.*"remedy"/);
});

test("a client that asks and never reads is closed, with bounded memory", async () => {
  const server = new TestServer({ limits: { maxUnreadReplyBytes: 10_000, maxCommandsPerSecond: 100_000 } });
  const peer = server.connect();
  peer.connect("live");
  await settle();
  peer.stream.pause();
  for (let id = 2; id < 2000; id++) peer.command("_checkbw", id, 0);
  await settle();
  ok(
    server.log.some((line) => line.includes("session.reply-limit")),
    server.log.join("\n"),
  );
});

test("a viewer that reads nothing is closed, its neighbour gets everything", async (t: TestContext) => {
  const server = new TestServer({ timeouts: { idleMs: 1_000_000, pingIntervalMs: 1_000_000 } });
  const source = await publisher(server);
  const stuck = await player(server);
  const healthy = await player(server);
  stuck.stream.pause();
  healthy.take();
  for (let second = 0; second < 33; second++) {
    const payload = new Uint8Array(100_000);
    payload.set(keyframe);
    source.video(1, second * 1000, payload);
    await server.pass(1000);
  }
  equal(healthy.media.filter(({ type }) => type === 9).length, 33);
  ok(
    server.log.some((line) => line.includes("viewer.slow")),
    server.log.join("\n"),
  );
  const held = server.context.directory.get("live/test")?.heldBytes ?? 0;
  t.diagnostic(`${held} bytes held`);
  ok(held < 9_000_000);
});

test("receiveVideo, receiveAudio and pause change what a viewer gets", async () => {
  const server = new TestServer({ play: { flush: "instant" } });
  const source = await publisher(server);
  const viewer = await player(server);
  viewer.command("receiveVideo", 0, 1, false);
  await settle();
  viewer.take();
  source.video(1, 0, keyframe);
  source.audio(1, 5, hex`af 01 21`);
  await server.pass(500);
  deepEqual(viewer.take(), ["audio/1 5 af"]);
  viewer.command("pause", 0, 1, true, 0);
  await settle();
  deepEqual(viewer.take(), ["onStatus/1 NetStream.Pause.Notify"]);
  source.audio(1, 10, hex`af 01 21`);
  await server.pass(500);
  deepEqual(viewer.take(), []);
});

test("with interleaved chunks a call and a sound overtake a large keyframe", async () => {
  const server = new TestServer({ play: { interleave: "chunk", flush: "instant" } });
  const viewer = await player(server);
  const source = await publisher(server);
  await settle();
  viewer.take();
  viewer.stream.pause();
  const large = new Uint8Array(2_000_000);
  large.set(keyframe);
  source.video(1, 0, large);
  await settle();
  source.audio(1, 5, hex`af 01 21`);
  await server.pass(500);
  viewer.command("_checkbw", 9, 0);
  viewer.stream.resume();
  await settle();
  deepEqual(viewer.take(), ["_result 9", "audio/1 5 af", "video/1 0 17"]);
  deepEqual(viewer.media.at(-1)?.payload, large);
});

test("when the server goes, viewers and publishers are told", async () => {
  const server = new TestServer();
  const source = await publisher(server);
  const viewer = await player(server);
  source.take();
  viewer.take();
  for (const connection of server.connections) connection.shutDown();
  await settle();
  deepEqual(source.take(), ["onStatus/0 NetConnection.Connect.AppShutdown"]);
  deepEqual(viewer.take(), [
    "onStatus/1 NetStream.Play.UnpublishNotify",
    "stream-eof 1",
    "onStatus/1 NetStream.Play.Stop",
    "stream-eof 1",
    "onStatus/0 NetConnection.Connect.AppShutdown",
  ]);
});

test("a closed connection leaves one line: who, how long, how many bytes, what, the unusual, and why", async () => {
  const server = new TestServer();
  const source = await publisher(server);
  source.command("whatever", 9, 0);
  source.send({ type: 30, timestamp: 0, streamId: 1, payload: hex`00` });
  await server.pass(2000);
  source.stream.close();
  await settle();
  const line = server.log.find((entry) => entry.startsWith("info connection closed"));
  const details = JSON.parse((line ?? "").slice("info connection closed ".length));
  equal(details.remote, "memory:1");
  equal(details.durationMs, 2000);
  ok(details.bytesIn > 3073 && details.bytesOut > 3073);
  deepEqual(details.published, ["live/test"]);
  deepEqual(details.unusual, { unknownCalls: 1, messagesOfType30: 1 });
  equal(details.reason, "the client ended the connection");
});

test("what a hook throws when it is told something harms nobody", async () => {
  const fail = (): void => {
    throw new Error("bug");
  };
  const server = new TestServer({ hooks: { onPublishEnd: fail, onPlayEnd: fail, onClose: fail } });
  const source = await publisher(server);
  const viewer = await player(server);
  source.stream.close();
  viewer.stream.close();
  await settle();
  equal(server.log.filter((line) => line.startsWith("error a hook")).length, 4);
});

test("an answer too many, because of a ping, ends the client that does not read, and not the process", async () => {
  const server = new TestServer({
    limits: { maxUnreadReplyBytes: 1_000, maxCommandsPerSecond: 100_000 },
    timeouts: { idleMs: 1_000_000 },
  });
  const peer = server.connect();
  peer.connect("live");
  await settle();
  peer.stream.pause();
  // Answers that nearly reach the limit: the ping of a later tick is beyond it.
  const isRefused = (): boolean => server.log.some((line) => line.includes("session.reply-limit"));
  for (let id = 2; id < 40; id++) peer.command("_checkbw", id, 0);
  await settle();
  for (let pings = 0; pings < 100 && !isRefused(); pings++) await server.pass(30_500);
  ok(isRefused(), server.log.join("\n"));
});

test("a viewer that does not read its notices is closed alone: the publisher and the others notice nothing", async () => {
  const server = new TestServer({ limits: { maxUnreadReplyBytes: 1_000, maxCommandsPerSecond: 100_000 } });
  const source = await publisher(server);
  const stuck = await player(server);
  const healthy = await player(server);
  stuck.command("pause", 0, 1, true, 0);
  await settle();
  stuck.stream.pause();
  healthy.take();
  for (let round = 0; round < 10; round++) {
    source.command("FCUnpublish", 0, 0, "test");
    source.command("publish", 0, 1, "test");
    await settle();
  }
  ok(
    server.log.some((line) => line.includes("session.reply-limit")),
    server.log.join("\n"),
  );
  ok(!source.take().includes("closed"));
  equal(healthy.take().filter((line) => line.endsWith("UnpublishNotify")).length, 10);
  equal(server.context.directory.get("live/test")?.viewerCount, 1);
});

/** Takes what is written, and calls it unsent until the test drains it. */
function slowStream(stream: ByteStream): ByteStream & { isSlow: boolean; drain(): void } {
  let events: ByteStreamEvents | undefined;
  let unsentBytes = 0;
  return {
    isSlow: false,
    transport: stream.transport,
    remoteAddress: stream.remoteAddress,
    get unsentBytes() {
      return unsentBytes;
    },
    get bytesRead() {
      return stream.bytesRead;
    },
    get bytesWritten() {
      return stream.bytesWritten;
    },
    write(pieces) {
      if (this.isSlow) for (const piece of pieces) unsentBytes += piece.length;
      stream.write(pieces);
    },
    pause: () => stream.pause(),
    resume: () => stream.resume(),
    close: () => stream.close(),
    destroy: () => stream.destroy(),
    start(given) {
      events = given;
      stream.start(given);
    },
    drain() {
      unsentBytes = 0;
      events?.onDrain();
    },
  };
}

test("of two streams that one slow client plays, neither starves the other", async () => {
  const server = new TestServer({ play: { flush: "instant" } });
  const source = await publisher(server, "a");
  source.command("createStream", 4, 0);
  source.command("publish", 5, 2, "b", "live");
  const [near, far] = memoryStreamPair();
  const slow = slowStream(near);
  new RtmpConnection(server.context, slow, "slow", () => {}).start();
  const viewer = new RtmpPeer(far);
  viewer.connect("live");
  viewer.command("play", 0, 1, "a", -2000);
  viewer.command("play", 0, 2, "b", -2000);
  await settle();
  viewer.take();
  slow.isSlow = true;
  for (let round = 0; round < 6; round++) {
    source.video(1, round * 40, keyframe);
    source.video(2, round * 40, keyframe);
    await settle();
    slow.drain();
    await settle();
  }
  const seen = viewer.take();
  ok(seen.filter((line) => line.startsWith("video/1")).length >= 2, seen.join());
  ok(seen.filter((line) => line.startsWith("video/2")).length >= 2, seen.join());
});

test("who is refused another stream while it plays gets no more of the first either", async () => {
  const server = new TestServer({
    hooks: { onPlay: ({ streamKey }) => (streamKey === "no" ? { allow: false, reason: "No." } : { allow: true }) },
  });
  const viewer = await player(server);
  viewer.command("play", 0, 1, "no", -2000);
  await settle();
  ok(viewer.take().includes("onStatus/1 NetStream.Play.StreamNotFound"));
  equal(server.context.directory.get("live/test")?.viewerCount, 0);
});

test("a refused publisher that publishes something else on its connection goes on with that", async () => {
  const server = new TestServer({ publish: { busyName: "refuse" } });
  await publisher(server, "busy");
  const source = await publisher(server, "free");
  source.command("createStream", 4, 0);
  source.command("publish", 5, 2, "busy", "live");
  await server.pass(1000);
  const lines = source.take();
  ok(lines.includes("onStatus/2 NetStream.Publish.BadName"), lines.join());
  ok(!lines.includes("closed"));
  equal(server.context.directory.get("live/free")?.state, "live");
});

test("a client may take over its own name on another stream", async () => {
  const server = new TestServer({ publish: { busyName: "takeover" } });
  const source = await publisher(server);
  const viewer = await player(server);
  source.command("createStream", 4, 0);
  source.command("publish", 5, 2, "test", "live");
  source.take();
  source.video(2, 0, keyframe);
  await server.pass(1000);
  const lines = source.take();
  deepEqual(lines, [
    "_result 4",
    "onStatus/1 NetStream.Publish.BadName",
    "stream-begin 2",
    "onStatus/2 NetStream.Publish.Start",
  ]);
  ok(viewer.take().includes("video/1 0 17"));
});

test("a player that wants no pictures gets none of those that wait for newcomers", async () => {
  const server = new TestServer();
  const source = await publisher(server);
  source.video(1, 0, keyframe);
  source.audio(1, 5, hex`af 01 21`);
  await settle();
  const viewer = server.connect();
  viewer.connect("live");
  viewer.command("createStream", 2, 0);
  viewer.command("receiveVideo", 0, 1, false);
  viewer.command("play", 3, 1, "test", -2000);
  await settle();
  deepEqual(
    viewer.media.map(({ type }) => type),
    [8],
  );
});

test("with interleaved chunks too, the end of a broadcast is told behind its last picture", async () => {
  const server = new TestServer({ play: { interleave: "chunk", flush: "instant" } });
  const viewer = await player(server);
  const source = await publisher(server);
  await settle();
  viewer.take();
  viewer.stream.pause();
  const large = new Uint8Array(2_000_000);
  large.set(keyframe);
  source.video(1, 0, large);
  source.command("FCUnpublish", 0, 0, "test");
  await server.pass(500);
  viewer.stream.resume();
  await settle();
  deepEqual(viewer.take().slice(0, 2), ["video/1 0 17", "onStatus/1 NetStream.Play.UnpublishNotify"]);
});

test("with interleaved chunks, the keyframe of a second track pushes none of the first out", async () => {
  const server = new TestServer({ play: { interleave: "chunk", flush: "instant" } });
  const viewer = await player(server);
  const source = await publisher(server);
  await settle();
  viewer.take();
  viewer.stream.pause();
  const first = new Uint8Array(1_500_000);
  first.set(keyframe);
  const second = new Uint8Array(1_500_000);
  second.set(hex`96 01 61766331 01 000000`); // multitrack, one track, coded frames: avc1, track 1
  source.video(1, 0, new Uint8Array([...interFrame, ...new Uint8Array(100_000)]));
  source.video(1, 40, first);
  source.video(1, 40, second);
  await server.pass(500);
  viewer.stream.resume();
  await settle();
  deepEqual(viewer.take(), ["video/1 0 27", "video/1 40 17", "video/1 40 96"]);
});

test("a transition to another stream is answered, if only with a no", async () => {
  const server = new TestServer();
  const viewer = await player(server);
  viewer.take();
  viewer.command("play2", 0, 1, { streamName: "other", oldStreamName: "test", transition: "switch" });
  await settle();
  deepEqual(viewer.take(), ["onStatus/1 NetStream.Play.Failed"]);
  equal(server.context.directory.get("live/test")?.viewerCount, 1);
});

test("a hook may answer with any object that has a then", async () => {
  const later: PromiseLike<Decision> = {
    // biome-ignore lint/suspicious/noThenProperty: promises of other libraries look like this.
    then: (settled, failed) => Promise.resolve<Decision>({ allow: false, reason: "Later: no." }).then(settled, failed),
  };
  const server = new TestServer({ hooks: { onPublish: () => later as Promise<Decision> } });
  const source = await publisher(server);
  ok(source.take().includes("onStatus/1 NetStream.Publish.BadName"));
  equal(source.lastDescription, "Later: no.");
});

test("a publisher that comes while the present one is silent waits for it to be given up, and then takes over", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const server = new TestServer({ publish: { staleAfterMs: 5000 } });
  const first = await publisher(server);
  first.video(1, 0, keyframe);
  await settle();
  first.take();
  const second = await publisher(server);
  const pass = async (durationMs: number): Promise<void> => {
    for (let passedMs = 0; passedMs < durationMs; passedMs += 100) {
      server.nowMs += 100;
      t.mock.timers.tick(100);
      await settle();
    }
  };
  await pass(4800);
  deepEqual(second.take(), ["_result 1 NetConnection.Connect.Success", "_result 2"]);
  await pass(400);
  deepEqual(second.take(), ["stream-begin 1", "onStatus/1 NetStream.Publish.Start"]);
  deepEqual(first.take().slice(0, 1), ["onStatus/1 NetStream.Publish.BadName"]);

  const third = await publisher(server);
  second.video(1, 0, keyframe);
  await pass(300);
  ok(third.take().includes("onStatus/1 NetStream.Publish.BadName"));
});

test("tracks are told in the log when they come, and the end of a publication with what was mended", async () => {
  const server = new TestServer();
  const source = await publisher(server);
  source.audio(1, 0, hex`af 00 12 10`);
  source.audio(1, 10, hex`af 01 21`);
  source.audio(1, 5, hex`af 01 21`);
  source.command("deleteStream", 4, 0, 1);
  await settle();
  ok(server.log.some((line) => line.startsWith("info AAC-LC 44.1 kHz stereo")));
  const end = server.log.find((line) => line.startsWith("info deleteStream"));
  match(end ?? "", /"end":"unpublished".*"mended":\{"steps":1\}/);
});

test("who sends thousands of messages at once gives the others their turn, and loses none", async () => {
  const server = new TestServer();
  const source = await publisher(server, "many");
  const other = await publisher(server, "other");
  const broadcast = server.context.directory.get("live/many");
  other.take();
  // One empty message, and 9999 more like it: a byte each.
  source.stream.write([hex`04 000000 000000 09 01000000`, new Uint8Array(9999).fill(0xc4)]);
  other.command("_checkbw", 9, 0);
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  deepEqual(other.take(), ["_result 9"]);
  const received = broadcast?.counters.receivedMessages ?? 0;
  ok(received >= 1000 && received < 10_000, `${received} messages`);
  source.command("_checkbw", 9, 0);
  for (let round = 0; round < 4; round++) await settle();
  equal(broadcast?.counters.receivedMessages, 10_000);
  ok(source.take().includes("_result 9"));
});

test("a hook may be asked, and a client may go, while others have their turn", async () => {
  const { promise, resolve } = Promise.withResolvers<Decision>();
  const server = new TestServer({ hooks: { onPlay: () => promise } });
  const source = await publisher(server);
  const many = new Uint8Array(4000).fill(0xc4);
  const play = encodeCommand({ name: "play", transactionId: 5, args: ["else"] }, 2);
  source.stream.write([hex`04 000000 000000 09 01000000`, many]);
  source.send(play);
  source.stream.write([hex`04 000000 000000 09 01000000`, many]);
  for (let round = 0; round < 4; round++) await settle();
  equal(server.context.directory.get("live/test")?.counters.receivedMessages, 4001);
  resolve({ allow: true });
  await settle();
  source.stream.destroy();
  for (let round = 0; round < 4; round++) await settle();
  ok(server.log.some((line) => line.startsWith("info connection closed")));
  ok(!server.log.some((line) => line.startsWith("error")), server.log.join("\n"));
});
