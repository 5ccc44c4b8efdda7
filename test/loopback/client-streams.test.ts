import { deepEqual, equal, fail, ok, rejects, throws } from "node:assert/strict";
import { after, test } from "node:test";
import { hex } from "../../src/bytes/hex.ts";
import {
  type ConnectOptions,
  connect,
  type NetConnection,
  type OutgoingMedia,
  type PlayStream,
  playFrom,
  publishTo,
  StatusError,
} from "../../src/client/index.ts";
import { AmfEcmaArray } from "../../src/formats/amf/amf-value.ts";
import { decodeData } from "../../src/rtmp/message/data.ts";
import { createMediaServer, type MediaServer } from "../../src/server/media-server.ts";
import type { MediaServerOptions } from "../../src/server/options.ts";
import { memoryStreamPair } from "../../src/transport/memory-stream.ts";
import type { CleanUp } from "../support/peer-process.ts";
import { type Reaction, ScriptedServer } from "./scripted-server.ts";

const URL = "rtmp://example.org/live";

// Streams in memory do not keep a process alive, and the time-outs of a closing server are not meant to.
const alive = setInterval(() => {}, 60_000);
after(() => clearInterval(alive));

type Memory = { readonly server: MediaServer; dial(options?: ConnectOptions): Promise<NetConnection> };

/** Our own server, reached through memory. */
function memoryServer(owner: CleanUp, options: MediaServerOptions = {}): Memory {
  const server = createMediaServer(options);
  owner.after(() => server.stop());
  return { server, dial: (connectOptions = {}) => connect(URL, { ...connectOptions, stream: accepted(server) }) };
}

function accepted(server: MediaServer): ReturnType<typeof memoryStreamPair>[0] {
  const [client, other] = memoryStreamPair();
  server.accept(other);
  return client;
}

