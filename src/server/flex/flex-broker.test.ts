import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { TestBroker } from "../../../test/support/flex-broker.ts";
import type { AmfValue } from "../../formats/amf/amf-value.ts";
import { type FlexMessage, FlexOperation } from "../../formats/flex/message.ts";
import { FlexIdentity } from "./login.ts";
import { messaging } from "./messaging.ts";
import { remoting } from "./remoting.ts";

const { Subscribe, MultiSubscribe, Login, Logout, ClientPing, Disconnect } = FlexOperation;

function subscribeTo(subtopic: string, clientId: string | null = null, selector = "") {
  const headers: [string, string][] = [
    ["DSSubtopic", subtopic],
    ["DSSelector", selector],
  ];
  return { kind: "command", operation: Subscribe, destination: "chat", clientId, headers } as const;
}

function subscribeAll(headers: Record<string, AmfValue>) {
  const entries = Object.entries(headers);
  return { kind: "command", operation: MultiSubscribe, destination: "chat", clientId: "c", headers: entries } as const;
}

function loginAs(text: string) {
  const body = Buffer.from(text).toString("base64");
  return { kind: "command", operation: Login, destination: "auth", body } as const;
}

test("subscriptions of a session are bounded: one beyond the limit is refused, the same again is none", async () => {
  const server = new TestBroker({ destinations: { chat: messaging() } });
  const { session } = server.open();
  for (let room = 0; room < 256; room++) match(await server.ask(session, subscribeTo(`${room}`, "c")), /^ok/);
  equal(await server.ask(session, subscribeTo("more", "c")), "Server.ResourceUnavailable");
  equal(await server.ask(session, subscribeTo("more")), "Server.ResourceUnavailable", "nor with another consumer");
  match(await server.ask(session, subscribeTo("7", "c")), /^ok/);
  equal(session.filterCount, 256);
  const { session: other } = server.open();
  match(await server.ask(other, subscribeTo("more")), /^ok/);
});

test("many subscriptions at once are taken all or none", async () => {
  const chat = messaging({ selectors: true });
  const server = new TestBroker({ destinations: { chat }, limits: { maxSubscriptions: 3, maxSelectors: 1 } });
  const { session } = server.open();
  const ask = (headers: Record<string, AmfValue>) => server.ask(session, subscribeAll(headers));
  match(await ask({ DSAddSub: ["a_;_", "b_;_x = 1", "c_;_"] }), /^ok/);
  equal(await ask({ DSAddSub: ["d_;_"] }), "Server.ResourceUnavailable");
  equal(
    await ask({ DSAddSub: ["a_;_", "c_;_x = 1"], DSRemSub: ["c_;_"] }),
    "Server.ResourceUnavailable",
    "two selectors",
  );
  equal(
    await ask({ DSAddSub: ["d_;_", "e._;_"], DSRemSub: ["a_;_", "b_;_x = 1"] }),
    "Server.Processing",
    "no subtopic",
  );
  equal(await ask({ DSAddSub: ["d_;_x ="], DSRemSub: ["b_;_x = 1"] }), "Server.Processing", "no selector");
  equal(await ask({ DSAddSub: "a" }), "Server.Processing");
  equal(await ask({ DSAddSub: [1] }), "Server.Processing");
  equal(await ask({ DSAddSub: ["a", "a", "a", "a"] }), "Server.ResourceUnavailable", "more than can ever be");
  equal(chat.subscriptionCount, 3);
  match(await ask({ DSAddSub: ["d_;_", "e_;_"], DSRemSub: ["a_;_", "c_;_", "nosuch_;_"] }), /^ok/);
  equal(chat.subscriptionCount, 3);
  equal(chat.publish(1, { subtopic: "a" }) + chat.publish(1, { subtopic: "d" }), 1);
});

