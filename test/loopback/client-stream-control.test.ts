import { deepEqual, equal, ok, rejects, throws } from "node:assert/strict";
import { after, test } from "node:test";
import { hex } from "../../src/bytes/hex.ts";
import { type ConnectOptions, connect, type NetConnection, StatusError } from "../../src/client/index.ts";
import { settle } from "../support/rtmp-peer.ts";
import { type Reaction, ScriptedServer, SILENCE } from "./scripted-server.ts";

const URL = "rtmp://example.org/live";

// Streams in memory do not keep a process alive, and the time-outs of a closing server are not meant to.
const alive = setInterval(() => {}, 60_000);
after(() => clearInterval(alive));

async function scripted(
  reactions: Readonly<Record<string, Reaction>> = {},
  options: ConnectOptions = {},
): Promise<{ readonly server: ScriptedServer; readonly connection: NetConnection }> {
  const server = new ScriptedServer({ reactions });
  const connection = await connect(URL, { ...options, stream: server.clientStream });
  return { server, connection };
}

const REASON = new Error("enough");

test("a seek drops what waits from before, and goes on from there", async () => {
  const { server, connection } = await scripted({
    seek: (peer, _, streamId) => {
      peer.status(streamId, "NetStream.Seek.Notify");
      peer.status(streamId, "NetStream.Play.Start");
      peer.video(streamId, 5000, hex`17 01`);
    },
  });
  const stream = await connection.play("key");
  server.video(1, 40, hex`17 01`);
  await settle();
  equal(stream.statistics.waitingBytes > 0, true);
  await stream.seek(5000);
  const next = await stream[Symbol.asyncIterator]().next();
  equal(next.value?.timestamp, 5000);
  ok(server.lines.includes("seek/1 5000"));
  await connection.close();
});

test("a seek that is refused, unanswered, aborted or overtaken rejects, and the stream goes on", async () => {
  let answer = "NetStream.Seek.Failed";
  const { server, connection } = await scripted({
    seek: (peer, _, streamId) => {
      if (answer !== "") peer.status(streamId, answer, "error", "key is live.");
    },
  });
  const stream = await connection.play("key");
  await rejects(stream.seek(1), (error) => error instanceof StatusError && error.code === "NetStream.Seek.Failed");
  answer = "NetStream.Seek.InvalidTime";
  await rejects(stream.seek(2), { message: "seek was refused: NetStream.Seek.InvalidTime: key is live." });
  answer = "";
  await rejects(stream.seek(3, { timeoutMs: 5 }), { code: "timeout.answer" });
  const abort = new AbortController();
  const aborted = stream.seek(4, { signal: abort.signal });
  abort.abort(REASON);
  await rejects(aborted, REASON);
  await rejects(stream.seek(4, { signal: abort.signal }), REASON);
  const overtaken = stream.seek(5);
  const ended = rejects(stream.seek(6), { code: "connection.closed" });
  await rejects(overtaken, /another seek/);
  server.video(1, 40, hex`17 01`);
  await settle();
  await stream.close();
  await ended;
  await rejects(stream.seek(7), { code: "connection.closed" });
  await connection.close();
});

test("pause says where the player stands, or what it is told", async () => {
  const { server, connection } = await scripted();
  const stream = await connection.play("key");
  server.video(1, 400, hex`17 01`);
  await settle();
  stream.pause(true);
  stream.pause(false, 123);
  await settle();
  deepEqual(
    server.lines.filter((line) => line.startsWith("pause")),
    ["pause/1 true 400", "pause/1 false 123"],
  );
  await connection.close();
});

test("a playlist: the end of an item is not the end of the stream", async () => {
  const { server, connection } = await scripted();
  const stream = await connection.play("first", { startMs: 0, durationMs: 1000 });
  stream.append("second", { startMs: 2000, durationMs: 500 });
  stream.append("third");
  await settle();
  deepEqual(
    server.lines.filter((line) => line.startsWith("play")),
    ["play/1 first 0 1000 true", "play/1 second 2000 500 false", "play/1 third -2000 -1 false"],
  );
  server.status(1, "NetStream.Play.Stop");
  server.data(1, "onPlayStatus", { code: "NetStream.Play.Switch", level: "status" });
  server.status(1, "NetStream.Play.Stop");
  server.data(1, "onPlayStatus", { code: "NetStream.Play.Switch", level: "status" });
  await settle();
  server.video(1, 0, hex`17 01`);
  server.status(1, "NetStream.Play.Stop");
  equal((await stream.ended).kind, "stopped");
  throws(() => stream.append("fourth"), { code: "connection.closed" });
  await connection.close();
});

test("data is taken by name, and comes as a message too", async () => {
  const { server, connection } = await scripted();
  const taken: unknown[] = [];
  const handlers = {
    onCuePoint: (...values: readonly unknown[]) => void taken.push(["cue", ...values]),
    onMetaData: () => void taken.push("metadata"),
  };
  const stream = await connection.play("key", { handlers });
  server.data(1, "onCuePoint", "a", 2);
  server.data(1, "onMetaData", { width: 1 });
  server.data(1, "toString", 1);
  server.data(1, "__proto__", 1);
  await settle();
  deepEqual(taken, [["cue", "a", 2], "metadata"]);
  equal(stream.statistics.messages, 4);
  await connection.close();
});

