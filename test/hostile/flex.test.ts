import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { once } from "node:events";
import { connect as connectSocket } from "node:net";
import { type TestContext, test } from "node:test";
import { connectFlex, type FlexChannel, FlexFault } from "../../src/client/flex/index.ts";
import type { ConnectOptions } from "../../src/client/options.ts";
import type { AmfValue } from "../../src/formats/amf/amf-value.ts";
import { FlexOperation } from "../../src/formats/flex/message.ts";
import { encodeFlexMessage } from "../../src/formats/flex/message-codec.ts";
import { type FlexOptions, messaging, remoting } from "../../src/server/index.ts";
import { socketStream } from "../../src/transport/socket-stream.ts";
import { FlexHttpClient } from "../support/flex-http-client.ts";
import { startLiveServer } from "../support/live-server.ts";

const { Subscribe, MultiSubscribe, Poll } = FlexOperation;

/** A server with a consumer and a producer that mean no harm: `isWell` says whether they are still served. */
async function start(t: TestContext, flex: Partial<FlexOptions> = {}) {
  const chat = messaging({ selectors: true });
  const calc = remoting({ add: (a: number, b: number) => a + b, take: (...values: unknown[]) => values.length });
  const live = await startLiveServer(t, { flex: { destinations: { chat, calc }, ...flex } });
  const url = `rtmp://127.0.0.1:${live.port}`;
  const open = async (options: ConnectOptions = {}): Promise<FlexChannel> => {
    const channel = await connectFlex(url, options);
    t.after(() => channel.connection.close());
    return channel;
  };
  const neighbour = await open();
  const consumer = await neighbour.subscribe("chat", { subtopic: "neighbours" });
  const messages = consumer[Symbol.asyncIterator]();
  const isWell = async (): Promise<void> => {
    equal(await neighbour.service("calc").call("add", 1, 2), 3);
    await neighbour.producer("chat").send("hello", { subtopic: "neighbours" });
    equal((await messages.next()).value?.body, "hello");
  };
  await isWell();
  return { ...live, chat, open, isWell };
}

function subscribing(subtopic: string) {
  const headers: [string, string][] = [["DSSubtopic", subtopic]];
  return encodeFlexMessage({ kind: "command", operation: Subscribe, destination: "chat", headers }, "full");
}

test("a flood of subscriptions ends the connection that sends it, and leaves nothing", async (t) => {
  const { chat, open, isWell } = await start(t);
  const { connection } = await open();
  for (let count = 0; count < 5000; count++) connection.notify("", subscribing(`${count}`));
  equal((await connection.closed).kind, "server");
  await isWell();
  equal(chat.subscriptionCount, 1);
});

test("thousands of subtopics: 256 a connection, and what is said elsewhere goes to those who want it", async (t) => {
  const { chat, open, isWell } = await start(t);
  for (let number = 0; number < 20; number++) {
    const channel = await open();
    const list = Array.from({ length: 256 }, (_, index) => `a.${number}.${index}.*_;_`);
    const command = { kind: "command", operation: MultiSubscribe, destination: "chat" } as const;
    await channel.send({ ...command, headers: [["DSAddSub", list]] });
    await rejects(channel.send({ ...command, headers: [["DSAddSub", ["more_;_"]]] }), FlexFault);
  }
  equal(chat.subscriptionCount, 1 + 20 * 256);
  equal(chat.publish(1, { subtopic: "a.7.7.x" }), 1);
  equal(chat.publish(1, { subtopic: "b.7.7.x" }), 0);
  await isWell();
});

test("selectors that are long, deep, or take their time", async (t) => {
  const { chat, open, isWell } = await start(t);
  const channel = await open();
  const refused = [
    "(".repeat(100_000),
    `${"NOT ".repeat(120)}a`,
    `a = '${"x".repeat(1_000_000)}'`,
    `a LIKE '${"%a".repeat(300)}'`,
    `${"a IN ('".repeat(60)}`,
  ];
  for (const selector of refused) await rejects(channel.subscribe("chat", { selector }), { code: "Server.Processing" });
  for (let count = 0; count < 32; count++) {
    await channel.subscribe("chat", { selector: `a LIKE '${"%a".repeat(240)}${count}'` });
  }
  await rejects(channel.subscribe("chat", { selector: "a = 1" }), { code: "Server.ResourceUnavailable" });
  equal(chat.publish(1, { headers: { a: "a".repeat(1024) } }), 0);
  equal(chat.publish(1, { headers: { a: "a".repeat(1_000_000) } }), 0);
  await isWell();
});

