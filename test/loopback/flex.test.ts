import { deepEqual, equal, match, notEqual, ok, rejects } from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { z } from "zod";
import { connectFlex, type FlexChannel, type FlexConnectOptions, FlexFault } from "../../src/client/flex/index.ts";
import { StatusError } from "../../src/client/status-error.ts";
import { AmfExternalizable, AmfObject } from "../../src/formats/amf/amf-value.ts";
import { arrayCollection, unwrapFlexValue } from "../../src/formats/flex/collections.ts";
import { CallError, type FlexCaller, type FlexOptions, messaging, method, remoting } from "../../src/server/index.ts";
import { startLiveServer } from "../support/live-server.ts";

const calc = {
  add: (a: number, b: number): number => a + b,
  later: async (text: string): Promise<string> => text,
  sum: (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0),
  list: () => arrayCollection([{ name: "a" }]),
  nothing(): void {},
  fail(): never {
    throw new Error("a secret");
  },
  refuse(): never {
    throw new FlexFault({ code: "Calc.Refused", description: "Not today.", detail: "Closed.", data: { until: 8 } });
  },
  unsendable: () => () => 1,
};

async function start(t: TestContext, flex: Partial<FlexOptions> = {}) {
  const live = await startLiveServer(t, {
    flex: { destinations: { calc: remoting(calc), chat: messaging({ selectors: true }) }, ...flex },
  });
  const connect = async (options: FlexConnectOptions = {}): Promise<FlexChannel> => {
    const channel = await connectFlex(`rtmp://127.0.0.1:${live.port}`, options);
    t.after(() => channel.connection.close());
    return channel;
  };
  return { ...live, connect };
}

function fault(code: string, description?: RegExp) {
  return (error: unknown): boolean => {
    ok(error instanceof FlexFault, String(error));
    equal(error.code, code);
    if (description !== undefined) match(error.description, description);
    return true;
  };
}

test("a service is called by its name, and what it returns comes back", async (t) => {
  const { connect } = await start(t);
  const channel = await connect();
  const service = channel.service<typeof calc>("calc");
  equal(await service.call("add", 1, 2), 3);
  equal(await service.methods.add(2, 3), 5);
  equal(await service.methods.later("x"), "x");
  equal(await service.methods.sum([1, 2, 3]), 6);
  equal(await service.call("sum", arrayCollection([4, 5])), 9, "collections are unwrapped");
  deepEqual(await service.call("list"), [Object.assign(Object.create(null), { name: "a" })]);
  equal(await service.call("nothing"), null);
  const sums = await Promise.all(Array.from({ length: 50 }, (_, index) => service.methods.add(index, index)));
  deepEqual(
    sums,
    Array.from({ length: 50 }, (_, index) => index * 2),
  );
});

test("what a service refuses is told with all its parts, and of other errors nothing", async (t) => {
  const { connect, lines } = await start(t);
  const service = (await connect()).service("calc");
  await rejects(service.call("refuse"), (error) => {
    ok(error instanceof FlexFault);
    deepEqual([error.code, error.description, error.detail], ["Calc.Refused", "Not today.", "Closed."]);
    ok(error.data instanceof AmfObject);
    equal(error.data.get("until"), 8);
    return true;
  });
  await rejects(service.call("fail"), (error) => {
    ok(error instanceof FlexFault);
    ok(!JSON.stringify(error).includes("secret") && !error.message.includes("secret"));
    return fault("Server.Processing", /^The destination failed\.$/)(error);
  });
  await rejects(service.call("unsendable"), fault("Server.Processing"));
  equal(lines.filter(({ level }) => level === "error").length, 2, "both are faults of the application");
  equal(await service.call("add", 1, 1), 2, "the connection lives");
});

test("only the methods of a service's own are called", async (t) => {
  const { connect } = await start(t);
  const channel = await connect();
  for (const name of ["constructor", "__proto__", "toString", "hasOwnProperty", "", "nosuch"]) {
    await rejects(channel.service("calc").call(name), fault("Server.Processing", /has no method/));
  }
  for (const name of ["constructor", "__proto__", "", "nosuch", "chat"]) {
    await rejects(channel.service(name).call("add", 1, 2), fault("Server.Processing", /There is no service/));
  }
});