async function scripted(
  reactions: Readonly<Record<string, Reaction>> = {},
  options: ConnectOptions = {},
): Promise<{ readonly server: ScriptedServer; readonly connection: NetConnection }> {
  const server = new ScriptedServer({ reactions });
  const connection = await connect(URL, { ...options, stream: server.clientStream });
  return { server, connection };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Configurations, then pictures and sound in turn; payloads from 1 byte to more than one chunk. */
function clip(count: number, seed: number): OutgoingMedia[] {
  const messages: OutgoingMedia[] = [
    { kind: "video", timestamp: 0, payload: hex`17 00 000000 01 64001f ff` },
    { kind: "audio", timestamp: 0, payload: hex`af 00 12 10` },
  ];
  for (let index = 0; index < count; index++) {
    const isVideo = index % 2 === 0;
    const payload = new Uint8Array(2 + ((index * 977 + seed) % 20_000));
    for (let at = 0; at < payload.length; at++) payload[at] = (at * 31 + index + seed) & 0xff;
    payload.set(isVideo ? [index % 20 === 0 ? 0x17 : 0x27, 1] : [0xaf, 1]);
    messages.push({ kind: isVideo ? "video" : "audio", timestamp: index * 20, payload });
  }
  return messages;
}

async function take(stream: PlayStream, count: number): Promise<OutgoingMedia[]> {
  const messages: OutgoingMedia[] = [];
  for await (const { kind, timestamp, payload } of stream) {
    messages.push({ kind, timestamp, payload });
    if (messages.length === count) break;
  }
  return messages;
}

for (const interleave of ["message", "chunk"] as const) {
  test(`what is published arrives bit by bit, ${interleave} by ${interleave}`, async (context) => {
    const { dial } = memoryServer(context);
    const publisher = await dial({ interleave });
    const published = await publisher.publish("key");
    const player = await dial({ interleave });
    const played = await player.play("key");
    const messages = clip(200, 1);
    for (const message of messages) if (!published.write(message)) await published.ready();
    deepEqual(byKind(await take(played, messages.length)), byKind(messages));
    await publisher.close();
    await player.close();
  });
}

/** Audio may overtake video where chunks interleave; each for itself keeps its order. */
function byKind(messages: readonly OutgoingMedia[]): OutgoingMedia[][] {
  return ["audio", "video"].map((kind) => messages.filter((message) => message.kind === kind));
}

test("a payload may be used again at once, and what was received stays as it is", async (context) => {
  const { dial } = memoryServer(context);
  const connection = await dial({ interleave: "chunk" });
  const published = await connection.publish("key");
  const played = await connection.play("key");
  const payload = new Uint8Array(30_000);
  for (let index = 0; index < 5; index++) {
    payload.fill(index).set([0xaf, 1]);
    published.write({ kind: "audio", timestamp: index, payload });
  }
  deepEqual(
    (await take(played, 5)).map((message) => [message.payload[2], message.payload.at(-1)]),
    [0, 1, 2, 3, 4].map((index) => [index, index]),
  );
  await connection.close();
});

test("timestamps go out modulo 2^32", async () => {
  const { server, connection } = await scripted();
  const stream = await connection.publish("key");
  stream.write({ kind: "audio", timestamp: 2 ** 32 - 1, payload: hex`af 01` });
  stream.write({ kind: "audio", timestamp: 2 ** 32 + 20, payload: hex`af 01` });
  await connection.close();
  deepEqual(
    server.messages.map(({ timestamp }) => timestamp),
    [2 ** 32 - 1, 20],
  );
});

test("several streams on one connection, both ways", async (context) => {
  const { dial } = memoryServer(context);
  const connection = await dial();
  const names = ["a", "b", "c"];
  const published = await Promise.all(names.map((name) => connection.publish(name)));
  const played = await Promise.all(names.map((name) => connection.play(name)));
  const clips = names.map((_, index) => clip(40, index));
  for (let at = 0; at < 42; at++) {
    for (const [index, messages] of clips.entries()) {
      const message = messages[at];
      if (message !== undefined) published[index]?.write(message);
    }
  }
  deepEqual(await Promise.all(played.map((stream) => take(stream, 42))), clips);
  await connection.close();
});

test("metadata is set, and data travels in time with the media", async (context) => {
  const { dial } = memoryServer(context);
  const connection = await dial();
  const published = await connection.publish("key");
  published.setMetadata({ width: 640, encoder: "test", nested: { a: [1] } });
  published.write({ kind: "audio", timestamp: 70, payload: hex`af 01` });
  published.sendData("onCuePoint", { name: "here" });
  const played = await connection.play("key");
  published.sendData("onTextData", { text: "more" });
  published.writeData(hex`02 0001 61`, 80);
  const [metadata, audio, ...data] = await take(played, 5);
  ok(metadata !== undefined);
  const read = decodeData({ type: 18, streamId: 1, ...metadata });
  equal(read?.name, "onMetaData");
  ok(read.values[0] instanceof AmfEcmaArray);
  equal(read.values[0].get("width"), 640);
  equal(audio?.timestamp, 70);
  deepEqual(
    data.map((message) => [message.timestamp, decodeData({ type: 18, streamId: 1, ...message })?.name]),
    [
      [70, "onCuePoint"],
      [70, "onTextData"],
      [80, "a"],
    ],
  );
  await connection.close();
});

test("metadata of a file goes out as metadata to keep, and other data as it is", async () => {
  const { server, connection } = await scripted();
  const stream = await connection.publish("key");
  const metadata = hex`02 000a 6f6e4d65746144617461 05`;
  stream.write({ kind: "data", timestamp: 0, payload: metadata });
  stream.write({ kind: "data", timestamp: 0, payload: hex`02 0001 61 05` });
  stream.writeData(metadata);
  await connection.close();
  deepEqual(
    server.messages.map(({ payload }) => payload),
    [
      hex`02 000d 40736574446174614672616d65   02 000a 6f6e4d65746144617461 05   ; @setDataFrame, onMetaData, null`,
      hex`02 0001 61 05`,
      metadata,
    ],
  );
});

test("a refused publish and a refused play are StatusErrors", async (context) => {
  const { dial } = memoryServer(context, {
    hooks: {
      onPublish: () => ({ allow: false, reason: "Not you." }),
      onPlay: () => ({ allow: false, reason: "Nor you." }),
    },
  });
  const player = await dial();
  await rejects(player.play("key"), (error) => {
    ok(error instanceof StatusError);
    deepEqual([error.code, error.description], ["NetStream.Play.StreamNotFound", "Nor you."]);
    return true;
  });
  await rejects(player.publish("key"), { code: "NetStream.Publish.BadName", description: "Not you." });
  equal((await player.closed).kind, "server");
});

test("servers that refuse by another level, or by _error", async () => {
  const { connection } = await scripted({
    publish: (server, _, streamId) => server.status(streamId, "NetStream.Publish.BadName", "status", "Taken."),
    play: (server, { transactionId }) =>
      server.error(transactionId, { code: "NetStream.Play.Failed", description: "No." }),
    createStream: (server, { transactionId }) => server.result(transactionId, server.createStreamId()),
  });
  await rejects(connection.publish("key"), { code: "NetStream.Publish.BadName", level: "status" });
  await rejects(connection.play("key"), { code: "NetStream.Play.Failed", level: "error" });
  await connection.close();
});

test("createStream can be refused, or be answered twice with the same stream", async () => {
  const { connection } = await scripted({
    createStream: (server, { transactionId }) => server.error(transactionId, { code: "NetConnection.Call.Failed" }),
  });
  await rejects(connection.play("key"), { code: "NetConnection.Call.Failed" });
  await connection.close();

  const { connection: other } = await scripted({
    createStream: (server, { transactionId }) => server.result(transactionId, 1),
  });
  const stream = await other.play("a");
  await rejects(other.play("b"), { code: "command.body" });
  await other.close();
  equal((await stream.ended).kind, "closed");
});

test("a stream that was made too late is given back", async () => {
  let transactionId = 0;
  const { server, connection } = await scripted(
    {
      createStream: (_, command) => {
        transactionId = command.transactionId;
      },
    },
    { timeouts: { answerMs: 10 } },
  );
  await rejects(connection.play("key"), { code: "timeout.answer" });
  server.result(transactionId, 4);
  await turn();
  equal(server.lines.at(-1), "deleteStream/0 4");
  await connection.close();
});

test("statuses on another stream than the one that was made, as MediaMTX sends them", async () => {
  const { connection } = await scripted({
    publish: (server) => server.status(0x1000000, "NetStream.Publish.Start"),
  });
  const stream = await connection.publish("key");
  await connection.close();
  equal((await stream.ended).kind, "closed");
});

test("nobody waits for the answers to releaseStream and FCPublish", async () => {
  const { server, connection } = await scripted();
  const stream = await connection.publish("key?token=1", { type: "record" });
  await stream.close();
  deepEqual(server.lines, [
    "connect/0",
    "releaseStream/0 key?token=1",
    "FCPublish/0 key?token=1",
    "createStream/0",
    "publish/1 key?token=1 record",
    "FCUnpublish/0 key?token=1",
    "deleteStream/0 1",
  ]);
  await connection.close();
});

test("play says where to start, and how much is held", async () => {
  const { server, connection } = await scripted();
  await connection.play("key", { startMs: 5000, durationMs: 1000, reset: false, bufferMs: 700 });
  deepEqual(server.lines.slice(-2), ["play/1 key 5000 1000 false", "set-buffer-length"]);
  await connection.close();
});

test("pause, receiveAudio and receiveVideo are asked of the server", async () => {
  const { server, connection } = await scripted();
  const stream = await connection.play("key");
  server.video(1, 1234, hex`17 01`);
  await turn();
  stream.pause(true);
  stream.pause(false);
  stream.receiveAudio(false);
  stream.receiveVideo(true);
  await turn();
  deepEqual(server.lines.slice(-4), [
    "pause/1 true 1234",
    "pause/1 false 1234",
    "receiveAudio/1 false",
    "receiveVideo/1 true",
  ]);
  await connection.close();
});

test("a player waits for its publisher, and is told when one comes and goes", async (context) => {
  const { dial } = memoryServer(context, { publish: { graceMs: 0 } });
  const player = await dial();
  const codes: string[] = [];
  const played = await player.play("key", { onStatus: ({ code }) => codes.push(code) });
  const publisher = await dial();
  const published = await publisher.publish("key");
  published.write({ kind: "audio", timestamp: 0, payload: hex`af 01 01` });
  await turn();
  await published.close();
  await turn();
  deepEqual(codes, [
    "NetStream.Play.Reset",
    "NetStream.Play.Start",
    "NetStream.Play.PublishNotify",
    "NetStream.Play.UnpublishNotify",
  ]);
  await played.close();
  deepEqual(await take(played, 5), [{ kind: "audio", timestamp: 0, payload: hex`af 01 01` }]);
  equal((await played.ended).kind, "closed");
  await publisher.close();
  await player.close();
});

test("what is said to Flash Players is no medium", async () => {
  const codes: string[] = [];
  const { server, connection } = await scripted();
  const stream = await connection.play("key", { onStatus: ({ code }) => codes.push(code) });
  server.data(1, "|RtmpSampleAccess", true, true);
  server.data(1, "onStatus", { code: "NetStream.Data.Start" });
  server.data(1, "onTextData", { text: "a" });
  server.data(1, "onPlayStatus", { level: "status", code: "NetStream.Play.Complete", duration: 1 });
  deepEqual(
    (await take(stream, 5)).map(({ kind }) => kind),
    ["data"],
  );
  deepEqual(codes, ["NetStream.Play.Reset", "NetStream.Play.Start", "NetStream.Data.Start", "NetStream.Play.Complete"]);
  const end = await stream.ended;
  deepEqual([end.kind, end.status?.code], ["complete", "NetStream.Play.Complete"]);
  await connection.close();
});

test("media without Play.Start counts as a start", async () => {
  const { connection } = await scripted({ play: (server) => server.video(1, 40, hex`17 01 000000 02`) });
  const stream = await connection.play("key");
  deepEqual(await take(stream, 1), [{ kind: "video", timestamp: 40, payload: hex`17 01 000000 02` }]);
  await connection.close();
});

test("the server stops a stream in order: what has arrived is taken, then the loop ends", async () => {
  const { server, connection } = await scripted();
  const stream = await connection.play("key");
  server.video(1, 0, hex`17 01`);
  server.status(1, "NetStream.Play.Stop");
  equal((await take(stream, 5)).length, 1);
  equal((await stream.ended).kind, "stopped");
  await turn();
  equal(server.lines.at(-1), "deleteStream/0 1");
  await connection.close();
});

test("a seek that fails does not end a stream; another error does", async () => {
  const { server, connection } = await scripted();
  const stream = await connection.play("key");
  server.status(1, "NetStream.Seek.Failed", "error");
  server.video(1, 0, hex`17 01`);
  server.status(1, "NetStream.Failed", "error", "Out of disk.");
  await rejects(take(stream, 5), { code: "NetStream.Failed", description: "Out of disk." });
  equal((await stream.ended).kind, "refused");

  const published = await connection.publish("other");
  server.status(2, "NetStream.Publish.BadName", "error", "Taken over.");
  const end = await published.ended;
  deepEqual([end.kind, end.description], ["refused", "publish was refused: NetStream.Publish.BadName: Taken over."]);
  await connection.close();
});

test("what still comes for a deleted stream is not taken for another's, nor for the connection's", async () => {
  const { server, connection } = await scripted({}, { onStatus: ({ code }) => fail(code) });
  const first = await connection.play("a");
  const second = await connection.play("b");
  await first.close();
  server.video(1, 10, hex`17 01`);
  server.status(1, "NetStream.Play.Stop");
  server.video(2, 20, hex`17 01`);
  deepEqual(
    (await take(second, 1)).map(({ timestamp }) => timestamp),
    [20],
  );
  await connection.close();
});

test("onMessage hands over what waited, then each message without a copy", async () => {
  const { server, connection } = await scripted();
  const stream = await connection.play("key");
  server.video(1, 0, hex`17 01`);
  await turn();
  const seen: number[] = [];
  const stop = stream.onMessage(({ timestamp }) => void seen.push(timestamp));
  throws(() => stream.onMessage(() => undefined), /has a reader already/);
  throws(() => stream[Symbol.asyncIterator]().next(), /has a reader already/);
  server.video(1, 40, hex`27 01`);
  await turn();
  stop();
  server.video(1, 80, hex`27 01`);
  await turn();
  deepEqual(seen, [0, 40]);
  deepEqual(
    (await take(stream, 1)).map(({ timestamp }) => timestamp),
    [80],
  );
  await connection.close();
});

test("a throw at what has been waiting reaches the caller, and the stream can be taken otherwise", async () => {
  const { server, connection } = await scripted();
  const stream = await connection.play("key", { maxWaitingBytes: 1000 });
  for (let timestamp = 0; timestamp < 3; timestamp++) server.video(1, timestamp, new Uint8Array(600).fill(0x27));
  await turn();
  throws(() => {
    stream.onMessage(() => {
      throw new Error("not this one");
    });
  }, /not this one/);
  deepEqual(
    (await take(stream, 2)).map(({ timestamp }) => timestamp),
    [1, 2],
  );
  await connection.close();
});

test("a reader that does not come holds up the server, and goes on where it was", async () => {
  const { server, connection } = await scripted();
  const stream = await connection.play("key", { maxWaitingBytes: 10_000 });
  const payload = new Uint8Array(1000).fill(0x27);
  let sent = 0;
  // Each in a turn of its own: a socket, too, is paused between its reads only.
  while (server.stream.unsentBytes === 0 && sent < 100) {
    server.video(1, sent++, payload);
    await turn();
  }
  ok(sent < 15, `${sent} messages of 1000 bytes were taken`);
  for (; sent < 50; sent++) server.video(1, sent, payload);
  const timestamps = (await take(stream, 50)).map(({ timestamp }) => timestamp);
  deepEqual(timestamps, [...Array(50).keys()]);
  equal(server.stream.unsentBytes, 0);
  await connection.close();
});

test("closing a stream that holds up the connection lets the others go on", async () => {
  const { server, connection } = await scripted({ add: (peer, { transactionId }) => peer.result(transactionId, 3) });
  const stream = await connection.play("key", { maxWaitingBytes: 1000 });
  server.video(1, 0, new Uint8Array(2000));
  await turn();
  const adding = connection.call("add", 1, 2);
  await turn();
  ok(server.stream.unsentBytes > 0);
  await stream.close();
  equal(await adding, 3);
  await connection.close();
});

test("a server that does not read holds up the publisher, whose queue is bounded", async () => {
  const { server, connection } = await scripted({}, { highWaterBytes: 20_000, maxQueuedBytes: 50_000 });
  const stream = await connection.publish("key");
  server.stream.pause();
  const message: OutgoingMedia = { kind: "video", timestamp: 0, payload: new Uint8Array(6000).fill(0x27) };
  deepEqual(
    [1, 2, 3].map(() => stream.write(message)),
    [true, true, true],
  );
  equal(stream.write(message), false);
  let isReady = false;
  const ready = stream.ready().then(() => {
    isReady = true;
  });
  for (let count = 4; count < 8; count++) equal(stream.write(message), false);
  throws(() => stream.write(message), { code: "publish.queue" });
  throws(() => stream.write({ ...message, payload: new Uint8Array(2 ** 24) }), RangeError);
  ok(connection.statistics.queuedBytes > 48_000);
  await turn();
  equal(isReady, false);
  server.stream.resume();
  await ready;
  equal(stream.write(message), true);
  await connection.close();
  equal(server.messages.length, 9);
});

test("interleaved chunks: the same bounds, and a call overtakes what waits", async () => {
  const { server, connection } = await scripted(
    { add: (peer, { transactionId }) => peer.result(transactionId, 3) },
    { interleave: "chunk", highWaterBytes: 200_000, maxQueuedBytes: 500_000 },
  );
  const stream = await connection.publish("key");
  server.stream.pause();
  const message: OutgoingMedia = { kind: "video", timestamp: 0, payload: new Uint8Array(100_000).fill(0x27) };
  deepEqual(
    [1, 2, 3, 4].map(() => stream.write(message)),
    [true, false, false, false],
  );
  throws(() => stream.write(message), { code: "publish.queue" });
  const adding = connection.call("add", 1, 2);
  server.stream.resume();
  equal(await adding, 3);
  await stream.close();
  deepEqual(
    server.lines.filter((line) => /^(video|add)/.test(line)),
    ["add/0 1 2", "video/1 0", "video/1 0", "video/1 0", "video/1 0"],
  );
  await connection.close();
});

for (const end of ["stream", "connection"] as const) {
  test(`interleaved chunks: closing the ${end} does not overtake what the stream still has to send`, async () => {
    const { server, connection } = await scripted({}, { interleave: "chunk" });
    const stream = await connection.publish("key");
    server.stream.pause();
    const payload = new Uint8Array(100_000).fill(0x27);
    for (let timestamp = 0; timestamp < 3; timestamp++) stream.write({ kind: "video", timestamp, payload });
    const closing = end === "stream" ? stream.close() : connection.close();
    server.stream.resume();
    await closing;
    deepEqual(
      server.lines.filter((line) => /^(video|FCUnpublish|deleteStream)/.test(line)),
      ["video/1 0", "video/1 1", "video/1 2", "FCUnpublish/0 key", "deleteStream/0 1"],
    );
    await connection.close();
  });
}

test("closing waits until all is sent, but not for ever", async () => {
  const { server, connection } = await scripted({}, { timeouts: { answerMs: 20, closeMs: 20 } });
  const stream = await connection.publish("key");
  server.stream.pause();
  stream.write({ kind: "video", timestamp: 0, payload: new Uint8Array(6000) });
  await rejects(stream.close(), { code: "timeout.answer" });
  equal((await stream.ended).kind, "closed");
  equal((await connection.close()).kind, "closed");
});

test("the server closes in the middle: everything settles", async () => {
  const { server, connection } = await scripted({ wait: () => undefined }, { highWaterBytes: 1000 });
  const published = await connection.publish("a");
  const played = await connection.play("b");
  const pushed = await connection.play("c");
  pushed.onMessage(() => undefined);
  const call = connection.call("wait");
  const next = played[Symbol.asyncIterator]().next();
  server.stream.pause();
  published.write({ kind: "video", timestamp: 0, payload: new Uint8Array(6000) });
  const ready = published.ready();
  const closing = pushed.close();
  server.stream.destroy();
  const code = { code: "connection.closed" };
  await rejects(call, code);
  await rejects(next, code);
  await rejects(ready, code);
  await closing;
  deepEqual(
    (await Promise.all([published.ended, played.ended, pushed.ended])).map(({ kind }) => kind),
    ["disconnected", "disconnected", "closed"],
  );
  equal((await connection.closed).kind, "lost");
  equal(published.write({ kind: "audio", timestamp: 0, payload: hex`af 01` }), false);
  await rejects(published.ready(), code);
  await rejects(take(played, 1), code);
  await rejects(connection.publish("more"), code);
  played.receiveAudio(false);
  await published.close();
});

test("our server shuts down: streams and connection say so", async (context) => {
  const { server, dial } = memoryServer(context);
  const codes: string[] = [];
  const connection = await dial({ onStatus: ({ code }) => codes.push(code) });
  const published = await connection.publish("a");
  const played = await connection.play("b");
  await server.drain();
  deepEqual(codes, ["NetConnection.Connect.AppShutdown"]);
  equal((await played.ended).kind, "stopped");
  equal((await published.ended).kind, "disconnected");
  const { kind, description } = await connection.closed;
  equal(kind, "server");
  ok(description.includes("AppShutdown"), description);
  deepEqual(await take(played, 1), []);
});

test("a connection for one stream closes with it, whoever ends it", async () => {
  const server = new ScriptedServer();
  const played = await playFrom(`${URL}/key`, { stream: server.clientStream, play: { bufferMs: 100 } });
  server.status(1, "NetStream.Play.Stop");
  equal((await played.ended).kind, "stopped");
  await turn();
  equal(server.lines.at(-1), "closed");

  const refusing = new ScriptedServer({
    reactions: { publish: (peer, _, streamId) => peer.status(streamId, "NetStream.Publish.BadName", "error") },
  });
  await rejects(publishTo(`${URL}/key`, { stream: refusing.clientStream }), StatusError);
  await turn();
  equal(refusing.lines.at(-1), "closed");

  const keyless = new ScriptedServer();
  const published = await publishTo("rtmp://example.org/key", { stream: keyless.clientStream });
  ok(keyless.lines.includes("publish/1  live"));
  await published.close();
  equal(keyless.lines.at(-1), "closed");
});

test("a stream that is told to record, append or nothing; data after the end is dropped", async () => {
  const { server, connection } = await scripted();
  const stream = await connection.publish("key", { type: "append" });
  await stream.close();
  equal(stream.setMetadata({ a: 1 }), false);
  equal(stream.write({ kind: "audio", timestamp: 0, payload: hex`af 01` }), false);
  await turn();
  deepEqual(server.messages, []);
  ok(server.lines.includes("publish/1 key append"));
  await connection.close();
});
