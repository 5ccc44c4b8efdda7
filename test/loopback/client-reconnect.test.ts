import { deepEqual, equal, match, ok, rejects, throws } from "node:assert/strict";
import { after, test } from "node:test";
import { hex } from "../../src/bytes/hex.ts";
import { playOn, publishOn } from "../../src/client/connect-on.ts";
import type { OutgoingMedia, PlayStream, ReconnectEvent, ReconnectOptions } from "../../src/client/index.ts";
import { hasMembers } from "../../src/formats/amf/amf-value.ts";
import { decodeData } from "../../src/rtmp/message/data.ts";
import { type Message, MessageType } from "../../src/rtmp/message/message.ts";
import { MemoryPlatform } from "../support/memory-platform.ts";
import { settle } from "../support/rtmp-peer.ts";
import { type Reaction, ScriptedServer } from "./scripted-server.ts";

// Streams in memory do not keep a process alive.
const alive = setInterval(() => {}, 60_000);
after(() => clearInterval(alive));

const AVC = { kind: "video", payload: hex`17 00 000000 01 64001f` } as const;
const AAC = { kind: "audio", payload: hex`af 00 12 10` } as const;
const KEY = hex`17 01 000000 aa`;
const INTER = hex`27 01 000000 bb`;
const SOUND = hex`af 01 cc`;

type Network = {
  readonly platform: MemoryPlatform;
  /** All servers that took a connection, by the order of these. */
  readonly servers: ScriptedServer[];
  readonly events: ReconnectEvent[];
  readonly reconnect: ReconnectOptions;
  /** The last one. */
  server(): ScriptedServer;
  kinds(): readonly string[];
};

function network(
  options: Omit<ReconnectOptions, "onEvent"> = {},
  reactions: Readonly<Record<string, Reaction>> = {},
): Network {
  const platform = new MemoryPlatform();
  const servers: ScriptedServer[] = [];
  const events: ReconnectEvent[] = [];
  for (const host of ["a", "b"]) {
    platform.hosts.set(host, (stream) => servers.push(new ScriptedServer({ stream, reactions })));
  }
  return {
    platform,
    servers,
    events,
    reconnect: { ...options, onEvent: (event) => void events.push(event) },
    server() {
      const server = servers.at(-1);
      if (server === undefined) throw new Error("nobody has connected");
      return server;
    },
    kinds: () => events.map(({ kind }) => kind),
  };
}

async function read(stream: PlayStream, count: number): Promise<string[]> {
  const iterator = stream[Symbol.asyncIterator]();
  const lines: string[] = [];
  for (let index = 0; index < count; index++) {
    const { value } = await iterator.next();
    lines.push(value === undefined ? "end" : `${value.kind} ${value.timestamp}`);
  }
  return lines;
}

function textOf({ type, timestamp, payload, streamId }: Message): string {
  if (type !== MessageType.Data) return `${type === MessageType.Audio ? "audio" : "video"} ${timestamp} ${payload[1]}`;
  const data = decodeData({ type, timestamp, payload, streamId });
  return `data ${timestamp} ${data?.name} ${String(data?.values[0])}`;
}

test("a play stream goes on over another connection: what waited first, then on in time", async () => {
  const { platform, server, reconnect, kinds, events } = network();
  const stream = await playOn(platform, "rtmp://joe:x@a/live/key", { reconnect });
  server().video(1, 5000, KEY);
  server().video(1, 5040, INTER);
  await settle();
  deepEqual(await read(stream, 1), ["video 5000"]);
  server().stream.destroy();
  await platform.clock.untilWaiting();
  deepEqual(await read(stream, 1), ["video 5040"]);
  await platform.clock.passWait();
  server().data(1, "onMetaData", 1);
  server().video(1, 0, AVC.payload);
  server().video(1, 20, KEY);
  server().video(1, 60, INTER);
  deepEqual(await read(stream, 4), ["data 5040", "video 5040", "video 5540", "video 5580"]);
  deepEqual(kinds(), ["connected", "lost", "waiting", "connected"]);
  deepEqual(events[3], { kind: "connected", url: "rtmp://a/live" });
  equal(stream.statistics.reconnects, 1);
  equal(stream.statistics.messages, 6);
  await stream.close();
  deepEqual(await stream.ended, { kind: "closed", description: "closed by the application" });
  deepEqual(await read(stream, 1), ["end"]);
});