test("methods with schemas get the caller, and checked parameters", async (t) => {
  const checked = remoting({
    double: method([z.number()], (caller: FlexCaller, value) => `${caller.channel} ${value * 2}`),
    refuse: method([], () => {
      throw new CallError({ code: "Own.Code", description: "No.", info: { why: 1 } });
    }),
  });
  const counted = remoting((caller) => ({
    count: () => {
      const count = Number(caller.state.get("count") ?? 0) + 1;
      caller.state.set("count", count);
      return count;
    },
  }));
  const { connect } = await start(t, { destinations: { checked, counted } });
  const channel = await connect();
  equal(await channel.service("checked").call("double", 4), "rtmp 8");
  await rejects(channel.service("checked").call("double", "4"), fault("NetConnection.Call.BadArguments", /Argument 1/));
  await rejects(channel.service("checked").call("refuse"), fault("Own.Code", /^No\.$/));
  equal(await channel.service("counted").call("count"), 1);
  equal(await channel.service("counted").call("count"), 2);
});

test("what a producer says, every consumer hears, the producer too", async (t) => {
  const { connect } = await start(t);
  const [alice, bob] = [await connect(), await connect()];
  const [atAlice, atBob] = [await alice.subscribe("chat"), await bob.subscribe("chat")];
  await alice.producer("chat").send({ text: "hi", list: arrayCollection([1]) }, { headers: { mood: "good" } });
  for (const consumer of [atAlice, atBob]) {
    const { value } = await consumer[Symbol.asyncIterator]().next();
    ok(value?.body instanceof AmfObject);
    equal(value.body.get("text"), "hi");
    ok(value.body.get("list") instanceof AmfExternalizable);
    deepEqual(unwrapFlexValue(value.body.get("list")), [1]);
    deepEqual([...value.headers.keys()], ["mood", "DSDstClientId"], "what is for the server alone is not handed on");
    equal(value.headers.get("DSDstClientId"), consumer.clientId);
  }
});

test("subtopics with wildcards, and selectors", async (t) => {
  const { connect } = await start(t);
  const [speaker, listener] = [await connect(), await connect()];
  const heard: string[] = [];
  const listen = (subtopic: string, selector?: string) =>
    listener.subscribe("chat", {
      subtopic,
      ...(selector !== undefined && { selector }),
      onMessage: ({ body }) => heard.push(`${subtopic} ${selector ?? ""} ${String(body)}`),
    });
  await listen("room.1");
  await listen("room.*");
  await listen("*", "loud AND level > 2");
  const end = await listener.subscribe("chat");
  const { send } = speaker.producer("chat");
  await send("one", { subtopic: "room.1" });
  await send("two", { subtopic: "room.2.x", headers: { loud: true, level: 3 } });
  await send("three", { subtopic: ["room.1", "hall"], headers: { loud: true, level: 1 } });
  await send("end");
  await end[Symbol.asyncIterator]().next();
  deepEqual(heard.sort(), [
    "*  loud AND level > 2 two".replace("  ", " "),
    "room.*  one",
    "room.*  three",
    "room.*  two",
    "room.1  one",
    "room.1  three",
  ]);
});

test("a consumer adds and removes subtopics, and hears nothing any more when it unsubscribes", async (t) => {
  const { connect } = await start(t);
  const channel = await connect();
  const { send } = channel.producer("chat");
  const consumer = await channel.subscribe("chat", { subtopic: "a" });
  await consumer.add({ subtopic: "b" }, { subtopic: "c", selector: "x = 1" });
  await consumer.remove({ subtopic: "a" });
  await send(1, { subtopic: "a" });
  await send(2, { subtopic: "b" });
  await send(3, { subtopic: "c" });
  await send(4, { subtopic: "c", headers: { x: 1 } });
  await consumer.remove({ subtopic: "c", selector: "x = 1" });
  await consumer.add({ subtopic: "a" });
  await consumer.unsubscribe();
  await send(5, { subtopic: "a" });
  const bodies: unknown[] = [];
  for await (const { body } of consumer) bodies.push(body);
  deepEqual(bodies, [2, 4]);
  await rejects(
    channel.send({ kind: "command", operation: 1, destination: "chat", clientId: consumer.clientId }),
    fault("Server.Processing.NotSubscribed"),
  );
});

test("the server itself says something, and knows who hears", async (t) => {
  const chat = messaging();
  const { connect } = await start(t, { destinations: { chat } });
  const channel = await connect();
  equal(chat.publish("nobody"), 0);
  const consumer = await channel.subscribe("chat", { subtopic: "news" });
  equal(chat.subscriptionCount, 1);
  equal(chat.publish({ a: 1 }, { subtopic: "news", headers: { x: 1 } }), 1);
  const { value } = await consumer[Symbol.asyncIterator]().next();
  deepEqual([value?.subtopic, value?.headers.get("x")], ["news", 1]);
  await channel.close();
  await channel.closed;
  equal(chat.subscriptionCount, 0);
});

