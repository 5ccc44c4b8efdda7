import { deepEqual, equal, ok, rejects, throws } from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { type RtmpPeer, settle } from "../../../test/support/rtmp-peer.ts";
import { TestServer } from "../../../test/support/test-server.ts";
import { connect } from "../../client/connect.ts";
import type { NetConnection } from "../../client/net-connection.ts";
import type { ConnectOptions } from "../../client/options.ts";
import { StatusError } from "../../client/status-error.ts";
import type { AmfEncodable } from "../../formats/amf/amf-value.ts";
import type { MediaServerOptions } from "../options.ts";
import { application } from "./application.ts";
import type { AnyApplication, ApplicationClient } from "./application-types.ts";
import { Applications } from "./applications.ts";
import { CallError } from "./call-error.ts";
import { type MethodCall, method } from "./method.ts";
import type { StandardSchema } from "./schema.ts";

function serve(applications: readonly AnyApplication[], options: MediaServerOptions = {}): TestServer {
  return new TestServer(options, ({ log, nowMs, options: { limits } }) => {
    return [new Applications({ applications, log, nowMs, maxPendingCalls: limits.maxPendingCalls })];
  });
}

async function enter(server: TestServer, app: string, ...args: AmfEncodable[]): Promise<NetConnection> {
  return await connect(`rtmp://test/${app}`, { stream: server.accept(), args });
}

async function enterWith(server: TestServer, app: string, options: ConnectOptions): Promise<NetConnection> {
  return await connect(`rtmp://test/${app}`, { ...options, stream: server.accept() });
}

/** A peer that sends what a test wants, connected. */
async function rawPeer(server: TestServer, app: string): Promise<RtmpPeer> {
  const peer = server.connect();
  peer.connect(app);
  await settle();
  peer.take();
  return peer;
}

function refused(code: string, description: string | RegExp): (error: unknown) => boolean {
  return (error) => {
    ok(error instanceof StatusError, String(error));
    equal(error.code, code);
    if (typeof description === "string") equal(error.description, description);
    else ok(description.test(error.description), error.description);
    return true;
  };
}

const FAILED = "NetConnection.Call.Failed";

test("a client is in the application and the instance that it names", async () => {
  const chat = application("chat", {});
  const server = serve([chat, application("other", {})]);
  const apps = ["chat", "chat/room1", "chat//room1/", "chat/a/b", "chat/_definst_", "other", "chatter", "live"];
  const connections = await Promise.all(apps.map((app) => enter(server, app)));
  equal(chat.clients.size, 5);
  const sizes = Array.from(chat.instances, ({ name, clients }) => [name, clients.size]);
  deepEqual(sizes, [
    ["_definst_", 2],
    ["room1", 2],
    ["a/b", 1],
  ]);
  equal(chat.instance(), chat.instance("_definst_"));
  equal(chat.instance("nobody"), undefined);
  await Promise.all(connections.map((connection) => connection.close()));
  await settle();
  deepEqual([chat.clients.size, [...chat.instances].length], [0, 0]);
});

test("state is made for each connection, and for each instance while it has clients", async () => {
  let instancesMade = 0;
  const counter = application<{ state: { count: number }; instanceState: { name: string; count: number } }>("counter", {
    state: () => ({ count: 0 }),
    instanceState: (name) => {
      instancesMade++;
      return { name, count: 0 };
    },
  }).methods({
    count: method([], ({ state, instance }) => [++state.count, instance.state.name, ++instance.state.count]),
  });
  const server = serve([counter]);
  const [first, second] = [await enter(server, "counter/a"), await enter(server, "counter/a")];
  deepEqual(await first.call("count"), [1, "a", 1]);
  deepEqual(await second.call("count"), [1, "a", 2]);
  deepEqual(await first.call("count"), [2, "a", 3]);
  await first.close();
  await second.close();
  await settle();
  const third = await enter(server, "counter/a");
  deepEqual(await third.call("count"), [1, "a", 1]);
  equal(instancesMade, 2);
  await third.close();
});