test("by onMessage as well, and what the player wants is asked for again", async () => {
  const { platform, server, reconnect } = network();
  const stream = await playOn(platform, "rtmp://a/live/key", { reconnect });
  stream.receiveAudio(false);
  stream.receiveVideo(false);
  stream.pause(true);
  const seen: number[] = [];
  server().video(1, 100, KEY);
  await settle();
  const stop = stream.onMessage(({ timestamp }) => void seen.push(timestamp));
  throws(() => stream.onMessage(() => undefined), /has a reader already/);
  await rejects(stream[Symbol.asyncIterator]().next(), /has a reader already/);
  server().stream.destroy();
  await platform.clock.untilWaiting();
  throws(() => stream.append("x"), { code: "connection.closed" });
  await rejects(stream.seek(1), { code: "connection.closed" });
  await platform.clock.passWait();
  server().video(1, 0, KEY);
  await settle();
  deepEqual(seen, [100, 600]);
  stop();
  ok(server().lines.includes("receiveAudio/1 false"));
  ok(server().lines.includes("receiveVideo/1 false"));
  ok(server().lines.some((line) => line.startsWith("pause/1 true")));
  await stream.close();
});

test("a recording goes on where it was", async () => {
  const { platform, server, reconnect } = network();
  const stream = await playOn(platform, "rtmp://a/live/key", { reconnect, play: { startMs: 1000, durationMs: 9000 } });
  server().video(1, 5000, KEY);
  await read(stream, 1);
  server().stream.destroy();
  await platform.clock.passWait();
  ok(server().lines.includes("play/1 key 5000 5000 true"), server().lines.join());
  await stream.close();
});

test("neither what waits of a recording is asked for again, nor does a pause count as played", async () => {
  for (const isRelative of [false, true]) {
    const { platform, server, reconnect } = network();
    const stream = await playOn(platform, "rtmp://a/live/key", { reconnect, play: { startMs: 1000 } });
    const send = (positionMs: number, askedMs: number): void =>
      server().video(1, isRelative ? positionMs - askedMs : positionMs, KEY);
    for (const positionMs of [1000, 5000]) send(positionMs, 1000);
    await settle();
    await read(stream, 1);
    server().stream.destroy();
    await platform.clock.untilWaiting();
    platform.clock.now += 30_000;
    await platform.clock.passWait();
    ok(server().lines.includes("play/1 key 5000"), server().lines.join());
    // From the keyframe before, which servers begin at.
    for (const positionMs of isRelative ? [5000, 8000] : [4000, 8000]) send(positionMs, 5000);
    await settle();
    await read(stream, 3);
    server().stream.destroy();
    await platform.clock.passWait();
    ok(server().lines.includes("play/1 key 8000"), server().lines.join());
    await stream.close();
  }
});

test("a published stream begins anew with metadata and configurations, at a keyframe", async () => {
  const { platform, server, reconnect } = network();
  const stream = await publishOn(platform, "rtmp://a/live/key", { reconnect });
  stream.setMetadata({ width: 1 });
  const write = (timestamp: number, message: Omit<OutgoingMedia, "timestamp">): boolean =>
    stream.write({ ...message, timestamp });
  write(0, AVC);
  write(0, AAC);
  write(0, { kind: "video", payload: KEY });
  server().stream.destroy();
  await platform.clock.untilWaiting();
  equal(write(40, { kind: "video", payload: INTER }), true);
  stream.sendData("onCuePoint", 1);
  write(60, { kind: "audio", payload: hex`af 00 11 90` });
  await stream.ready();
  await platform.clock.passWait();
  write(80, { kind: "video", payload: INTER });
  write(90, { kind: "audio", payload: SOUND });
  write(120, { kind: "video", payload: KEY });
  write(130, { kind: "audio", payload: SOUND });
  await settle();
  deepEqual(server().messages.map(textOf), [
    "data 120 @setDataFrame onMetaData",
    "video 120 0",
    "audio 120 0",
    "video 120 1",
    "audio 130 1",
  ]);
  deepEqual(server().messages[2]?.payload, hex`af 00 11 90`);
  const { messages, droppedMessages, reconnects } = stream.statistics;
  deepEqual([messages, droppedMessages, reconnects], [6, 5, 1]);
  await stream.close();
  ok(server().lines.includes("FCUnpublish/0 key"));
});

