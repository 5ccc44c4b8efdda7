import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import { connectFlex, type FlexConnectOptions, type FlexConsumer, FlexFault } from "../../src/client/flex/index.ts";
import { type AmfEncodable, AmfExternalizable, AmfObject, type AmfValue } from "../../src/formats/amf/amf-value.ts";
import type { FlexMessage, OutgoingFlexMessage } from "../../src/formats/flex/message.ts";
import { decodeFlexMessage, encodeFlexMessage } from "../../src/formats/flex/message-codec.ts";
import { encodeCommand } from "../../src/rtmp/message/command.ts";
import { type Reaction, ScriptedServer } from "./scripted-server.ts";

/** A server that accepts with this information, and answers each message by `answer`; undefined for none. */
async function connected(
  answer: (message: FlexMessage) => AmfEncodable | undefined = (message) =>
    full({ kind: "acknowledge", body: message.kind }),
  { information = {}, ...options }: FlexConnectOptions & { information?: object } = {},
) {
  const asked: (readonly [form: string, message: FlexMessage])[] = [];
  const accept: Reaction = (server, { transactionId }) => {
    const more = { code: "NetConnection.Connect.Success", level: "status", objectEncoding: 3, ...information };
    server.send(encodeCommand({ name: "_result", transactionId, commandObject: {}, args: [more] }, 0));
  };
  const react: Reaction = (server, { transactionId, args: [value] }) => {
    const message = decodeFlexMessage(value);
    ok(message !== undefined);
    asked.push([value instanceof AmfExternalizable ? "small" : "full", message]);
    const reply = answer(message);
    if (reply === undefined) return;
    const isError = decodeFlexMessage(reply as AmfValue)?.kind === "error";
    server.send(encodeCommand({ name: isError ? "_error" : "_result", transactionId, args: [reply] }, 0, AMF3));
  };
  const server = new ScriptedServer({ reactions: { connect: accept, "": react } });
  const channel = await connectFlex("rtmp://example.org", { ...options, stream: server.clientStream });
  const push = (message: OutgoingFlexMessage): void =>
    server.send(encodeCommand({ name: "receive", args: [full(message)] }, 0, AMF3));
  return { server, channel, asked, push };
}

const AMF3 = { objectEncoding: 3 } as const;

function full(message: OutgoingFlexMessage) {
  return encodeFlexMessage(message, "full");
}

async function bodiesOf(consumer: FlexConsumer): Promise<unknown[]> {
  const bodies: unknown[] = [];
  for await (const { body } of consumer) bodies.push(body);
  return bodies;
}

function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test("connect carries four arguments: the last is a full message, as AMF3 inside AMF0", async () => {
  const credentials = { user: "user", password: "pass" };
  const { server, channel } = await connected(undefined, { credentials, flexClientId: "c1", endpoint: "my-rtmp" });
  const command = server.commands.find(({ name }) => name === "connect");
  ok(command !== undefined);
  deepEqual(command.args.slice(0, 3), [false, "c1", "dXNlcjpwYXNz"]);
  const value = command.args[3];
  ok(value instanceof AmfObject && value.sealedKeys.length > 0, "AMF0 does not know sealed members");
  const message = decodeFlexMessage(value);
  ok(message?.kind === "command");
  equal(message.operation, 5);
  deepEqual(
    [...message.headers],
    [
      ["DSMessagingVersion", 1],
      ["DSId", "c1"],
      ["DSEndpoint", "my-rtmp"],
    ],
  );
  await channel.connection.close();
});

test("messages are full until the server says that it reads small ones, and carry the id that it gave", async () => {
  const headers: [string, AmfEncodable][] = [
    ["DSMessagingVersion", 1],
    ["DSId", "c3"],
  ];
  const { channel, asked } = await connected(() => full({ kind: "acknowledge", headers }), {
    information: { id: "c2" },
  });
  equal(channel.id, "c2");
  await channel.ping();
  await channel.ping();
  deepEqual(
    asked.map(([form, message]) => [form, message.headers.get("DSId")]),
    [
      ["full", "c2"],
      ["small", "c3"],
    ],
  );
  await channel.connection.close();
  const { channel: other, asked: toOther } = await connected(undefined, { information: { DSMessagingVersion: 1 } });
  equal(other.id, "nil");
  await other.producer("chat").send(1);
  deepEqual(
    toOther.map(([form]) => form),
    ["small"],
  );
  await other.connection.close();
});