test("onConnect refuses, at once or later, by a value or a CallError", async () => {
  const door = application("door", {
    async onConnect(client, word) {
      equal(client.isOpen, false);
      if (word === "later") return await Promise.resolve({ allow: false, reason: "Later." });
      if (word === "error") throw new CallError({ code: "Door.Shut", description: "Shut.", info: { until: 5 } });
      if (word === "fault") throw new TypeError("a secret");
      return undefined;
    },
  });
  const server = serve([door]);
  const rejected = "NetConnection.Connect.Rejected";
  await rejects(enter(server, "door", "later"), refused(rejected, "Later."));
  await rejects(enter(server, "door", "error"), refused(rejected, "Shut."));
  await rejects(enter(server, "door", "fault"), refused(rejected, "The application failed."));
  deepEqual([door.clients.size, [...door.instances].length], [0, 0]);
  const guest = await enter(server, "door", "please");
  equal(door.clients.size, 1);
  await guest.close();
});

test("the details of a CallError are under application, as Adobe's servers have it", async () => {
  const door = application("door", {
    onConnect: () => {
      throw new CallError({ code: "Door.Shut", description: "Shut.", info: { until: 5 } });
    },
  });
  await rejects(enter(serve([door]), "door"), (error) => {
    ok(error instanceof StatusError);
    ok(error.info instanceof Object && "get" in error.info);
    const details = error.info.get("application");
    ok(details instanceof Object && "members" in details);
    deepEqual(
      [...details.members],
      [
        ["until", 5],
        ["code", "Door.Shut"],
      ],
    );
    return true;
  });
});

test("what clients give to connect can be checked as the arguments of any method", async () => {
  const door = application<{ state: { name: string } }>("door", {
    state: () => ({ name: "" }),
    onConnect: method(
      [z.string().min(2)],
      function (this: MethodCall, client: { readonly state: { name: string } }, name) {
        deepEqual([this.name, this.signal.aborted], ["connect", false]);
        client.state.name = name;
      },
    ),
  });
  const server = serve([door]);
  const rejected = "NetConnection.Connect.Rejected";
  await rejects(enter(server, "door", "x"), refused(rejected, /^Argument 1 of connect: /));
  await rejects(enter(server, "door"), refused(rejected, /^Argument 1 of connect: /));
  const guest = await enter(server, "door", "Ada");
  deepEqual(
    Array.from(door.clients, ({ state }) => state.name),
    ["Ada"],
  );
  await guest.close();
});

test("an application that cannot make its state refuses, and keeps nothing", async () => {
  const broken = application<{ state: number }>("broken", {
    state: () => {
      throw new TypeError("a secret");
    },
  });
  const server = serve([broken]);
  await rejects(enter(server, "broken"), refused("NetConnection.Connect.Rejected", "The application failed."));
  await settle();
  equal([...broken.instances].length, 0);
});

test("onConnected and onDisconnect come once for each client that was accepted", async () => {
  const notes: string[] = [];
  const chat = application("chat", {
    onConnect: (_, word) => (word === "no" ? { allow: false, reason: "No." } : undefined),
    onConnected(client) {
      notes.push(`${client.instance.clients.size} in`);
      client.notify("welcome");
      throw new TypeError("is logged");
    },
    onDisconnect(client, reason) {
      notes.push(`${client.instance.clients.size} left: ${reason}`);
      equal(client.signal.aborted, true);
    },
  });
  const server = serve([chat]);
  await rejects(enter(server, "chat", "no"));
  let isWelcome = false;
  const welcome = async (): Promise<undefined> => {
    isWelcome = true;
  };
  const connection = await enterWith(server, "chat", { methods: { welcome } });
  await settle();
  equal(isWelcome, true);
  await connection.close();
  await settle();
  deepEqual(notes, ["1 in", "0 left: the client ended the connection"]);
  ok(server.log.some((line) => line.startsWith("error a hook of the application failed")));
});

