import { deepEqual, equal, ok, rejects, throws } from "node:assert/strict";
import { test } from "node:test";
import { type RtmpPeer, settle } from "../../../test/support/rtmp-peer.ts";
import { TestServer } from "../../../test/support/test-server.ts";
import { connect } from "../../client/connect.ts";
import { StatusError } from "../../client/status-error.ts";
import { type AmfEncodable, hasMembers } from "../../formats/amf/amf-value.ts";
import { encodeCommand } from "../../rtmp/message/command.ts";
import { MessageType } from "../../rtmp/message/message.ts";
import { createStatus } from "../../rtmp/session/status.ts";
import type { FeatureDecision, ServerClient, ServerFeature } from "../feature.ts";
import type { Decision } from "../hooks.ts";

/** A feature that notes what it is told, and the clients it sees. */
class NotingFeature implements ServerFeature {
  readonly name: string;
  readonly notes: string[];
  readonly clients: ServerClient[] = [];
  readonly decision: () => FeatureDecision | Promise<FeatureDecision> | undefined;
  readonly takes: (name: string) => boolean;

  constructor(
    name: string,
    notes: string[],
    decision: NotingFeature["decision"] = () => undefined,
    takes: NotingFeature["takes"] = () => false,
  ) {
    this.name = name;
    this.notes = notes;
    this.decision = decision;
    this.takes = takes;
  }

  connect(client: ServerClient): FeatureDecision | Promise<FeatureDecision> | undefined {
    this.clients.push(client);
    this.notes.push(`${this.name} connect`);
    return this.decision();
  }

  connected(): void {
    this.notes.push(`${this.name} connected`);
  }

  call(client: ServerClient, call: { readonly name: string; readonly transactionId: number }): boolean {
    if (!this.takes(call.name)) return false;
    this.notes.push(`${this.name} call ${call.name}`);
    client.resolveCall(call.transactionId, this.name);
    return true;
  }

  closed(_: ServerClient, reason: string): void {
    this.notes.push(`${this.name} closed: ${reason}`);
  }
}

const ALLOW: FeatureDecision = { allow: true };

async function connected(...features: readonly ServerFeature[]): Promise<{ server: TestServer; peer: RtmpPeer }> {
  const server = new TestServer({}, () => features);
  const peer = server.connect();
  peer.connect("chat");
  await settle();
  return { server, peer };
}

/** One feature, and the client that it sees. */
async function connectedClient(): Promise<{ server: TestServer; peer: RtmpPeer; client: ServerClient }> {
  const feature = new NotingFeature("a", []);
  const { server, peer } = await connected(feature);
  const [client] = feature.clients;
  ok(client !== undefined);
  peer.take();
  return { server, peer, client };
}

function answer(peer: RtmpPeer, name: "_result" | "_error", transactionId: number, value: AmfEncodable): void {
  peer.send(encodeCommand({ name, transactionId, args: [value] }, 0));
}

test("features are asked in their order, and all are told the end", async () => {
  const notes: string[] = [];
  const features = ["a", "b"].map((name) => new NotingFeature(name, notes));
  const { server, peer } = await connected(...features);
  ok(peer.lines.includes("_result 1 NetConnection.Connect.Success"));
  deepEqual(notes.splice(0), ["a connect", "b connect", "a connected", "b connected"]);
  for (const connection of server.connections) connection.destroy();
  deepEqual(notes, ["a closed: the server stopped", "b closed: the server stopped"]);
});

test("the first refusal counts: nobody behind it is asked, and those before are told the end", async () => {
  const notes: string[] = [];
  const refusal: FeatureDecision = {
    allow: false,
    reason: "Not today.",
    refusal: { code: "NetConnection.Connect.InvalidApp", information: { application: "later" } },
  };
  const { server, peer } = await connected(
    new NotingFeature("a", notes),
    new NotingFeature("b", notes, () => refusal),
    new NotingFeature("c", notes),
  );
  ok(peer.lines.includes("_error 1 NetConnection.Connect.InvalidApp"));
  equal(peer.lastDescription, "Not today.");
  deepEqual(notes.splice(0), ["a connect", "b connect"]);
  for (const connection of server.connections) connection.destroy();
  const end = "closed: refused to connect: Not today.";
  deepEqual(notes, [`a ${end}`, `b ${end}`]);
});

