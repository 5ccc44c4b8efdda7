import { deepEqual, equal, ok, rejects, throws } from "node:assert/strict";
import { once } from "node:events";
import { connect as connectSocket } from "node:net";
import { type TestContext, test } from "node:test";
import { type ClientSharedObject, type ConnectOptions, connect, type NetConnection } from "../../src/client/index.ts";
import { AmfDate } from "../../src/formats/amf/amf-value.ts";
import { encodeSharedObject } from "../../src/rtmp/message/encode-shared-object.ts";
import { decodeSharedObject, SHARED_OBJECT_LIMITS_OF_CLIENTS } from "../../src/rtmp/message/shared-object.ts";
import { classAlias, type SharedObjectSync } from "../../src/server/index.ts";
import type { MediaServerOptions } from "../../src/server/options.ts";
import type { ByteStream, ByteStreamEvents } from "../../src/transport/byte-stream.ts";
import { socketStream } from "../../src/transport/socket-stream.ts";
import { Random } from "../fuzz/random.ts";
import { type LiveServer, startLiveServer } from "../support/live-server.ts";
import { RtmpPeer, settle } from "../support/rtmp-peer.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

type Room = { topic: string; users: string[]; count: number; [slot: string]: unknown };

async function start(t: TestContext, sharedObjects: MediaServerOptions["sharedObjects"] = {}): Promise<LiveServer> {
  return await startLiveServer(t, { sharedObjects });
}

async function enter(t: TestContext, url: string, options: ConnectOptions = {}): Promise<NetConnection> {
  const connection = await connect(url, options);
  t.after(() => connection.close());
  return connection;
}

async function until(isSo: () => boolean): Promise<void> {
  for (const deadlineMs = performance.now() + 20_000; !isSo(); ) {
    ok(performance.now() < deadlineMs, `not within 20 s: ${isSo}`);
    await settle();
  }
}

function plain(object: { readonly data: object }): object {
  return JSON.parse(JSON.stringify(object.data));
}

test("what one sets all have, by AMF0 and AMF3, clients and the program of the server", async (t) => {
  const { server, url } = await start(t);
  const clients = await Promise.all(
    [0, 3].map((objectEncoding) => enter(t, url("chat/one"), { objectEncoding: objectEncoding === 3 ? 3 : 0 })),
  );
  const [flash, flex] = await Promise.all(clients.map((client) => client.sharedObject<Room>("room")));
  const own = await server.sharedObject<Room>("chat/one", "room");
  ok(flash !== undefined && flex !== undefined);
  const seen: string[] = [];
  own.onChange((changes, by) => {
    for (const { code, key, value, oldValue } of changes) seen.push(`${by?.app} ${code} ${key} ${oldValue} → ${value}`);
  });
  flash.set("topic", "water");
  equal(flash.data.topic, "water", "at once");
  flex.set("users", ["ann", "ben"]);
  await until(() => flex.has("topic") && flash.has("users"));
  own.set("count", 2);
  await until(() => flex.data.count === 2 && flash.get("count") === 2);
  flex.delete("topic");
  await until(() => !flash.has("topic") && !own.has("topic"));
  const expected = { users: ["ann", "ben"], count: 2 };
  for (const one of [flash, flex, own]) deepEqual(plain(one), expected);
  deepEqual(seen.toSorted(), [
    "chat/one change topic undefined → water",
    "chat/one change users undefined → ann,ben",
    "chat/one delete topic water → undefined",
  ]);
  deepEqual([own.clientCount, own.size, own.keys()], [2, 2, ["users", "count"]]);
  equal(own.version, 5);
  own.clear();
  await until(() => flash.keys().length === 0 && flex.keys().length === 0);
});

test("objects of other names, instances and applications are others; an instance without a name is the default one", async (t) => {
  const { server, url } = await start(t);
  const places = ["chat", "chat/_definst_", "chat/", "chat/one", "other"];
  const rooms = await Promise.all(
    places.map(async (place) => await (await enter(t, url(place))).sharedObject<Room>("room")),
  );
  const another = await (await enter(t, url("chat"))).sharedObject<Room>("room2");
  const own = await server.sharedObject<Room>("chat", "room");
  own.set("topic", "default");
  await until(() => rooms.slice(0, 3).every((room) => room.data.topic === "default"));
  deepEqual(
    [...rooms.slice(3), another].map(({ data }) => data.topic),
    [undefined, undefined, undefined],
  );
});