test("results are values or promises, and nothing is an answer too", async () => {
  const kinds = application("kinds", {
    methods: {
      value: method([], () => ({ a: [1, "x", null], at: new Date(5) })),
      promise: method([], async () => await Promise.resolve(7)),
      nothing: method([], () => {}),
      thenable: method([], () => ({
        // biome-ignore lint/suspicious/noThenProperty: as the queries of some libraries are.
        then: (resolve: (value: number) => void) => resolve(8),
      })),
    },
  });
  const connection = await enter(serve([kinds]), "kinds");
  const api = connection.methodsOf<{ value(): unknown; promise(): number; nothing(): void; thenable(): number }>();
  const expected = Object.assign(Object.create(null), { a: [1, "x", null], at: new Date(5) });
  deepEqual(await api.value(), expected);
  deepEqual([await api.promise(), await api.nothing(), await api.thenable()], [7, undefined, 8]);
  await connection.close();
});

test("a CallError is told with all it says; of any other error only that there was one", async () => {
  const errors = application("errors", {
    methods: {
      refuse: method([], () => {
        throw new CallError({ code: "App.Full", description: "Full.", info: { seats: 5, level: "status" } });
      }),
      plain: method([], async () => await Promise.reject(new CallError({ description: "Not now." }))),
      fault: method([], () => {
        throw new TypeError("a secret");
      }),
      text: method([], async () => await Promise.reject("a secret")),
    },
  });
  const server = serve([errors]);
  const connection = await enter(server, "errors");
  await rejects(connection.call("refuse"), (error) => {
    refused("App.Full", "Full.")(error);
    ok(error instanceof StatusError && error.info instanceof Object && "get" in error.info);
    deepEqual([error.level, error.info.get("seats")], ["error", 5]);
    return true;
  });
  await rejects(connection.call("plain"), refused(FAILED, "Not now."));
  await rejects(connection.call("fault"), refused(FAILED, "fault failed."));
  await rejects(connection.call("text"), refused(FAILED, "text failed."));
  equal(server.log.filter((line) => line.startsWith("error a method of the application failed")).length, 2);
  await connection.close();
});

test("a result that AMF cannot carry is a failed call, told in the log", async () => {
  let deep: unknown[] = [];
  for (let depth = 0; depth < 100; depth++) deep = [deep];
  const unsendable = { map: new Map(), function: () => 0, symbol: Symbol("x"), large: 2n ** 70n, deep };
  const methods = Object.fromEntries(
    Object.entries(unsendable).map(([name, value]) => [name, method([], () => value)]),
  );
  const refusal = method([], () => {
    throw new CallError({ description: "No.", info: { map: new Map() } });
  });
  const server = serve([application("app", { methods: { ...methods, refusal } })]);
  const connection = await enter(server, "app");
  const names = [...Object.keys(unsendable), "refusal"];
  for (const name of names) await rejects(connection.call(name), refused(FAILED, "The answer cannot be sent."));
  equal(server.log.filter((line) => line.startsWith("error the answer of a method")).length, names.length);
  await connection.close();
});

test("inherited and unknown names are not found", async () => {
  const connection = await enter(serve([application("app", { methods: { own: method([], () => 1) } })]), "app");
  for (const name of ["toString", "__proto__", "constructor", "hasOwnProperty", "own.name", "Own", ""]) {
    await rejects(connection.call(name), refused(FAILED, `Method not found (${name}).`));
  }
  equal(await connection.call("own"), 1);
  await connection.close();
});