test("a handler that throws ends the connection, and is its reason", async () => {
  const { server, connection } = await scripted();
  const fail = (): never => {
    throw REASON;
  };
  await connection.play("key", { handlers: { onCuePoint: fail } });
  server.data(1, "onCuePoint", 1);
  equal((await connection.closed).error, REASON);
});

test("both sides count what a stream carries", async () => {
  const { server, connection } = await scripted();
  const played = await connection.play("key");
  server.video(1, 40, hex`17 01 02`);
  server.data(1, "a");
  await settle();
  const { waitingBytes, ...received } = played.statistics;
  ok(waitingBytes > 3);
  const none = { audioBytes: 0, videoBytes: 0, dataBytes: 0, lagMs: undefined, droppedMessages: 0, reconnects: 0 };
  deepEqual(received, { ...none, messages: 2, videoBytes: 3, dataBytes: 4, lastTimestamp: 40 });
  const published = await connection.publish("key");
  published.write({ kind: "audio", timestamp: 7, payload: hex`af 01` });
  deepEqual(published.statistics, { ...none, messages: 1, audioBytes: 2, lastTimestamp: 7, waitingBytes: 0 });
  await connection.close();
});

test("an abort gives up createStream, publish and play, and ends a stream that stands", async () => {
  const { server, connection } = await scripted({ publish: SILENCE });
  const give = (): AbortController => new AbortController();
  const [early, late, standing] = [give(), give(), give()];
  early.abort(REASON);
  await rejects(connection.publish("key", { signal: early.signal }), REASON);
  const publishing = connection.publish("key", { signal: late.signal });
  await settle();
  late.abort(REASON);
  await rejects(publishing, REASON);
  const stream = await connection.play("key", { signal: standing.signal });
  standing.abort(REASON);
  equal((await stream.ended).kind, "closed");
  await settle();
  deepEqual(
    server.lines.filter((line) => line.startsWith("deleteStream")),
    ["deleteStream/0 1", "deleteStream/0 2"],
  );
  await connection.close();
});

test("an abort gives up a call and a ping, and no other", async () => {
  const { server, connection } = await scripted({ slow: SILENCE });
  const abort = new AbortController();
  const call = connection.callWith({ signal: abort.signal }, "slow");
  server.stream.pause();
  const ping = connection.ping({ signal: abort.signal });
  const other = connection.ping();
  await settle();
  abort.abort(REASON);
  await rejects(call, REASON);
  await rejects(ping, REASON);
  await rejects(connection.callWith({ signal: abort.signal }, "slow"), REASON);
  await rejects(connection.ping({ signal: abort.signal }), REASON);
  server.stream.resume();
  ok((await other) >= 0);
  await connection.close();
});

test("a createStream that is never answered gives its place back; its late stream is deleted", async () => {
  const late: (() => void)[] = [];
  const createStream: Reaction = (peer, { transactionId }) => {
    late.push(() => peer.result(transactionId, late.length));
  };
  const limits = { maxNetStreams: 2, maxPendingCalls: 2 };
  const { server, connection } = await scripted({ createStream }, { limits, timeouts: { answerMs: 5 } });
  for (let time = 0; time < 5; time++) await rejects(connection.play("key"), { code: "timeout.answer" });
  for (const answer of late) answer();
  await settle();
  equal(server.lines.filter((line) => line === "deleteStream/0 5").length, 5);
  await connection.close();
});

test("limits of the client: streams and calls of its own reject, what the server sends ends the connection", async () => {
  const limits = { maxNetStreams: 1, maxPendingCalls: 1, maxMessageBytes: 1000, maxAmfDepth: 2, maxAmfValues: 10 };
  const { connection } = await scripted({ slow: SILENCE }, { limits });
  await connection.play("key");
  await rejects(connection.play("other"), { code: "session.stream-limit" });
  const slow = connection.call("slow");
  await rejects(connection.call("slow"), { code: "session.call-limit" });
  const closed = rejects(slow, { code: "connection.closed" });
  await connection.close();
  await closed;
  const endOf = async (attack: (server: ScriptedServer) => void, more: ConnectOptions["limits"] = {}) => {
    const { server, connection: attacked } = await scripted({}, { limits: { ...limits, ...more } });
    attack(server);
    const { error } = await attacked.closed;
    return error !== undefined && "code" in error ? error.code : undefined;
  };
  equal(await endOf((server) => server.video(1, 0, new Uint8Array(1001))), "chunk.message-limit");
  const flood = (server: ScriptedServer): void => {
    for (let count = 0; count < 3; count++) server.command("a", 0);
  };
  equal(await endOf(flood, { maxCommandsPerSecond: 1 }), "session.flood");
});

test("limits of AMF: a call is answered by an error, and the connection lives on", async () => {
  const { server, connection } = await scripted(
    {},
    { limits: { maxAmfDepth: 2, maxAmfValues: 10 }, methods: { a: () => 1 } },
  );
  server.command("a", 1, [[]]);
  server.command("a", 2, [[[]]]);
  server.command("a", 3, Array(11).fill(1));
  await settle();
  const answers = server.commands.filter(({ name }) => name.startsWith("_"));
  deepEqual(
    new Map(answers.map(({ name, transactionId }) => [transactionId, name])),
    new Map([
      [2, "_error"],
      [3, "_error"],
      [1, "_result"],
    ]),
  );
  await connection.close();
});