test("sound alone need not wait, and data that was taken back is not sent again", async () => {
  const { platform, server, reconnect } = network();
  const stream = await publishOn(platform, "rtmp://a/live/key", { reconnect });
  stream.sendData("@setDataFrame", "onA", 1);
  stream.sendData("@setDataFrame", "onB", 1);
  stream.sendData("@clearDataFrame", "onA");
  stream.write({ ...AAC, timestamp: 0 });
  server().stream.destroy();
  await platform.clock.passWait();
  stream.write({ kind: "audio", timestamp: 50, payload: SOUND });
  await settle();
  deepEqual(server().messages.map(textOf), ["data 50 @setDataFrame onB", "audio 50 0", "audio 50 1"]);
  await stream.close();
});

test("pauses grow by the rule and by chance, and a stream that lasted begins anew", async () => {
  const { platform, server, reconnect } = network({ firstMs: 100, maxMs: 350 });
  platform.clock.chance = 0.5;
  const stream = await playOn(platform, "rtmp://a/live/key", { reconnect });
  const host = platform.hosts.get("a");
  platform.hosts.delete("a");
  server().stream.destroy();
  for (let attempt = 0; attempt < 4; attempt++) await platform.clock.passWait();
  deepEqual(platform.clock.delaysMs, [50, 100, 175, 175, 175]);
  if (host !== undefined) platform.hosts.set("a", host);
  await platform.clock.passWait();
  // Too short a life: the count goes on.
  server().stream.destroy();
  await platform.clock.passWait();
  equal(platform.clock.delaysMs.at(-1), 175);
  platform.clock.now += 10_000;
  server().stream.destroy();
  await platform.clock.passWait();
  equal(platform.clock.delaysMs.at(-1), 50);
  await stream.close();
});

test("after so many attempts it gives up, and says why", async () => {
  const { platform, server, reconnect, kinds } = network({ maxAttempts: 2 });
  const stream = await playOn(platform, "rtmp://a/live/key", { reconnect });
  const published = await publishOn(platform, "rtmp://b/live/key", { reconnect: { maxAttempts: 1 } });
  platform.hosts.clear();
  platform.streams[0]?.destroy();
  await platform.clock.passWait();
  await platform.clock.passWait();
  const end = await stream.ended;
  equal(end.kind, "disconnected");
  match(end.description, /^gave up after 2 attempts: a refuses/);
  await rejects(read(stream, 1), /a refuses/);
  deepEqual(kinds(), ["connected", "lost", "waiting", "failed", "waiting", "failed", "gave-up"]);
  server().stream.destroy();
  await platform.clock.passWait();
  equal((await published.ended).kind, "disconnected");
  equal(published.isOver, true);
  equal(published.write({ ...AAC, timestamp: 0 }), false);
  await rejects(published.ready(), /b refuses/);
});

for (const retryRefusals of [false, true]) {
  test(`a refusal is ${retryRefusals ? "" : "not "}tried again`, async () => {
    let count = 0;
    const publish: Reaction = (peer, _, streamId) => {
      if (++count === 2) peer.status(streamId, "NetStream.Publish.BadName", "error", "busy");
      else peer.status(streamId, "NetStream.Publish.Start");
    };
    const { platform, server, reconnect, events } = network({ retryRefusals }, { publish });
    const stream = await publishOn(platform, "rtmp://a/live/key", { reconnect });
    server().stream.destroy();
    await platform.clock.passWait();
    if (retryRefusals) {
      await platform.clock.passWait();
      equal(events.at(-1)?.kind, "connected");
      return await stream.close();
    }
    const { kind, error } = await stream.ended;
    equal(kind, "refused");
    match(String(error), /busy/);
  });
}