test("a subtopic has 255 bytes at most, in UTF-8, and a message 32 subtopics", async () => {
  const server = new TestBroker({ destinations: { chat: messaging(), plain: messaging({ subtopics: false }) } });
  const { session } = server.open();
  const publish = (subtopics: AmfValue, destination = "chat") =>
    server.ask(session, { kind: "async", destination, headers: [["DSSubtopic", subtopics]] });
  for (const [length, isTaken] of [
    [255, true],
    [256, false],
  ] as const) {
    equal((await server.ask(session, subscribeTo("x".repeat(length)))).startsWith("ok"), isTaken);
    equal((await publish("x".repeat(length))).startsWith("ok"), isTaken);
  }
  match(await publish(`x${"ü".repeat(127)}`), /^ok/);
  equal(await publish("ü".repeat(128)), "Server.Processing");
  const several = (count: number) => Array.from({ length: count }, (_, index) => `${index}`);
  match(await publish(several(32)), /^ok/);
  equal(await publish(several(33)), "Server.Processing");
  for (const odd of ["a..b", "a*", "*", "a.*", 5, ["a", 5]])
    equal(await publish(odd), "Server.Processing", String(odd));
  equal(await publish("a", "plain"), "Server.Processing");
  match(await publish(null, "plain"), /^ok/);
  match(await publish("", "plain"), /^ok/);
});

test("selectors are off unless the destination takes them, and few and short then", async () => {
  const destinations = { chat: messaging({ selectors: true }), none: messaging() };
  const server = new TestBroker({ destinations, limits: { maxSelectors: 2, maxSelectorDepth: 3 } });
  const { session } = server.open();
  const none = { ...subscribeTo("a", null, "x = 1"), destination: "none" };
  equal(await server.ask(session, none), "Server.Processing");
  equal(await server.ask(session, subscribeTo("a", null, `x = '${"y".repeat(600)}'`)), "Server.Processing");
  equal(await server.ask(session, subscribeTo("a", null, "((((x))))")), "Server.Processing");
  equal(await server.ask(session, subscribeTo("a", null, "x OR")), "Server.Processing");
  for (const room of ["a", "b"]) match(await server.ask(session, subscribeTo(room, null, "x = 1")), /^ok/);
  equal(await server.ask(session, subscribeTo("c", null, "x = 1")), "Server.ResourceUnavailable");
  session.deleteSubscription([...session.subscriptions.values()][0] ?? fail());
  match(await server.ask(session, subscribeTo("c", null, "x = 1")), /^ok/);
});

test("a consumer that hears one destination cannot hear another by the same id", async () => {
  const server = new TestBroker({ destinations: { chat: messaging(), news: messaging() } });
  const { session } = server.open();
  match(await server.ask(session, subscribeTo("a", "c")), /^ok/);
  equal(await server.ask(session, { ...subscribeTo("a", "c"), destination: "news" }), "Server.Processing.DuplicateId");
  equal(await server.ask(session, subscribeTo("a", "x".repeat(256))), "Server.Processing");
});

test("one consumer with several filters hears a message once", async () => {
  const chat = messaging({ selectors: true });
  const server = new TestBroker({ destinations: { chat } });
  const { session, pushed } = server.open();
  for (const subtopic of ["a", "*"]) await server.ask(session, subscribeTo(subtopic, "c"));
  await server.ask(session, subscribeTo("a", "c", "x = 1"));
  equal(chat.publish("hi", { subtopic: "a", headers: { x: 1 } }), 1);
  equal(pushed.length, 1);
  equal(pushed[0]?.clientId, "c");
});

test("questions without an answer are bounded, and get one when their time is over", async () => {
  const hang = remoting({ hang: () => new Promise<never>(() => {}) });
  const server = new TestBroker({ destinations: { hang }, limits: { maxCallsOutstanding: 2 } });
  const { session } = server.open();
  const call = () => server.ask(session, { kind: "remoting", destination: "hang", operation: "hang" });
  const first = [call(), call()];
  equal(await call(), "Server.ResourceUnavailable");
  server.nowMs += 30_000;
  server.broker.tick(server.nowMs);
  deepEqual(await Promise.all(first), ["Server.Processing", "Server.Processing"]);
  equal(session.running.size, 0);
});