test("a result without a message is taken for the body", async () => {
  const { channel } = await connected(() => 5);
  equal(await channel.service("calc").call("add"), 5);
  const { channel: other } = await connected(() => full({ kind: "async", body: 6 }));
  equal(await other.service("calc").call("add"), 6);
});

test("an error message rejects with all that it says; another refusal as it is", async () => {
  const { channel } = await connected(() =>
    full({ kind: "error", faultCode: "A.B", faultString: "No.", faultDetail: "Never.", extendedData: 7 }),
  );
  await rejects(channel.ping(), (error) => {
    ok(error instanceof FlexFault);
    deepEqual([error.code, error.description, error.detail, error.data], ["A.B", "No.", "Never.", 7]);
    return true;
  });
  const { server, channel: other } = await connected(() => undefined);
  const pinged = other.ping();
  await settle();
  server.error(2, { level: "error", code: "NetConnection.Call.Failed", description: "Method not found." });
  await rejects(pinged, { name: "StatusError", code: "NetConnection.Call.Failed" });
});

test("what is pushed goes to its consumer, by DSDstClientId or clientId, and to nobody else", async () => {
  const { channel, push } = await connected();
  const [first, second] = [await channel.subscribe("chat"), await channel.subscribe("chat")];
  push({ kind: "async", body: 1, clientId: first.clientId });
  push({ kind: "async", body: 2, clientId: first.clientId, headers: [["DSDstClientId", second.clientId]] });
  push({ kind: "async", body: 3, clientId: "stranger" });
  push({ kind: "acknowledge", body: 4, clientId: first.clientId });
  await settle();
  await first.unsubscribe();
  await second.unsubscribe();
  push({ kind: "async", body: 5, clientId: first.clientId });
  await settle();
  deepEqual([await bodiesOf(first), await bodiesOf(second)], [[1], [2]]);
});

test("a push before the answer to subscribe is not lost", async () => {
  const { channel, push } = await connected((message) => {
    push({ kind: "async", body: "early", clientId: message.clientId });
    return full({ kind: "acknowledge" });
  });
  const consumer = await channel.subscribe("chat");
  const { value } = await consumer[Symbol.asyncIterator]().next();
  equal(value?.body, "early");
});

test("a subscription that is refused leaves no consumer", async () => {
  const { channel } = await connected(() => full({ kind: "error", faultCode: "Client.Authorization" }));
  await rejects(channel.subscribe("chat"), { code: "Client.Authorization" });
});

test("a consumer that nobody reads keeps the newest, as many as it may", async () => {
  const { channel, push } = await connected();
  const consumer = await channel.subscribe("chat", { maxWaitingMessages: 2 });
  for (const body of [1, 2, 3]) push({ kind: "async", body, clientId: consumer.clientId });
  await settle();
  equal(consumer.dropped, 1);
  await consumer.unsubscribe();
  deepEqual(await bodiesOf(consumer), [2, 3]);
});

test("leaving the loop unsubscribes", async () => {
  const { channel, push, asked } = await connected();
  const consumer = await channel.subscribe("chat", { subtopic: "a", selector: "x" });
  push({ kind: "async", body: 1, clientId: consumer.clientId });
  for await (const _ of consumer) break;
  equal(consumer.isOpen, false);
  const [, message] = asked.at(-1) ?? [];
  ok(message?.kind === "command");
  deepEqual([message.operation, message.clientId], [1, consumer.clientId]);
  deepEqual([message.headers.get("DSSubtopic"), message.headers.get("DSSelector")], ["a", "x"]);
});

test("a consumer ends with the subscription, and with the connection", async () => {
  const { server, channel, push } = await connected();
  const [first, second] = [await channel.subscribe("chat"), await channel.subscribe("chat")];
  push({ kind: "async", body: 1, clientId: first.clientId });
  push({ kind: "command", operation: 10, clientId: first.clientId });
  await rejects(bodiesOf(first), { code: "Server.Processing.NotSubscribed" });
  const waiting = bodiesOf(second);
  server.stream.destroy();
  await rejects(waiting, { code: "connection.closed" });
  equal(second.isOpen, false);
});

test("closing says so, and ends the loops without an error", async () => {
  const { channel, asked } = await connected();
  const consumer = await channel.subscribe("chat");
  const bodies = bodiesOf(consumer);
  equal((await channel.close()).kind, "closed");
  deepEqual(await bodies, []);
  const [, last] = asked.at(-1) ?? [];
  equal(last?.kind === "command" && last.operation, 12);
});

test("a server without AMF3 is none for Flex", async () => {
  await rejects(connected(undefined, { information: { objectEncoding: 0 } }), /speaks no AMF3/);
});