test("what is set in one go is one step for everybody, and so is a batch of the server, and what happens under a lock", async (t) => {
  const { server, url } = await start(t);
  const writer = await (await enter(t, url("chat"))).sharedObject<Room>("room");
  const reader = await (await enter(t, url("chat"))).sharedObject<Room>("room");
  const own = await server.sharedObject<Room>("chat", "room");
  const steps: string[][] = [];
  reader.onChange((changes) => void steps.push(changes.map(({ key }) => key)));
  writer.set("topic", "a");
  writer.set("count", 1);
  writer.set("count", 2);
  await until(() => steps.length === 1);
  own.batch(() => {
    own.set("topic", "b");
    own.delete("count");
  });
  await until(() => steps.length === 2);
  const { promise: work, resolve: finish } = Promise.withResolvers<void>();
  const locked = own.lock(async () => {
    own.set("topic", "c");
    await work;
    own.set("users", []);
    return "done";
  });
  writer.set("count", 3);
  await until(() => own.has("count"));
  equal(reader.data.topic, "b", "nobody is told while it is locked");
  finish();
  equal(await locked, "done");
  await until(() => steps.length === 3);
  deepEqual(steps, [
    ["topic", "count"],
    ["topic", "count"],
    ["topic", "count", "users"],
  ]);
  deepEqual([own.version, reader.version], [4, 4]);
});

test("calls reach everybody, the sender too, in order with the changes; handlers that fail disturb nobody", async (t) => {
  const { server, url } = await start(t);
  const heard: string[] = [];
  const handlers = (who: string) => ({
    say: (text: string) => {
      heard.push(`${who} ${text}`);
      throw new Error("a handler that fails");
    },
    later: async () => Promise.reject(new Error("a handler that rejects")),
  });
  const warnings: string[] = [];
  const log = { debug() {}, warn: (_: object, message: string) => void warnings.push(message) };
  const ann = await (await enter(t, url("chat"), { log })).sharedObject("room", { handlers: handlers("ann") });
  const ben = await (await enter(t, url("chat"))).sharedObject("room", { handlers: handlers("ben") });
  const own = await server.sharedObject("chat", "room");
  own.onSend((method, args, by) => heard.push(`server ${method} ${JSON.stringify(args)} of ${by?.app}`));
  ann.send("say", "hello");
  ann.send("later");
  ann.send("nobody has this", { x: 1 });
  await until(() => heard.length === 5);
  own.send("say", "welcome");
  await until(() => heard.length === 7);
  deepEqual(heard.slice(0, 5).toSorted(), [
    "ann hello",
    "ben hello",
    "server later [] of chat",
    'server nobody has this [{"x":1}] of chat',
    'server say ["hello"] of chat',
  ]);
  deepEqual(heard.slice(5).toSorted(), ["ann welcome", "ben welcome"]);
  deepEqual(new Set(warnings), new Set(["a function for a shared object failed"]));
  ok(ann.isOpen && ben.isOpen);
});

test("changes come by for await, and end with the object", async (t) => {
  const { url } = await start(t);
  const writer = await (await enter(t, url("chat"))).sharedObject<Room>("room");
  const reader = await (await enter(t, url("chat"))).sharedObject<Room>("room");
  const seen: string[] = [];
  const reading = (async () => {
    for await (const changes of reader.changes()) {
      for (const { code, key, value } of changes) seen.push(`${code} ${key} ${value}`);
      if (changes.some(({ code }) => code === "delete")) reader.close();
    }
  })();
  writer.set("topic", "a");
  await until(() => seen.length === 1);
  writer.delete("topic");
  await reading;
  deepEqual(seen, ["change topic a", "delete topic undefined"]);
  deepEqual(await reader.ended, { kind: "closed", description: "closed by the application" });
  throws(() => reader.set("topic", "b"), { code: "connection.closed" });
});