test("hooks decide who publishes and subscribes", async (t) => {
  const chat = messaging({
    mayPublish: (_, { subtopic }) => subtopic !== "closed",
    maySubscribe: async (_, { subtopic }) => subtopic !== "secret",
  });
  const { connect } = await start(t, { destinations: { chat } });
  const channel = await connect();
  await channel.producer("chat").send(1, { subtopic: "open" });
  await rejects(channel.producer("chat").send(1, { subtopic: ["open", "closed"] }), fault("Client.Authorization"));
  await rejects(channel.subscribe("chat", { subtopic: "secret" }), fault("Client.Authorization"));
});

test("with connect or later, users log in; the third wrong password ends the connection", async (t) => {
  const login = (user: string, password: string) => user === "ann" && password === "pass:wörd";
  const destinations = { calc: remoting(calc, { needsLogin: true }), chat: messaging({ needsLogin: true }) };
  const { connect, until } = await start(t, { login, destinations });
  const known = await connect({ credentials: { user: "ann", password: "pass:wörd" } });
  equal(await known.service("calc").call("add", 1, 2), 3);
  await rejects(connect({ credentials: { user: "ann", password: "x" } }), (error) => {
    ok(error instanceof StatusError);
    equal(error.code, "NetConnection.Connect.Rejected");
    return true;
  });

  const channel = await connect();
  await rejects(channel.service("calc").call("add", 1, 2), fault("Client.Authentication"));
  await rejects(channel.subscribe("chat"), fault("Client.Authentication"));
  await rejects(channel.login("ann", "wrong"), fault("Client.Authentication"));
  await channel.login("ann", "pass:wörd");
  equal(await channel.service("calc").call("add", 1, 2), 3);
  const consumer = await channel.subscribe("chat");
  const next = consumer[Symbol.asyncIterator]().next();
  await channel.logout();
  await rejects(next, fault("Server.Processing.NotSubscribed"));
  await rejects(channel.service("calc").call("add", 1, 2), fault("Client.Authentication"));
  for (const password of ["1", "2", "3"]) await rejects(channel.login("ann", password), fault("Client.Authentication"));
  equal((await channel.closed).kind, "server");
  equal(await known.service("calc").call("add", 2, 2), 4, "others go on");
  await until("a login of a Flex client was refused", 5);
});

test("a client that comes back with its id is the same client, and an id that was not given is none", async (t) => {
  const counted = remoting((caller) => ({
    remember: (word: string) => void caller.state.set("word", word),
    recall: () => caller.state.get("word") ?? null,
  }));
  const { connect } = await start(t, { destinations: { counted } });
  const first = await connect();
  match(first.id, /^[0-9A-F-]{36}$/);
  await first.service("counted").call("remember", "blue");
  await first.close();
  const again = await connect({ flexClientId: first.id });
  equal(again.id, first.id);
  equal(await again.service("counted").call("recall"), "blue");
  const stranger = await connect({ flexClientId: "00000000-0000-0000-0000-000000000000" });
  notEqual(stranger.id, "00000000-0000-0000-0000-000000000000");
  equal(await stranger.service("counted").call("recall"), null);
});

test("ping, and all else that is said to the messaging itself, is answered once", async (t) => {
  const { connect } = await start(t, { configuration: { hello: 1 } });
  const channel = await connect();
  await channel.ping();
  const ask = (operation: number, headers: [string, unknown][] = []) =>
    channel.send({ kind: "command", operation, headers: headers as [string, string][] });
  const pong = await ask(5, [["DSNeedsConfig", true]]);
  ok(pong.body instanceof AmfObject);
  equal(pong.headers.get("DSId"), channel.id);
  equal(pong.headers.get("DSMessagingVersion"), 1);
  equal((await ask(13)).body, null);
  equal((await ask(2)).body, null);
  deepEqual((await ask(7)).body, []);
  for (const operation of [3, 4, 10, 99, 10_000]) {
    await rejects(ask(operation), fault("Server.Processing", /There is no operation/));
  }
  await rejects(channel.send({ kind: "acknowledge" }), fault("Client.Message.Deserialize.InvalidType"));
});