test("what ends in order is over; a server that goes down is to come again", async () => {
  const over = network();
  const stream = await playOn(over.platform, "rtmp://a/live/key", { reconnect: over.reconnect });
  over.server().status(1, "NetStream.Play.Stop");
  equal((await stream.ended).kind, "stopped");
  deepEqual(over.kinds(), ["connected"]);
  const down = network();
  const other = await playOn(down.platform, "rtmp://a/live/key", { reconnect: down.reconnect });
  down.server().status(1, "NetStream.Play.Stop");
  down.server().status(0, "NetConnection.Connect.AppShutdown", "error");
  await down.platform.clock.passWait();
  deepEqual(down.kinds(), ["connected", "lost", "waiting", "connected"]);
  await other.close();
});

test("a fault of the server is no refusal", async () => {
  const { platform, server, reconnect, kinds } = network();
  const stream = await publishOn(platform, "rtmp://a/live/key", { reconnect });
  server().status(1, "NetStream.Failed", "error", "too slow");
  await platform.clock.passWait();
  deepEqual(kinds(), ["connected", "lost", "waiting", "connected"]);
  await stream.close();
});

function requestMove(server: ScriptedServer, tcUrl?: string): void {
  const info = {
    level: "status",
    code: "NetConnection.Connect.ReconnectRequest",
    ...(tcUrl !== undefined && { tcUrl }),
  };
  server.command("onStatus", 0, info);
}

test("the server asks a player to move: it has both for a moment, and nothing is lost", async () => {
  const { platform, server, servers, reconnect, events } = network();
  const stream = await playOn(platform, "rtmp://a/live/key", { reconnect });
  server().video(1, 0, KEY);
  await settle();
  requestMove(server(), "//b/other");
  await settle();
  equal(servers.length, 2);
  ok(servers[0]?.lines.includes("closed"));
  server().video(1, 40, KEY);
  deepEqual(await read(stream, 2), ["video 0", "video 40"]);
  deepEqual(platform.dialled, ["rtmp://a/live/key", "rtmp://b/other/key"]);
  deepEqual(events.slice(1), [
    { kind: "moving", url: "//b/other" },
    { kind: "connected", url: "rtmp://b/other" },
  ]);
  await stream.close();
});

test("the server asks a publisher to move: the old one gets all until the next keyframe", async () => {
  const { platform, server, servers, reconnect } = network();
  const stream = await publishOn(platform, "rtmp://a/live/key", { reconnect });
  stream.write({ ...AVC, timestamp: 0 });
  stream.write({ kind: "video", timestamp: 0, payload: KEY });
  requestMove(server(), "rtmp://b/live");
  await settle();
  stream.write({ kind: "video", timestamp: 40, payload: INTER });
  stream.write({ kind: "video", timestamp: 80, payload: KEY });
  await settle();
  deepEqual(servers[0]?.messages.map(textOf), ["video 0 0", "video 0 1", "video 40 1"]);
  deepEqual(servers[1]?.messages.map(textOf), ["video 80 0", "video 80 1"]);
  ok(servers[0]?.lines.includes("closed"));
  equal(stream.statistics.droppedMessages, 0);
  await stream.close();
});

test("a move that fails leaves the stream where it is; when that is lost, the first URL counts", async () => {
  const { platform, server, servers, reconnect, kinds } = network();
  const stream = await playOn(platform, "rtmp://a/live/key", { reconnect });
  requestMove(server(), "rtmp://nowhere/live");
  await settle();
  deepEqual(kinds(), ["connected", "moving", "failed"]);
  server().video(1, 0, KEY);
  deepEqual(await read(stream, 1), ["video 0"]);
  server().stream.destroy();
  await platform.clock.passWait();
  equal(servers.length, 2);
  deepEqual(platform.dialled, ["rtmp://a/live/key", "rtmp://nowhere/live/key", "rtmp://a/live/key"]);
  await stream.close();
});

/** Has a host take connections, and answer `connect` when the test says so. */
function holdConnect({ platform, servers }: Network, host: string): PromiseWithResolvers<() => void> {
  const held = Promise.withResolvers<() => void>();
  const connect: Reaction = (server, { transactionId }) =>
    held.resolve(() => server.result(transactionId, { code: "NetConnection.Connect.Success" }));
  platform.hosts.set(host, (stream) => servers.push(new ScriptedServer({ stream, reactions: { connect } })));
  return held;
}