test("opened twice it is one object, closed when it was closed twice; afterwards it can be opened anew", async (t) => {
  const { server, url } = await start(t);
  const connection = await enter(t, url("chat"));
  const [first, second] = await Promise.all([connection.sharedObject("room"), connection.sharedObject("room")]);
  equal(first, second);
  await rejects(connection.sharedObject("room", { isPersistent: true }), /open as a temporary one/);
  const own = await server.sharedObject("chat", "room");
  equal(own.clientCount, 1);
  first.close();
  ok(second.isOpen);
  second.set("last", "word");
  second.close();
  second.close();
  ok(!second.isOpen);
  await until(() => own.clientCount === 0);
  equal(own.get("last"), "word", "what was set before is sent");
  const anew = await connection.sharedObject("room");
  deepEqual([anew === first, anew.get("last")], [false, "word"]);
});

test("a temporary object goes with its last client; what the program holds stays until it is closed", async (t) => {
  const { server, url } = await start(t);
  const connection = await enter(t, url("chat"));
  const room = await connection.sharedObject<Room>("room");
  room.set("topic", "gone");
  room.close();
  // It has arrived.
  await connection.ping();
  const held = await server.sharedObject<Room>("chat", "room");
  equal(held.data.topic, undefined);
  held.set("topic", "held");
  const again = await connection.sharedObject<Room>("room");
  equal(again.data.topic, "held");
  const beside = await server.sharedObject<Room>("chat", "room");
  held.close();
  again.close();
  await until(() => beside.clientCount === 0);
  equal(beside.data.topic, "held", "another part of the program has it");
  beside.close();
  await connection.ping();
  throws(() => beside.set("topic", "late"), /was closed/);
  equal((await connection.sharedObject<Room>("room")).data.topic, undefined);
});

test("who may what is asked of the application, and a right can be taken back", async (t) => {
  const muted = new Set<string>();
  const { server, url, lines } = await start(t, {
    apps: ["chat"],
    mayRead: ({ name, connection }) => name !== "secret" && connection.app === "chat",
    mayCreate: ({ name }) => name === "room",
    mayWrite: ({ connection }) => !muted.has(connection.flashVersion),
    maySend: ({ name }) => {
      if (name === "room") throw new Error("no idea");
      return true;
    },
  });
  const connection = await enter(t, url("chat"), { flashVersion: "ann" });
  await rejects(connection.sharedObject("secret"), { name: "StatusError", code: "SharedObject.NoReadAccess" });
  await rejects(connection.sharedObject("new"), { code: "SharedObject.ObjectCreationFailed" });
  await rejects(connection.sharedObject("room", { isPersistent: true }), { code: "SharedObject.ObjectCreationFailed" });
  await server.sharedObject("chat", "new");
  equal((await connection.sharedObject("new")).isOpen, true, "what exists may be opened");
  const room = await connection.sharedObject<Room>("room");
  const told: string[] = [];
  room.onStatus(({ code }) => told.push(code));
  room.onChange((changes) => told.push(...changes.map(({ code, value }) => `${code} ${value}`)));
  room.set("topic", "a");
  await until(() => told.length === 1);
  muted.add("ann");
  room.set("topic", "b");
  await until(() => told.length === 3);
  muted.clear();
  room.set("topic", "c");
  await until(() => told.length === 4);
  room.send("say");
  await until(() => told.length === 5);
  deepEqual(told, ["success a", "SharedObject.NoWriteAccess", "reject a", "success c", "SharedObject.NoWriteAccess"]);
  equal(room.data.topic, "c");
  ok(lines.some(({ level, message }) => level === "error" && message === "maySend of shared objects failed"));
  const elsewhere = await enter(t, url("live"));
  await rejects(elsewhere.sharedObject("room"), { code: "SharedObject.NoReadAccess" });
  await rejects(server.sharedObject("chat", "room", { isPersistent: true }), /sharedObjects\.folder/);
});