test("values that contain themselves, and few that stand for billions", async (t) => {
  const { open, isWell } = await start(t);
  const [producer, listener] = [await open(), await open()];
  const consumer = await listener.subscribe("chat");
  const messages = consumer[Symbol.asyncIterator]();
  const cycle: AmfValue[] = [];
  cycle.push(cycle, 1);
  let bomb: AmfValue = [1];
  for (let level = 0; level < 13; level++) bomb = Array.from({ length: 100 }, () => bomb);
  for (const value of [cycle, bomb]) {
    await rejects(producer.service("calc").call("take", value), { code: "Client.Message.Encoding" });
    await producer.producer("chat").send(value);
    const { value: message } = await messages.next();
    ok(Array.isArray(message?.body));
  }
  let deep: AmfValue = 1;
  for (let level = 0; level < 60; level++) deep = [deep];
  await rejects(producer.producer("chat").send(deep), { code: "Client.Message.Encoding" });
  await isWell();
});

test("a consumer that does not read loses the oldest; its connection, and all others, go on", async (t) => {
  const { chat, port, open, isWell, until } = await start(t);
  const socket = connectSocket(port, "127.0.0.1");
  await once(socket, "connect");
  const stream = socketStream(socket);
  const lazy = await open({ stream, timeouts: { answerMs: 60_000 } });
  const consumer = await lazy.subscribe("chat", { subtopic: "big" });
  stream.pause();
  const body = "x".repeat(100_000);
  for (let count = 0; count < 300; count++) chat.publish(`${count} ${body}`, { subtopic: "big" });
  await until("a Flex client does not read: the oldest messages for it are dropped");
  await isWell();
  stream.resume();
  const numbers: number[] = [];
  for await (const message of consumer) {
    numbers.push(Number.parseInt(String(message.body), 10));
    if (numbers.at(-1) === 299) break;
  }
  deepEqual(
    numbers,
    numbers.toSorted((a, b) => a - b),
  );
  ok(numbers.length < 299, "not all");
  deepEqual(numbers.slice(-5), [295, 296, 297, 298, 299]);
  equal(await lazy.service("calc").call("add", 2, 2), 4);
});

test("ids and sessions that are guessed are nobody's", async (t) => {
  const { port, isWell } = await start(t);
  for (let guess = 0; guess < 50; guess++) {
    const guesser = new FlexHttpClient(port);
    guesser.id = `00000000-0000-0000-0000-${String(guess).padStart(12, "0")}`;
    guesser.cookie = `flexsession=${guess}`;
    const answer = await guesser.ask({ kind: "command", operation: Poll });
    equal(answer.kind === "error" && answer.faultCode, "Server.Processing.NotSubscribed");
  }
  await isWell();
});

test("passwords that are guessed: three a connection, thirty a minute from one place, and then even the right one is refused", async (t) => {
  const { open, isWell } = await start(t, { login: (user, password) => user === "ann" && password === "right" });
  for (let round = 0; round < 10; round++) {
    const channel = await open();
    for (let guess = 0; guess < 3; guess++) {
      await rejects(channel.login("ann", `${round}${guess}`), { code: "Client.Authentication" });
    }
    equal((await channel.closed).kind, "server");
  }
  await rejects((await open()).login("ann", "right"), { code: "Client.Authentication" });
  await isWell();
});

test("packets whose lengths and counts lie", async (t) => {
  const { port, isWell } = await start(t);
  const packets = [
    "0003",
    "0003 0001",
    "0003 ffff 0000",
    "0003 0000 ffff",
    "0003 0000 0001 ffff",
    "0003 0000 0001 0004 6e756c6c 0002 2f31 7fffffff 05",
    "0003 0000 0001 0004 6e756c6c 0002 2f31 ffffffff",
    "0003 0000 0001 0004 6e756c6c 0002 2f31 ffffffff 0a ffffffff",
    "0003 0001 0001 61 01 00000005 0a 7fffffff 0000",
  ];
  for (const packet of packets) {
    const bytes = Buffer.from(packet.replaceAll(" ", ""), "hex");
    await rejects(new FlexHttpClient(port).post(bytes), /^Error: 400 (?:bytes\.truncated|amf\.limit)/, packet);
  }
  const client = new FlexHttpClient(port);
  await client.post(Buffer.from("000300000001000000022f310000000611ffffffffff", "hex"));
  equal(client.packet.bodies[0]?.targetUri, "/1/onStatus");
  await isWell();
});