test("a call without transaction id runs and is not answered, whatever comes of it", async () => {
  const ran: string[] = [];
  const app = application("app", {
    methods: {
      note: method([z.string()], (_, text) => {
        ran.push(text);
        return new Map();
      }),
      fail: method([], () => {
        throw new CallError({ description: "No." });
      }),
    },
  });
  const server = serve([app]);
  const peer = await rawPeer(server, "app");
  for (const id of [0, -5]) peer.command("note", id, 0, `id ${id}`);
  peer.command("note", 0, 0, 5);
  peer.command("fail", 0, 0);
  peer.command("unknown", 0, 0);
  await settle();
  deepEqual([ran, peer.take()], [["id 0", "id -5"], []]);
});

test("calls run at the same time, and each has its own answer", async () => {
  const waiting = new Map<number, (value: number) => void>();
  const app = application("app", {
    methods: {
      wait: method([z.number()], (_, id) => new Promise<number>((resolve) => waiting.set(id, resolve))),
      quick: method([], () => "quick"),
    },
  });
  const connection = await enter(serve([app]), "app");
  const calls = [1, 2, 3].map((id) => connection.call("wait", id));
  equal(await connection.call("quick"), "quick");
  for (const id of [3, 1, 2]) waiting.get(id)?.(id * 10);
  deepEqual(await Promise.all(calls), [10, 20, 30]);
  await connection.close();
});

test("a method that takes too long is given up: the client is told, the signal aborts, a late result is dropped", async () => {
  const signals: AbortSignal[] = [];
  const late = Promise.withResolvers<string>();
  const slow = application("slow", {
    callTimeoutMs: 5000,
    methods: {
      hang: method([], function (this: MethodCall) {
        equal(this.name, "hang");
        signals.push(this.signal);
        return late.promise;
      }),
    },
  });
  const server = serve([slow]);
  const connection = await enter(server, "slow");
  const calling = connection.call("hang");
  const settled = rejects(calling, refused(FAILED, "hang took too long."));
  await server.pass(4500);
  equal(signals[0]?.aborted, false);
  await server.pass(1000);
  await settled;
  equal(signals[0]?.aborted, true);
  late.resolve("late");
  await settle();
  const [client] = slow.clients;
  equal(client?.signal.aborted, false);
  await connection.close();
});

test("a limit of Infinity is none", async () => {
  const late = Promise.withResolvers<string>();
  const slow = application("slow", {
    callTimeoutMs: Number.POSITIVE_INFINITY,
    methods: { hang: method([], () => late.promise) },
  });
  const server = serve([slow], { timeouts: { idleMs: 10_000_000 } });
  const connection = await enter(server, "slow");
  const calling = connection.call("hang");
  await server.pass(120_000);
  late.resolve("late");
  equal(await calling, "late");
  await connection.close();
});

test("when the client goes, the signals of its calls abort, and what they answer is dropped", async () => {
  const signals: AbortSignal[] = [];
  const late = Promise.withResolvers<string>();
  const app = application("app", {
    methods: {
      hang: method([], function (client) {
        signals.push(this.signal, client.signal);
        return late.promise;
      }),
    },
  });
  const server = serve([app]);
  const connection = await enter(server, "app");
  for (let count = 0; count < 100; count++) connection.call("hang").catch(() => undefined);
  await settle();
  equal(signals.length, 200);
  await connection.close();
  await settle();
  ok(signals.every((signal) => signal.aborted && /the client has gone/.test(signal.reason.message)));
  late.resolve("late");
  await settle();
  deepEqual(
    server.log.filter((line) => /^(warn|error)/.test(line)),
    [],
  );
});

test("a signal that is asked for late knows already", async () => {
  const late = Promise.withResolvers<void>();
  const aborted: boolean[] = [];
  const app = application("app", {
    methods: {
      hang: method([], async function (client) {
        await late.promise;
        aborted.push(this.signal.aborted, client.signal.aborted);
      }),
    },
  });
  const connection = await enter(serve([app]), "app");
  connection.notify("hang");
  await settle();
  await connection.close();
  await settle();
  late.resolve();
  await settle();
  deepEqual(aborted, [true, true]);
});