test("a server without shared objects says nothing, and the client gives up; the program is told what it needs", async (t) => {
  const { server, url } = await startLiveServer(t);
  const connection = await enter(t, url("chat"));
  await rejects(connection.sharedObject("room", { timeoutMs: 50 }), { code: "timeout.answer" });
  await rejects(server.sharedObject("chat", "room"), /needs the option sharedObjects/);
});

test("hooks hear of all changes and calls, with who did it", async (t) => {
  const heard: string[] = [];
  const { server, url } = await start(t, {
    onSync({ app, name, changes, connection }: SharedObjectSync) {
      heard.push(`${app} ${name} ${changes.map(({ code, key, value }) => `${code} ${key} ${value}`)} ${connection.id}`);
    },
    onSend({ app, name, method, args, connection }) {
      heard.push(`${app} ${name} ${method} ${args} ${connection.id}`);
    },
  });
  const room = await (await enter(t, url("chat/one"))).sharedObject<Room>("room");
  room.set("topic", "a");
  room.set("count", 1);
  room.send("say", "x", 1);
  (await server.sharedObject("chat/one", "room")).set("users", []);
  await until(() => heard.length === 2 && room.has("users"));
  deepEqual(heard, ["chat/one room change topic a,change count 1 1", "chat/one room say x,1 1"]);
});

test("other parts of the program hear of each other's changes, not of their own", async (t) => {
  const { server } = await start(t);
  const [left, right] = [
    await server.sharedObject<Room>("chat", "room"),
    await server.sharedObject<Room>("chat", "room"),
  ];
  const heard: string[] = [];
  left.onChange((changes, by) => heard.push(`left ${changes[0]?.code} ${changes[0]?.value} ${by}`));
  const undo = right.onChange((changes) => heard.push(`right ${changes[0]?.code} ${changes[0]?.value}`));
  left.set("topic", "a");
  left.set("topic", "a");
  right.set("topic", "b");
  undo();
  left.delete("topic");
  equal(left.delete("topic"), false);
  right.clear();
  deepEqual(heard, ["right change a", "left change b undefined", "left clear undefined undefined"]);
  right.mark();
  left.set("count", 1);
  deepEqual([right.isDirty("count"), right.isDirty("topic")], [true, false]);
  throws(() => left.set("topic", "x".repeat(100_000)), { code: "object.limit" });
  throws(() => left.set("topic", (() => {}) as unknown as string), { code: "amf.encode" });
  left.set("topic", undefined as unknown as string);
  deepEqual(plain(right), { count: 1 });
});

test("values come back as what they were: dates, typed objects, bytes, names like __proto__", async (t) => {
  class Point {
    x = 1;
    y = 2;
  }
  const classes = [classAlias("Point", Point, ["x", "y"])];
  const { server, url } = await startLiveServer(t, { sharedObjects: {}, classes });
  const [ann, ben] = await Promise.all(
    [0, 3].map(async (objectEncoding) => {
      const connection = await enter(t, url("chat"), { classes, objectEncoding: objectEncoding === 3 ? 3 : 0 });
      return await connection.sharedObject<Record<string, unknown>>("room");
    }),
  );
  const own = await server.sharedObject<Record<string, unknown>>("chat", "room");
  ok(ann !== undefined && ben !== undefined);
  ann.set("date", new AmfDate(1e12));
  ann.set("__proto__", { constructor: "mine" });
  ben.set("point", new Point());
  ben.set("bytes", Uint8Array.of(1, 2));
  ben.set("then", "no promise");
  await until(() => [ann, ben, own].every(({ data }) => Object.keys(data).length === 5));
  for (const { data } of [ann, ben, own]) {
    deepEqual(data["date"], new Date(1e12));
    ok(data["point"] instanceof Point);
    equal(JSON.stringify(Reflect.get(data, "__proto__")), '{"constructor":"mine"}');
    deepEqual([Object.getPrototypeOf(data), "toString" in data, "point" in data], [null, false, true]);
    equal((await Promise.resolve(data))["then"], "no promise");
  }
  deepEqual(own.data["bytes"], Uint8Array.of(1, 2));
  throws(() => Object.assign(own.data, { x: 1 }), TypeError);
  throws(
    () => Reflect.deleteProperty(own.data, "point") || Object.defineProperty(own.data, "x", { value: 1 }),
    TypeError,
  );
});