test("features may take their time: the next is asked when the one before has decided, and calls wait", async () => {
  const notes: string[] = [];
  const first = Promise.withResolvers<FeatureDecision>();
  const second = Promise.withResolvers<FeatureDecision>();
  const { peer } = await connected(
    new NotingFeature("a", notes, () => first.promise),
    new NotingFeature("b", notes, () => second.promise),
    new NotingFeature(
      "c",
      notes,
      () => undefined,
      () => true,
    ),
  );
  peer.command("early", 2, 0);
  await settle();
  deepEqual(notes, ["a connect"]);
  first.resolve({ allow: true, answer: { properties: { one: 1 } } });
  await settle();
  deepEqual(notes, ["a connect", "b connect"]);
  deepEqual(peer.lines, []);
  second.resolve(ALLOW);
  await settle();
  deepEqual(notes.slice(2), ["c connect", "a connected", "b connected", "c connected", "c call early"]);
  deepEqual(peer.lines.slice(-2), ["_result 1 NetConnection.Connect.Success", "_result 2"]);
});

test("a refusal that comes late is a refusal, with a reason", async () => {
  const notes: string[] = [];
  const { peer } = await connected(
    new NotingFeature("a", notes, () => Promise.resolve(ALLOW)),
    new NotingFeature("b", notes, () => Promise.resolve({ allow: false, reason: "Too late." })),
    new NotingFeature("c", notes),
  );
  deepEqual(notes, ["a connect", "b connect"]);
  ok(peer.lines.includes("_error 1 NetConnection.Connect.Rejected"));
  equal(peer.lastDescription, "Too late.");
});

test("a client that goes while a feature decides is told to those that were asked", async () => {
  const notes: string[] = [];
  const decision = Promise.withResolvers<FeatureDecision>();
  const { server, peer } = await connected(
    new NotingFeature("a", notes, () => decision.promise),
    new NotingFeature("b", notes),
  );
  for (const connection of server.connections) connection.destroy();
  await settle();
  deepEqual(notes, ["a connect", "a closed: the server stopped"]);
  decision.resolve(ALLOW);
  await settle();
  deepEqual(peer.lines, ["closed"]);
  ok(!notes.includes("a connected"));
});

test("a feature that fails at connect refuses, and its reason stays in the log", async () => {
  const fail = (): never => {
    throw new TypeError("a secret");
  };
  for (const decision of [fail, () => Promise.reject(new TypeError("a secret"))]) {
    const { server, peer } = await connected(new NotingFeature("a", [], decision));
    ok(peer.lines.includes("_error 1 NetConnection.Connect.Rejected"));
    equal(peer.lastDescription, "The application failed.");
    ok(server.log.some((line) => line.startsWith("error a hook of the application failed")));
  }
});

test("the answers of several features to connect are put together", async () => {
  const answers = [
    { properties: { one: 1 }, information: { two: 2 }, clientId: 5 },
    { properties: { three: 3 }, objectEncoding: 0 as const },
  ];
  const features = answers.map((each) => new NotingFeature("a", [], () => ({ allow: true, answer: each })));
  const server = new TestServer({}, () => features);
  const stream = server.accept();
  const connection = await connect("rtmp://test/chat", { stream, objectEncoding: 3 });
  const { properties, information, objectEncoding } = connection.server;
  ok(hasMembers(properties) && hasMembers(information));
  deepEqual([properties.get("one"), properties.get("three"), information.get("two")], [1, 3, 2]);
  equal(information.get("clientid"), 5);
  deepEqual([objectEncoding, features[0]?.clients[0]?.objectEncoding], [0, 0]);
  await connection.close();
});

test("a call goes to the first feature that takes it; what nobody takes is not found", async () => {
  const notes: string[] = [];
  const { peer } = await connected(
    new NotingFeature("a", notes, undefined, (name) => name === "one"),
    new NotingFeature("b", notes, undefined, () => false),
    new NotingFeature("c", notes, undefined, (name) => name.startsWith("o")),
  );
  peer.take();
  for (const [index, name] of ["one", "other", "none"].entries()) peer.command(name, index + 2, 0);
  peer.command("none", 0, 0);
  await settle();
  deepEqual(notes.slice(-2), ["a call one", "c call other"]);
  deepEqual(peer.take(), ["_result 2", "_result 3", "_error 4 NetConnection.Call.Failed"]);
  equal(peer.lastDescription, "Method not found (none).");
});