test("no more calls of a client run than the limit says, those without an answer too", async () => {
  const app = application("app", { methods: { hang: method([], () => new Promise<never>(() => undefined)) } });
  for (const id of [0, 2]) {
    const server = serve([app], { limits: { maxPendingCalls: 3 } });
    const peer = await rawPeer(server, "app");
    for (let count = 0; count < 3; count++) peer.command("hang", id === 0 ? 0 : id + count, 0);
    await settle();
    deepEqual(peer.take(), []);
    peer.command("hang", id === 0 ? 0 : 9, 0);
    await settle();
    deepEqual(
      Array.from(app.clients, ({ isOpen }) => isOpen),
      [false],
    );
    for (const connection of server.connections) connection.destroy();
    ok(server.log.some((line) => line.includes("session.call-limit")));
  }
});

test("methods that do not settle make room when their time is over", async () => {
  const app = application("app", {
    callTimeoutMs: 1000,
    methods: { hang: method([], () => new Promise<never>(() => undefined)), quick: method([], () => 1) },
  });
  const server = serve([app], { limits: { maxPendingCalls: 3 } });
  const connection = await enter(server, "app");
  for (let round = 0; round < 3; round++) {
    const calls = [1, 2].map(() => connection.call("hang"));
    const settled = Promise.allSettled(calls);
    await server.pass(1500);
    ok((await settled).every(({ status }) => status === "rejected"));
    equal(await connection.call("quick"), 1);
  }
  await connection.close();
});

test("the server calls one client, with types and checks", async () => {
  type Quiz = { clientMethods: { ask(question: string): number } };
  const quiz = application<Quiz>("quiz", {});
  const server = serve([quiz]);
  const answers = [42, "many"];
  const connection = await enterWith(server, "quiz", { methods: { ask: () => answers.shift() } });
  const [client] = quiz.clients;
  ok(client !== undefined);
  equal(await client.call("ask", "How many?"), 42);
  await rejects(client.callWith({ result: z.number() }, "ask", "How many?"), {
    name: "CallError",
    message: /^The client's answer to ask is not as it should be: .*number/,
  });
  answers.push(7);
  equal(await client.callWith({ result: z.number().transform((number) => `${number}`) }, "ask", "?"), "7");
  await connection.close();
  await settle();
  await rejects(client.call("ask", "?"), { code: "connection.closed" });
});

test("a client that answers with a value that contains itself is refused", async () => {
  const app = application("app", {});
  const server = serve([app]);
  const cyclic: AmfEncodable[] = [];
  cyclic.push(cyclic);
  const connection = await enterWith(server, "app", { methods: { ask: () => cyclic } });
  const [client] = app.clients;
  await rejects(async () => await client?.call("ask"), /The answer to ask: a value that contains itself/);
  await connection.close();
});

test("a message for all is for all of the application, of the instance, or for all others", async () => {
  type Chat = { clientMethods: { show(text: string): void } };
  const chat = application<Chat>("chat", {}).methods({
    say: method([z.string()], (client, text) => client.instance.notifyOthers(client, "show", text)),
  });
  const server = serve([chat]);
  const seen: string[] = [];
  const enterAs = (name: string, app: string): Promise<NetConnection> =>
    enterWith(server, app, { methods: { show: (text) => void seen.push(`${name} ${text}`) } });
  const connections = [await enterAs("a", "chat/1"), await enterAs("b", "chat/1"), await enterAs("c", "chat/2")];
  chat.notifyAll("show", "all");
  await settle();
  deepEqual(seen.splice(0), ["a all", "b all", "c all"]);
  chat.instance("1")?.notify("show", "one");
  await settle();
  deepEqual(seen.splice(0), ["a one", "b one"]);
  await connections[0]?.call("say", "others");
  await settle();
  deepEqual(seen.splice(0), ["b others"]);
  throws(() => chat.notifyAll("show", new Map() as unknown as string), { code: "amf.encode" });
  for (const connection of connections) await connection.close();
});