test("what is asked in order is answered in order, and one that hangs does not hold up the next for ever", async () => {
  const asked: string[] = [];
  const chat = messaging({
    mayPublish: async (_, { body }) => {
      asked.push(String(body));
      return body === "hang" ? await new Promise<never>(() => {}) : true;
    },
  });
  const echo = remoting({ echo: () => asked.length });
  const server = new TestBroker({ destinations: { chat, echo } });
  const { session } = server.open();
  const publish = (body: string) => server.ask(session, { kind: "async", destination: "chat", body });
  const answers = [publish("a"), publish("hang"), publish("b")];
  const call = server.ask(session, { kind: "remoting", destination: "echo", operation: "echo" });
  equal(await answers[0], "ok null");
  deepEqual(asked, ["a", "hang"]);
  server.nowMs += 30_000;
  server.broker.tick(server.nowMs);
  deepEqual(await Promise.all(answers.slice(1)), ["Server.Processing", "ok null"]);
  equal(await call, "ok 3");
});

test("a session that ends takes its subscriptions with it, whatever it still waits for", async () => {
  const allowed = Promise.withResolvers<boolean>();
  const chat = messaging({ maySubscribe: () => allowed.promise });
  const server = new TestBroker({ destinations: { chat } });
  const { session } = server.open();
  const answer = server.ask(session, subscribeTo("a"));
  server.broker.close(session, "gone");
  server.broker.close(session, "gone");
  allowed.resolve(true);
  await answer;
  equal(chat.subscriptionCount, 0);
});

test("wrong logins are counted: the third ends the session, and a network that guesses is refused for a minute", async () => {
  const server = new TestBroker({ login: (user) => user === "ann", limits: { maxFailedLoginsPerMinute: 4 } });
  const first = server.open("192.0.2.1:1");
  for (const guess of ["a:1", "b:2"]) equal(await server.ask(first.session, loginAs(guess)), "Client.Authentication");
  deepEqual(first.ends, []);
  equal(await server.ask(first.session, loginAs("c:3")), "Client.Authentication");
  equal(first.ends.length, 1);

  const second = server.open("192.0.2.1:2");
  equal(await server.ask(second.session, loginAs("d:4")), "Client.Authentication");
  equal(await server.ask(second.session, loginAs("ann:x")), "Client.Authentication", "even the right one");
  const elsewhere = server.open("192.0.2.2:1");
  equal(await server.ask(elsewhere.session, loginAs("ann:x")), 'ok "success"');
  server.nowMs += 60_001;
  const later = server.open("192.0.2.1:3");
  equal(await server.ask(later.session, loginAs("ann:x")), 'ok "success"');
  equal(later.session.user, "ann");
});

test("guesses that come at once are no more than those that come one by one, and who is right waits for them", async () => {
  const asked: { readonly user: string; answer(): void }[] = [];
  const login = (user: string): Promise<boolean> => {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    asked.push({ user, answer: () => resolve(user === "ann") });
    return promise;
  };
  const server = new TestBroker({ login, limits: { maxFailedLoginsPerMinute: 4 } });
  const tryAs = (port: number, credentials: string) =>
    server.ask(server.open(`192.0.2.1:${port}`).session, loginAs(credentials));
  const right = Array.from({ length: 6 }, (_, port) => tryAs(port, "ann:x"));
  await settled();
  equal(asked.length, 4);
  for (let each = asked.shift(); each !== undefined; each = asked.shift()) {
    each.answer();
    await settled();
  }
  deepEqual(new Set(await Promise.all(right)), new Set(['ok "success"']));

  const wrong = Array.from({ length: 50 }, (_, port) => tryAs(port, "eve:x"));
  await settled();
  let guesses = 0;
  for (let each = asked.shift(); each !== undefined; each = asked.shift()) {
    guesses++;
    each.answer();
    await settled();
  }
  deepEqual(new Set(await Promise.all(wrong)), new Set(["Client.Authentication"]));
  equal(guesses, 4);
});