test("a feature that throws at a call ends that connection, and no other", async () => {
  const failing: ServerFeature = {
    call() {
      throw new TypeError("oops");
    },
  };
  const { server, peer } = await connected(failing);
  const other = server.connect();
  other.connect("chat");
  peer.command("any", 2, 0);
  await settle();
  equal(peer.lines.at(-1), "closed");
  ok(other.lines.includes("_result 1 NetConnection.Connect.Success"));
  ok(!other.lines.includes("closed"));
});

test("calls to a client get its answers, in whatever order; an _error is a StatusError", async () => {
  const { peer, client } = await connectedClient();
  const calls = [client.call("add", [1, 2]), client.call("add", [3, 4]), client.call("refuse", [])];
  await settle();
  deepEqual(peer.take(), ["add 1", "add 2", "refuse 3"]);
  answer(peer, "_result", 2, 7);
  answer(peer, "_error", 3, { level: "error", code: "App.No", description: "No." });
  answer(peer, "_result", 1, 3);
  answer(peer, "_result", 99, "nobody asked");
  const [one, two, refused] = await Promise.allSettled(calls);
  deepEqual(
    [one, two],
    [
      { status: "fulfilled", value: 3 },
      { status: "fulfilled", value: 7 },
    ],
  );
  ok(refused?.status === "rejected" && refused.reason instanceof StatusError);
  deepEqual([refused.reason.code, refused.reason.description], ["App.No", "No."]);
});

test("a call to a client that does not answer in time rejects, and its late answer is ignored", async () => {
  const { peer, client } = await connectedClient();
  await rejects(client.call("slow", [], { timeoutMs: 1 }), {
    code: "timeout.answer",
    message: /^the client did not answer slow within 1 ms\. /,
  });
  answer(peer, "_result", 1, "late");
  const next = client.call("quick", []);
  answer(peer, "_result", 2, "in time");
  equal(await next, "in time");
  ok(!peer.lines.includes("closed"));
});

test("a call to a client can be given up", async () => {
  const { peer, client } = await connectedClient();
  const controller = new AbortController();
  const calling = client.call("slow", [], { signal: controller.signal });
  controller.abort(new Error("not needed any more"));
  await rejects(calling, /not needed any more/);
  await rejects(client.call("never", [], { signal: controller.signal }), /not needed any more/);
  await settle();
  deepEqual(peer.take(), ["slow 1"]);
});

test("no more calls wait for a client than the limit says", async () => {
  const feature = new NotingFeature("a", []);
  const server = new TestServer({ limits: { maxPendingCalls: 2 } }, () => [feature]);
  const peer = server.connect();
  peer.connect("chat");
  await settle();
  const [client] = feature.clients;
  ok(client !== undefined);
  const calls = [client.call("slow", []), client.call("slow", [])];
  await rejects(client.call("slow", []), { code: "session.call-limit" });
  answer(peer, "_result", 1, 1);
  await calls[0];
  calls.push(client.call("slow", []));
  for (const connection of server.connections) connection.destroy();
  for (const call of calls.slice(1)) await rejects(call, { code: "connection.closed" });
});

test("arguments that AMF cannot carry are refused, and cost nothing else", async () => {
  const { peer, client } = await connectedClient();
  const unsendable = [new Map()];
  await rejects(client.call("add", unsendable), { code: "amf.encode" });
  throws(() => client.notify("add", unsendable), { code: "amf.encode" });
  client.notify("add", [1]);
  await settle();
  deepEqual(peer.take(), ["add 0"]);
});

test("once the client has gone, calls are refused, and what is sent is dropped", async () => {
  const { server, peer, client } = await connectedClient();
  const waiting = client.call("slow", []);
  await settle();
  for (const connection of server.connections) connection.destroy();
  await rejects(waiting, { code: "connection.closed", message: "the client has gone: the server stopped" });
  equal(client.isOpen, false);
  await rejects(client.call("slow", []), { code: "connection.closed" });
  client.notify("any", [new Map()]);
  client.resolveCall(5, 1);
  client.rejectCall(5, createStatus("NetConnection.Call.Failed", "No."));
  client.rejectCallWith(5, "no");
  client.send({ type: MessageType.SharedObject, timestamp: 0, streamId: 0, payload: new Uint8Array(5) });
  await settle();
  deepEqual(peer.take(), ["slow 1", "closed"]);
});