test("a connection that is lost while the stream moves is not opened again beside it", async () => {
  const net = network();
  const { platform, server, servers, reconnect, kinds } = net;
  const held = holdConnect(net, "b");
  const stream = await publishOn(platform, "rtmp://a/live/key", { reconnect });
  requestMove(server(), "rtmp://b/live");
  const accept = await held.promise;
  servers[0]?.stream.destroy();
  await settle();
  deepEqual(platform.clock.delaysMs, []);
  accept();
  await settle();
  stream.write({ kind: "video", timestamp: 80, payload: KEY });
  await settle();
  deepEqual(servers[1]?.messages.map(textOf), ["video 80 1"]);
  deepEqual(kinds(), ["connected", "moving", "connected"]);
  deepEqual(platform.dialled, ["rtmp://a/live/key", "rtmp://b/live/key"]);
  await stream.close();
  ok(servers[1]?.lines.includes("closed"));
});

test("a stream that ends in order while it moves is over, and nothing is left of the move", async () => {
  const net = network();
  const { platform, server, servers, reconnect } = net;
  const held = holdConnect(net, "b");
  const stream = await playOn(platform, "rtmp://a/live/key", { reconnect });
  requestMove(server(), "rtmp://b/live");
  await held.promise;
  servers[0]?.status(1, "NetStream.Play.Stop");
  equal((await stream.ended).kind, "stopped");
  await settle();
  ok(servers[1]?.lines.includes("closed"));
});

test("a publisher that loses the new place before it has used it leaves the old one too", async () => {
  const { platform, server, servers, reconnect } = network();
  const stream = await publishOn(platform, "rtmp://a/live/key", { reconnect });
  stream.write({ kind: "video", timestamp: 0, payload: KEY });
  requestMove(server(), "rtmp://b/live");
  await settle();
  servers[1]?.stream.destroy();
  await platform.clock.passWait();
  ok(servers[0]?.lines.includes("closed"));
  equal(servers.length, 3);
  stream.write({ kind: "video", timestamp: 80, payload: KEY });
  await settle();
  deepEqual(servers[2]?.messages.map(textOf), ["video 80 1"]);
  await stream.close();
  deepEqual(
    servers.map(({ lines }) => lines.includes("closed")),
    [true, true, true],
  );
});

test("servers that send the client back and forth are not asked without a pause", async () => {
  const { platform, server, servers, reconnect } = network();
  const stream = await playOn(platform, "rtmp://a/live/key", { reconnect });
  requestMove(server(), "rtmp://b/live");
  await settle();
  equal(servers.length, 2);
  requestMove(server(), "rtmp://a/live");
  await platform.clock.untilWaiting();
  equal(servers.length, 2);
  await platform.clock.passWait();
  equal(servers.length, 3);
  requestMove(server(), "rtmp://b/live");
  await platform.clock.passWait();
  deepEqual(platform.clock.delaysMs, [500, 1000]);
  platform.clock.now += 10_000;
  requestMove(server(), "rtmp://a/live");
  await settle();
  equal(servers.length, 5);
  requestMove(server(), "rtmp://b/live");
  await platform.clock.untilWaiting();
  await stream.close();
  equal(servers.length, 5);
});

test("a reader by onMessage can stop after a reconnect, and go on by for await", async () => {
  const { platform, server, reconnect } = network();
  const stream = await playOn(platform, "rtmp://a/live/key", { reconnect });
  const seen: number[] = [];
  const stop = stream.onMessage(({ timestamp }) => void seen.push(timestamp));
  server().video(1, 100, KEY);
  await settle();
  server().stream.destroy();
  await platform.clock.passWait();
  server().video(1, 200, KEY);
  await settle();
  stop();
  server().video(1, 240, INTER);
  await settle();
  deepEqual(seen, [100, 200]);
  deepEqual(await read(stream, 1), ["video 240"]);
  await stream.close();
});