test("a message for all is encoded once for AMF0 and once for AMF3", async () => {
  const chat = application("chat", {});
  const server = serve([chat]);
  const seen: unknown[] = [];
  const methods = { show: (value: unknown) => void seen.push(value) };
  const connections: NetConnection[] = [];
  for (const objectEncoding of [0, 3, 0, 3, 3] as const) {
    connections.push(await enterWith(server, "chat", { objectEncoding, methods }));
  }
  let reads = 0;
  const message = {
    get text(): string {
      reads++;
      return "hello";
    },
  };
  chat.notifyAll("show", message);
  await settle();
  equal(seen.length, 5);
  equal(reads, 2);
  for (const connection of connections) await connection.close();
});

test("a client that does not read is cut off by a message for all, and nobody else", async () => {
  const chat = application("chat", {});
  const server = serve([chat], { limits: { maxUnreadReplyBytes: 10_000 } });
  const [slow, quick] = [await rawPeer(server, "chat"), await rawPeer(server, "chat")];
  slow.stream.pause();
  for (let count = 0; count < 30; count++) chat.notifyAll("show", "x".repeat(1000));
  await settle();
  equal(quick.take().length, 30);
  deepEqual(
    Array.from(chat.clients, ({ isOpen }) => isOpen),
    [false, true],
  );
});

test("a disconnected client reads why, and is told of once", async () => {
  const reasons: string[] = [];
  const chat = application("chat", { onDisconnect: (_, reason) => void reasons.push(reason) });
  const server = serve([chat]);
  const peer = await rawPeer(server, "chat");
  const [client] = chat.clients;
  client?.disconnect("Be polite.");
  client?.disconnect("Again.");
  await settle();
  deepEqual(peer.take(), ["onStatus/0 NetConnection.Connect.Closed"]);
  equal(peer.lastDescription, "Be polite.");
  for (const connection of server.connections) connection.destroy();
  deepEqual(reasons, ["disconnected by the application: Be polite."]);
});

test("applications are told apart by their names", () => {
  throws(() => serve([application("a", {}), application("a", {})]), /two applications a/);
  throws(() => serve([{ name: "a", instances: [] }]), /made by application\(\)/);
  for (const name of ["", "a/b", "a?b"]) throws(() => application(name, {}), /no name of an application/);
});

test("methods that are added later are served too", async () => {
  const app = application("app", { methods: { first: method([], () => 1) } });
  const connection = await enter(serve([app]), "app");
  const more = app.methods({ second: method([], () => 2) });
  equal(more, app);
  deepEqual([await connection.call("first"), await connection.call("second")], [1, 2]);
  await connection.close();
});

/** A schema that takes anything, when the test says so. */
function slowSchema(): { readonly schema: StandardSchema<unknown>; readonly decide: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const validate = async (value: unknown): Promise<{ readonly value: unknown }> => {
    await promise;
    return { value };
  };
  return { schema: { "~standard": { version: 1, vendor: "test", validate } }, decide: resolve };
}

test("a method does not begin when the client has gone, or its time is over, while its arguments were checked", async () => {
  const { schema, decide } = slowSchema();
  const names: unknown[] = [];
  const methods = { join: method([schema], (_, name) => void names.push(name)) };
  const server = serve([application("chat", { methods, callTimeoutMs: 5000 })]);
  const [first, second] = [await enter(server, "chat"), await enter(server, "chat")];
  const gone = rejects(first.call("join", "Ann"), { code: "connection.closed" });
  const late = rejects(second.call("join", "Bob"), refused(FAILED, "join took too long."));
  await settle();
  await first.close();
  await server.pass(5500);
  await Promise.all([gone, late]);
  decide();
  await settle();
  deepEqual(names, []);
});