test("a client that is disconnected reads why", async () => {
  const { peer, client } = await connectedClient();
  client.close("it misbehaved", createStatus("NetConnection.Connect.Closed", "You misbehaved."));
  equal(client.isOpen, false);
  await settle();
  deepEqual(peer.take(), ["onStatus/0 NetConnection.Connect.Closed"]);
  equal(peer.lastDescription, "You misbehaved.");
});

test("a client that does not read what it is sent is closed, and nobody else", async () => {
  const feature = new NotingFeature("a", []);
  const server = new TestServer({ limits: { maxUnreadReplyBytes: 10_000 } }, () => [feature]);
  const [slow, quick] = [server.connect(), server.connect()];
  for (const peer of [slow, quick]) peer.connect("chat");
  await settle();
  slow.stream.pause();
  const message = encodeCommand({ name: "news", args: ["x".repeat(1000)] }, 0);
  for (let count = 0; count < 20; count++) for (const client of feature.clients) client.send(message);
  await settle();
  deepEqual(
    feature.clients.map(({ isOpen }) => isOpen),
    [false, true],
  );
  equal(quick.lines.filter((line) => line === "news 0").length, 20);
  ok(server.log.some((line) => line.includes("session.reply-limit")));
});

test("a shared object message goes to the first feature that takes it", async () => {
  const notes: string[] = [];
  const taking = (name: string, takes: boolean): ServerFeature => ({
    servesSharedObjects: true,
    sharedObject(_, { payload }) {
      notes.push(`${name} ${payload.length}`);
      return takes;
    },
  });
  const { peer } = await connected(taking("a", false), taking("b", true), taking("c", true));
  peer.send({ type: MessageType.SharedObject, timestamp: 0, streamId: 0, payload: new Uint8Array(9) });
  await settle();
  deepEqual(notes, ["a 9", "b 9"]);
});

test("nobody is asked of a client that left while the hook decided: nobody could be told the end", async () => {
  const notes: string[] = [];
  const decided = Promise.withResolvers<Decision>();
  const server = new TestServer({ hooks: { onConnect: () => decided.promise } }, () => [new NotingFeature("a", notes)]);
  server.connect().connect("chat");
  await settle();
  for (const connection of server.connections) connection.destroy();
  decided.resolve({ allow: true });
  await settle();
  deepEqual(notes, []);
});

test("who a client has proved to be is known to the features that are asked later", async () => {
  for (const isLater of [false, true]) {
    const users: (string | undefined)[] = [];
    const decision: FeatureDecision = { allow: true, user: "joe" };
    const note = (client: ServerClient): undefined => void users.push(client.info.user);
    const noting: ServerFeature = { connect: note, connected: note };
    await connected(noting, { connect: () => (isLater ? Promise.resolve(decision) : decision) }, noting);
    deepEqual(users, [undefined, "joe", "joe", "joe"]);
  }
});

test("a refusal that cannot be sent is told at once, though nothing else is sent", async () => {
  const calls: number[] = [];
  const feature: ServerFeature = {
    connect: (client) => void clients.push(client),
    call: (_, { transactionId }) => calls.push(transactionId) > 0,
  };
  const clients: ServerClient[] = [];
  const { peer } = await connected(feature);
  peer.take();
  for (const transactionId of [2, 3]) peer.command("ask", transactionId, 0);
  await settle();
  const [client] = clients;
  ok(client !== undefined);
  const unsendable = (() => 0) as unknown as AmfEncodable;
  const status = createStatus("NetConnection.Call.Failed", "No.");
  throws(() => client.rejectCall(2, { ...status, more: unsendable }), { code: "amf.encode" });
  throws(() => client.rejectCallWith(3, unsendable), { code: "amf.encode" });
  await settle();
  deepEqual(calls, [2, 3]);
  deepEqual(peer.take(), ["_error 2 NetConnection.Call.Failed", "_error 3 NetConnection.Call.Failed"]);
});