test("a function that throws at a connection leaves none behind", async () => {
  const { platform, servers } = network();
  let count = 0;
  const onEvent = (event: ReconnectEvent): void => {
    if (event.kind === "connected" && ++count % 2 === 1) throw new Error("not this");
  };
  await rejects(publishOn(platform, "rtmp://a/live/key", { reconnect: { onEvent } }), /not this/);
  await settle();
  ok(servers[0]?.lines.includes("closed"));
  const stream = await publishOn(platform, "rtmp://a/live/key", { reconnect: { onEvent } });
  servers[1]?.stream.destroy();
  await platform.clock.passWait();
  match((await stream.ended).description, /a function of the application failed: not this/);
  await settle();
  ok(servers[2]?.lines.includes("closed"));
});

test("who aborts the wait for the first connection gets the signal's reason", async () => {
  const { platform } = network();
  const abort = new AbortController();
  const reason = new Error("enough");
  const starting = playOn(platform, "rtmp://nobody/live/key", { reconnect: { fromStart: true }, signal: abort.signal });
  await platform.clock.untilWaiting();
  abort.abort(reason);
  await rejects(starting, (error) => error === reason);
});

test("close and abort end it in every state", async () => {
  const { platform, server, reconnect } = network();
  const stream = await playOn(platform, "rtmp://a/live/key", { reconnect });
  server().stream.destroy();
  await platform.clock.untilWaiting();
  await stream.close();
  equal((await stream.ended).kind, "closed");
  const abort = new AbortController();
  const published = await publishOn(platform, "rtmp://a/live/key", { reconnect, signal: abort.signal });
  abort.abort(new Error("enough"));
  equal((await published.ended).kind, "closed");
  await rejects(publishOn(platform, "rtmp://a/live/key", { reconnect, signal: abort.signal }), /enough/);
  const waiting = new AbortController();
  const lost = await publishOn(platform, "rtmp://a/live/key", { reconnect, signal: waiting.signal });
  server().stream.destroy();
  await platform.clock.untilWaiting();
  waiting.abort(new Error("enough"));
  deepEqual(await lost.ended, { kind: "closed", description: "enough" });
});

test("the first connection must succeed, unless it need not", async () => {
  const { platform, reconnect, kinds } = network({ fromStart: true });
  await rejects(playOn(platform, "rtmp://nobody/live/key", { reconnect: true }), /nobody refuses/);
  const host = platform.hosts.get("a");
  platform.hosts.delete("a");
  const starting = playOn(platform, "rtmp://a/live/key", { reconnect });
  await platform.clock.passWait();
  if (host !== undefined) platform.hosts.set("a", host);
  await platform.clock.passWait();
  await (await starting).close();
  deepEqual(kinds(), ["waiting", "failed", "waiting", "connected"]);
  const limited = playOn(platform, "rtmp://nobody/live/key", { reconnect: { fromStart: true, maxAttempts: 1 } });
  await Promise.all([rejects(limited, /nobody refuses/), platform.clock.passWait()]);
});

test("a function that throws ends the stream; a stream of one's own is refused", async () => {
  const { platform, server } = network();
  const onEvent = (event: ReconnectEvent): void => {
    if (event.kind === "lost") throw new Error("not this");
  };
  const stream = await playOn(platform, "rtmp://a/live/key", { reconnect: { onEvent } });
  server().stream.destroy();
  match((await stream.ended).description, /a function of the application failed: not this/);
  await rejects(playOn(platform, "rtmp://a/live/key", { reconnect: true, stream: server().stream }), TypeError);
});

test("only who follows a request to move says so", async () => {
  const { platform, servers } = network();
  const streams = [
    await playOn(platform, "rtmp://a/live/key"),
    await playOn(platform, "rtmp://a/live/key", { reconnect: true }),
    await playOn(platform, "rtmp://a/live/key", { onStatus() {} }),
  ];
  const bits = servers.map(({ commands }) => {
    const object = commands.find(({ name }) => name === "connect")?.commandObject;
    return hasMembers(object) ? Number(object.get("capsEx")) & 1 : undefined;
  });
  deepEqual(bits, [0, 1, 1]);
  await Promise.all(streams.map((stream) => stream.close()));
});