/** All that can go on without anything from outside has gone on. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

test("who logs out is logged out in all windows of the browser, and hears nothing more there", async () => {
  const chat = messaging({ needsLogin: true });
  const server = new TestBroker({ destinations: { chat }, login: () => true });
  const identity = new FlexIdentity();
  const [one, other, stranger] = [
    server.open("a:1", null, identity),
    server.open("a:1", null, identity),
    server.open(),
  ];
  match(await server.ask(one.session, loginAs("ann:x")), /^ok/);
  match(await server.ask(stranger.session, loginAs("bob:x")), /^ok/);
  for (const { session } of [one, other, stranger]) match(await server.ask(session, subscribeTo("a")), /^ok/);
  equal(await server.ask(one.session, { kind: "command", operation: Logout }), 'ok "success"');
  equal(chat.publish("secret", { subtopic: "a" }), 1);
  deepEqual(
    other.pushed.map((message) => message.kind === "command" && message.operation),
    [FlexOperation.SubscriptionInvalidate],
  );
  equal(stranger.pushed.length, 1);
  server.broker.close(other.session, "gone");
  deepEqual([...identity.sessions], [one.session]);
});

test("what the application decides too late leaves nothing behind when the client has gone", async () => {
  const asked: ((isAllowed: boolean) => void)[] = [];
  const maySubscribe = (): Promise<boolean> => {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    asked.push(resolve);
    return promise;
  };
  const chat = messaging({ maySubscribe });
  const server = new TestBroker({ destinations: { chat }, limits: { maxSubscriptions: 2 } });
  const { session } = server.open();
  const answers = ["a", "b", "c"].map((subtopic) => server.ask(session, subscribeTo(subtopic, "consumer")));
  await settled();
  for (let late = 0; late < 2; late++) {
    server.nowMs += 30_001;
    server.broker.tick(server.nowMs);
    await settled();
  }
  equal(asked.length, 3, "each came after the one before was too late");
  for (const answer of asked.toReversed()) {
    answer(true);
    await settled();
  }
  deepEqual(await Promise.all(answers), ["Server.Processing", "Server.Processing", "ok null"]);
  equal(session.filterCount, chat.subscriptionCount);
  ok(chat.subscriptionCount <= 2, "no more than the limit");
  server.broker.close(session, "gone");
  equal(chat.subscriptionCount, 0);
});

test("who logged out in another window while the application was asked hears nothing", async () => {
  const allowed = Promise.withResolvers<boolean>();
  const chat = messaging({ needsLogin: true, maySubscribe: () => allowed.promise });
  const server = new TestBroker({ destinations: { chat }, login: () => true });
  const identity = new FlexIdentity();
  const [one, other] = [server.open("a:1", null, identity), server.open("a:1", null, identity)];
  match(await server.ask(one.session, loginAs("ann:x")), /^ok/);
  const answer = server.ask(other.session, subscribeTo("a"));
  await settled();
  match(await server.ask(one.session, { kind: "command", operation: Logout }), /^ok/);
  allowed.resolve(true);
  equal(await answer, "Client.Authentication");
  equal(chat.subscriptionCount, 0);
});

test("credentials that are none, and a login that throws, let nobody in", async () => {
  const server = new TestBroker({
    login: () => {
      throw new Error("the database is away");
    },
    limits: { maxLoginAttempts: 100 },
  });
  const { session } = server.open();
  const bodies: AmfValue[] = [null, "", 5, "%%%", "bm9jb2xvbg==", [1], Buffer.from("a:b").toString("base64")];
  for (const body of bodies) {
    equal(await server.ask(session, { kind: "command", operation: Login, body }), "Client.Authentication");
  }
  deepEqual(
    server.log.filter((line) => line.startsWith("error")),
    ["error the login of Flex clients failed"],
  );
  const { session: other } = new TestBroker().open();
  equal(await new TestBroker().ask(other, loginAs("a:b")), "Client.Authentication", "nobody can log in there");
});

test("who logs out hears no more of what needs a login, and is told so", async () => {
  const destinations = { chat: messaging({ needsLogin: true }), open: messaging() };
  const server = new TestBroker({ destinations, login: () => true });
  const { session, pushed } = server.open();
  await server.ask(session, loginAs("a:b"));
  await server.ask(session, subscribeTo("a", "c"));
  await server.ask(session, { ...subscribeTo("a", "o"), destination: "open" });
  equal(await server.ask(session, { kind: "command", operation: Logout }), 'ok "success"');
  deepEqual(
    pushed.map((message) => [message.kind, message.clientId, message.destination]),
    [["command", "c", "chat"]],
  );
  deepEqual([...session.subscriptions.keys()], ["o"]);
});

test("an answer names what it answers, and the consumer or a new id", async () => {
  const server = new TestBroker({ destinations: { calc: remoting({ one: () => 1 }), chat: messaging() } });
  const { session } = server.open();
  const call = { kind: "remoting", destination: "calc", operation: "one" } as const;
  const nothing = { clientId: null, messageId: "M", timestamp: 0, timeToLive: 0, headers: new Map(), body: null };
  const message = { ...nothing, ...call, source: null };
  const answer = await server.broker.answer(session, message);
  equal(answer.kind === "acknowledge" && answer.correlationId, "M");
  match(answer.clientId ?? "", /^[0-9A-F-]{36}$/);
  notEqual(answer.messageId, "M");
  ok(Math.abs((answer.timestamp ?? 0) - Date.now()) < 60_000);
  const own = await server.broker.answer(session, { ...message, clientId: "own" });
  equal(own.clientId, "own");
  const ping: FlexMessage = {
    ...nothing,
    destination: null,
    kind: "command",
    operation: ClientPing,
    correlationId: null,
  };
  equal((await server.broker.answer(session, ping)).clientId, null);
});

test("what nests too deep is refused before anybody sees it", async () => {
  const seen: unknown[] = [];
  const server = new TestBroker({
    destinations: { calc: remoting({ take: (value: unknown) => void seen.push(value) }) },
  });
  const { session } = server.open();
  const nested = (depth: number): AmfValue => {
    let value: AmfValue = [];
    for (let level = 1; level < depth; level++) value = [value];
    return value;
  };
  const call = (body: AmfValue) =>
    server.ask(session, { kind: "remoting", destination: "calc", operation: "take", body });
  match(await call(nested(15)), /^ok/);
  equal(await call(nested(16)), "Client.Message.Encoding");
  const cycle: AmfValue[] = [];
  cycle.push(cycle);
  equal(await call(cycle), "Client.Message.Encoding");
  equal(await call(Array.from({ length: 1001 }, () => 1)), "Server.Processing", "too many parameters");
  equal(seen.length, 1);
  deepEqual(server.log, []);
});

test("a message that cannot be sent is refused to its producer, and no consumer suffers", async () => {
  const chat = messaging();
  const server = new TestBroker({ destinations: { chat } });
  const { session, pushed } = server.open();
  await server.ask(session, { ...subscribeTo(""), clientId: "c" });
  const body = new Map([["", 1]]) as unknown as AmfValue;
  equal(await server.ask(session, { kind: "async", destination: "chat", body }), "Client.Message.Encoding");
  equal(pushed.length, 0);
});

test("a message of 256 KiB is handed on, a longer one is refused to its producer", async () => {
  const server = new TestBroker({ destinations: { chat: messaging() } });
  const { session, pushed } = server.open();
  await server.ask(session, { ...subscribeTo(""), clientId: "c" });
  const publish = (length: number) =>
    server.ask(session, { kind: "async", destination: "chat", body: "x".repeat(length) });
  equal(await publish(255 * 1024), "ok null");
  equal(await publish(256 * 1024), "Server.ResourceUnavailable");
  equal(pushed.length, 1);
});

test("disconnect is answered, and ends the session", async () => {
  const server = new TestBroker();
  const { session, ends } = server.open();
  equal(await server.ask(session, { kind: "command", operation: Disconnect }), "ok null");
  deepEqual(ends, ["the client disconnects"]);
});

test("a client is remembered for a while, and no longer", () => {
  const server = new TestBroker({ timeouts: { rememberClientMs: 1000 }, limits: { maxRememberedClients: 2 } });
  const { clients } = server.broker;
  const ids = [1, 2, 3].map(() => {
    const { session } = server.open();
    server.broker.close(session, "gone");
    return session.id;
  });
  equal(clients.size, 2, "the first made room for the third");
  const [first = "", second = "", third = ""] = ids;
  notEqual(server.open(undefined, first).session.id, first);
  const { session } = server.open(undefined, third);
  equal(session.id, third);
  server.nowMs += 1000;
  clients.tick(server.nowMs);
  equal(server.open(undefined, second).session.id, second, "that long it may be");
  server.broker.close(session, "gone");
  server.nowMs += 1001;
  clients.tick(server.nowMs);
  notEqual(server.open(undefined, third).session.id, third);
});

function fail(): never {
  throw new Error("no subscription");
}