test("everything ends with the connection; what the object held stays readable", async (t) => {
  const { server, url } = await start(t);
  const connection = await connect(url("chat"));
  const room = await connection.sharedObject<Room>("room");
  room.set("topic", "a");
  const changes = room.changes();
  await changes.next();
  const own = await server.sharedObject<Room>("chat", "room");
  void connection.close();
  equal((await room.ended).kind, "closed");
  equal((await changes.next()).done, true);
  equal(room.data.topic, "a");
  throws(() => room.set("topic", "b"), { code: "connection.closed" });
  await rejects(connection.sharedObject("room"), { code: "connection.closed" });
  await until(() => own.clientCount === 0);
  const other = await connect(url("chat"));
  const lost = await other.sharedObject<Room>("room");
  await server.stop();
  equal((await lost.ended).kind, "disconnected");
  await rejects(server.sharedObject("chat", "room"), /was stopped/);
});

for (const interleave of ["message", "chunk"] as const) {
  test(`an object of two megabytes comes whole by any way in, and small ones after it, by ${interleave}`, async (t) => {
    const { server, url } = await startLiveServer(t, {
      sharedObjects: {},
      play: { interleave },
      limits: { maxCommandsPerSecond: 10_000 },
    });
    const own = await server.sharedObject<Record<string, string>>("chat", "room");
    for (let index = 0; index < 50; index++) own.set(`slot ${index}`, `${index}`.repeat(20_000));
    for (const scheme of ["rtmp", "rtmpe", "rtmpt", "ws"] as const) {
      const connection = await enter(t, url("chat", scheme));
      const [room, small] = await Promise.all([connection.sharedObject("room"), connection.sharedObject("small")]);
      deepEqual([scheme, room.keys().slice(0, 50)], [scheme, own.keys().slice(0, 50)]);
      ok(small.isOpen);
      own.set("last", scheme);
      await until(() => room.get("last") === scheme);
      await connection.close();
    }
  });
}

/** A stream whose bytes come late, by a random number of turns of the event loop, in order. */
function delayed(stream: ByteStream, random: Random): ByteStream {
  const start = (events: ByteStreamEvents): void => {
    let last = Promise.resolve();
    const later = (work: () => void): void => {
      const turns = random.below(6);
      last = last.then(async () => {
        for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
        work();
      });
    };
    stream.start({
      onBytes: (bytes) => {
        const copy = bytes.slice();
        later(() => events.onBytes(copy));
      },
      onDrain: () => events.onDrain(),
      onEnd: () => later(() => events.onEnd()),
      onClose: (error) => later(() => events.onClose(error)),
    });
  };
  return new Proxy(stream, {
    get: (_, name) => {
      if (name === "start") return start;
      const member = Reflect.get(stream, name);
      return typeof member === "function" ? member.bind(stream) : member;
    },
  });
}

for (const [seed, conflict] of [
  [1, "last-writer"],
  [2, "compare-and-set"],
  [3, "last-writer"],
  [4, "compare-and-set"],
] as const) {
  test(`eight clients that write at once, with delays, come to the same, seed ${seed}, ${conflict}`, async (t) => {
    const random = new Random(seed);
    const { server, url, port } = await startLiveServer(t, {
      sharedObjects: { conflict, limits: { maxSendsPerSecond: 10_000 } },
      limits: { maxCommandsPerSecond: 10_000 },
    });
    const own = await server.sharedObject<Record<string, number>>("chat", "room");
    const arrived: string[] = [];
    const rooms = await Promise.all(
      Array.from({ length: 8 }, async (_, index) => {
        const socket = connectSocket(port, "127.0.0.1");
        await once(socket, "connect");
        const stream = delayed(socketStream(socket), random);
        const connection = await enter(t, url("chat"), { stream, objectEncoding: index % 2 === 0 ? 0 : 3 });
        const handlers = { done: (from: number) => void arrived.push(`${from} to ${index}`) };
        return await connection.sharedObject<Record<string, number>>("room", { handlers });
      }),
    );
    const write = async (room: ClientSharedObject<Record<string, number>>, index: number): Promise<void> => {
      for (let count = 0; count < 60; count++) {
        const key = `slot ${random.below(5)}`;
        if (random.below(5) === 0) room.delete(key);
        else room.set(key, index * 1000 + count);
        if (random.below(3) === 0) await new Promise((resolve) => setImmediate(resolve));
        if (index === 0 && count % 10 === 0) own.set(key, -count);
      }
      room.send("done", index);
    };
    await Promise.all(rooms.map(write));
    await until(() => arrived.length === 64);
    // A further step, so that all that was on its way before has arrived.
    own.set("end", 1);
    await until(() => rooms.every((room) => room.has("end")));
    for (const room of rooms) {
      equal(JSON.stringify(Object.entries(room.data).sort()), JSON.stringify(Object.entries(own.data).sort()));
    }
  });
}