test("a client that left while its arguments were checked is not asked about", async () => {
  const { schema, decide } = slowSchema();
  const names: unknown[] = [];
  const server = serve([application("chat", { onConnect: method([schema], (_, name) => void names.push(name)) })]);
  const refusal = rejects(enter(server, "chat", "Ann"));
  await settle();
  for (const connection of server.connections) connection.destroy();
  await refusal;
  decide();
  await settle();
  deepEqual(names, []);
});

test("what an asynchronous onConnected or onDisconnect throws is logged, and ends nothing", async () => {
  const fail = async (): Promise<void> => {
    throw new Error("out of order");
  };
  const server = serve([application("chat", { onConnected: fail, onDisconnect: fail })]);
  const connection = await enter(server, "chat");
  await settle();
  await connection.close();
  await settle();
  const line = 'error a hook of the application failed {"err":{}}';
  deepEqual(
    server.log.filter((one) => one.startsWith("error")),
    [line, line],
  );
});

test("an application sees the user that another feature has found", async () => {
  const users: (string | undefined)[] = [];
  const note = ({ info }: ApplicationClient): undefined => void users.push(info.user);
  const chat = application("chat", { onConnect: note, onConnected: note });
  const server = new TestServer({}, ({ log, nowMs }) => [
    { connect: () => ({ allow: true, user: "joe" }) },
    new Applications({ applications: [chat], log, nowMs, maxPendingCalls: 10 }),
  ]);
  const connection = await enter(server, "chat");
  deepEqual(users, ["joe", "joe"]);
  await connection.close();
});

test("what is too long for one message is no answer, and no call to all: nobody's connection ends", async () => {
  const tooLong = "x".repeat(0xffffff);
  const chat = application("chat", { methods: { get: method([], () => tooLong) } });
  const server = serve([chat]);
  const connection = await enter(server, "chat");
  await rejects(connection.call("get"), refused(FAILED, /cannot be sent/));
  throws(() => chat.notifyAll("news", tooLong), { code: "amf.encode" });
  await rejects(connection.call("get", tooLong), { code: "amf.encode" });
  await rejects(connection.call("get"), refused(FAILED, /cannot be sent/));
  await connection.close();
});

test("an onConnect that returns no decision refuses, and is logged", async () => {
  for (const answer of [false, true, null, {}, "no"]) {
    for (const later of [false, true]) {
      const onConnect = (): undefined => (later ? Promise.resolve(answer) : answer) as unknown as undefined;
      const server = serve([application("chat", { onConnect })]);
      await rejects(enter(server, "chat"), refused("NetConnection.Connect.Rejected", "The application failed."));
      ok(server.log.some((line) => line.startsWith("error a hook of the application failed")));
    }
  }
});

test("a client that is disconnected while it is asked about is not accepted", async () => {
  const told: string[] = [];
  const chat = application("chat", {
    onConnect: (client) => client.disconnect("Not now."),
    onConnected: () => void told.push("connected"),
    onDisconnect: () => void told.push("disconnected"),
  });
  const server = serve([chat]);
  await rejects(enter(server, "chat"), /Not now\./);
  await settle();
  deepEqual([told, chat.clients.size, [...chat.instances].length], [[], 0, 0]);
});

test("what all get together arrives whole, however each connection is encrypted", async () => {
  const chat = application("chat", {});
  const server = serve([chat]);
  const got: AmfEncodable[] = [];
  const news = (text: AmfEncodable): undefined => void got.push(text);
  const forms = ["encrypted", "plain", "encrypted", "plain"] as const;
  const connections = await Promise.all(
    forms.map((handshake) => enterWith(server, "chat", { handshake, methods: { news } })),
  );
  const texts = ["a", "b".repeat(5000)];
  for (const text of texts) chat.notifyAll("news", text);
  await settle();
  deepEqual(got.toSorted(), [...Array(4).fill("a"), ...Array(4).fill(texts[1])]);
  await Promise.all(connections.map((connection) => connection.close()));
});