test("who does not read gets the last value of each slot, not all that were; who reads is not held up", async (t) => {
  const { server, url, port } = await start(t);
  const own = await server.sharedObject<Record<string, string>>("chat", "room");
  const socket = connectSocket(port, "127.0.0.1");
  await once(socket, "connect");
  const slow = new RtmpPeer(socketStream(socket));
  slow.connect("chat");
  await until(() => slow.lines.some((line) => line.startsWith("_result")));
  slow.send(encodeSharedObject({ name: "room", version: 0, isPersistent: false, events: [{ kind: "use" }] }));
  await until(() => own.clientCount === 1);
  slow.stream.pause();
  const reader = await (await enter(t, url("chat"))).sharedObject<Record<string, string>>("room");
  const rounds = 3000;
  const value = (round: number): string => `${round} `.padEnd(10_000, "x");
  for (let round = 1; round <= rounds; round++) {
    own.set(`slot ${round % 10}`, value(round));
    if (round % 10 === 0) await until(() => reader.data["slot 0"] === value(round));
  }
  const before = slow.stream.bytesRead;
  slow.stream.resume();
  const slots = new Map<string, unknown>();
  const read = (): void => {
    for (const { payload, type } of slow.media.splice(0)) {
      const message = decodeSharedObject({ type, payload }, { limits: SHARED_OBJECT_LIMITS_OF_CLIENTS });
      for (const event of message.events) {
        if (event.kind === "change") for (const [key, slot] of event.slots) slots.set(key, slot);
      }
    }
  };
  await until(() => {
    read();
    return slots.get("slot 0") === value(rounds);
  });
  for (let slot = 1; slot < 10; slot++) equal(slots.get(`slot ${slot}`), value(rounds - 10 + slot));
  const received = slow.stream.bytesRead - before;
  t.diagnostic(`${received} bytes of ${rounds * 10_000} were sent to who did not read`);
  ok(received < (rounds * 10_000) / 2, `${received} bytes`);
});

test("persistent objects are there after a restart, with their versions; damaged ones fall back", async (t) => {
  const folder = temporaryFolder(t);
  const open = async (server: LiveServer) => {
    const connection = await enter(t, server.url("chat/one"), { objectEncoding: 3 });
    return await connection.sharedObject<Room>("../room", { isPersistent: true });
  };
  const first = await start(t, { folder });
  const room = await open(first);
  room.set("topic", "kept");
  room.set("users", ["ann"]);
  await until(() => room.version === 2);
  room.delete("users");
  await until(() => room.version === 3);
  await first.server.stop();
  const second = await start(t, { folder, saveDelayMs: 1 });
  const again = await open(second);
  deepEqual([plain(again), again.version], [{ topic: "kept" }, 3]);
  const own = await second.server.sharedObject<Room>("chat/one", "../room", { isPersistent: true });
  await rejects(second.server.sharedObject("chat/one", "../room"), { code: "SharedObject.BadPersistence" });
  again.set("count", 1);
  await until(() => own.has("count"));
  const { version } = own;
  ok(version > 3);
  await second.server.drain();
  const third = await start(t, { folder });
  const last = await open(third);
  deepEqual([plain(last), last.version], [{ topic: "kept", count: 1 }, version]);
});
