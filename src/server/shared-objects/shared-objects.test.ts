import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import { type RtmpPeer, settle } from "../../../test/support/rtmp-peer.ts";
import { describeMessages } from "../../../test/support/shared-object-client.ts";
import { TestServer } from "../../../test/support/test-server.ts";
import { encodeSharedObject } from "../../rtmp/message/encode-shared-object.ts";
import type { SharedObjectEvent } from "../../rtmp/message/shared-object.ts";
import type { SharedObjectStorage } from "../../rtmp/shared-object/storage.ts";
import { SharedObjects } from "./shared-objects.ts";
import type { SharedObjectsOptions } from "./shared-objects-options.ts";

/** Keeps what is stored, waits and fails as the test says. */
class TestStorage implements SharedObjectStorage {
  readonly stored = new Map<string, Uint8Array>();
  failure: Error | undefined;
  loads = 0;
  stores = 0;
  gate: Promise<void> = Promise.resolve();

  async load(name: string): Promise<Uint8Array | undefined> {
    this.loads++;
    await this.gate;
    if (this.failure !== undefined) throw this.failure;
    return this.stored.get(name);
  }

  async store(name: string, snapshot: Uint8Array): Promise<void> {
    this.stores++;
    await this.gate;
    if (this.failure !== undefined) throw this.failure;
    this.stored.set(name, snapshot);
  }
}

class Scene {
  readonly server: TestServer;
  readonly objects: SharedObjects;

  constructor(options: SharedObjectsOptions = {}) {
    let objects: SharedObjects | undefined;
    this.server = new TestServer({ limits: { maxCommandsPerSecond: 100_000 } }, (context) => {
      objects = new SharedObjects({ options, log: context.log, nowMs: context.nowMs });
      return [objects];
    });
    if (objects === undefined) throw new Error("no feature was made");
    this.objects = objects;
  }

  get errors(): string[] {
    return this.server.log.filter((line) => line.startsWith("error"));
  }

  async client(app = "chat", bufferBytes = 0): Promise<TestClient> {
    const peer = this.server.connect({ bufferBytes });
    peer.connect(app);
    await settle();
    return new TestClient(peer);
  }
}

class TestClient {
  readonly peer: RtmpPeer;
  /** Of the last message. */
  #version = 0;

  constructor(peer: RtmpPeer) {
    this.peer = peer;
  }

  async ask(name: string, ...events: SharedObjectEvent[]): Promise<string[]> {
    const isPersistent = name.startsWith("kept");
    this.peer.send(encodeSharedObject({ name, version: this.#version, isPersistent, events }));
    await settle();
    return this.take();
  }

  take(): string[] {
    const lines = describeMessages(this.peer.media.splice(0));
    this.#version = Number.parseInt(lines.at(-1) ?? `${this.#version}`, 10);
    return lines;
  }
}

const USE = { kind: "use" } as const;
const set = (key: string, value: string | number): SharedObjectEvent => ({ kind: "request-change", key, value });

test("a storage of the program's own gets what changed, after the delay, and is asked when an object is opened", async () => {
  const storages = new Map<string, TestStorage>();
  const storage = (app: string): SharedObjectStorage => {
    const made = new TestStorage();
    storages.set(app, made);
    return made;
  };
  const scene = new Scene({ storage, saveDelayMs: 2000 });
  const client = await scene.client("chat/one");
  deepEqual(await client.ask("kept", USE, set("x", 1)), ["2: use-success, clear, x = 1"]);
  const kept = storages.get("chat/one");
  ok(kept !== undefined);
  deepEqual([kept.loads, kept.stores], [1, 0]);
  await scene.server.pass(2000);
  equal(kept.stores, 0);
  await scene.server.pass(500);
  deepEqual([kept.stores, [...kept.stored.keys()]], [1, ["kept"]]);
  deepEqual(await client.ask("kept", set("x", 2)), ["3: success x"]);
  await client.ask("kept", { kind: "release" });
  await scene.server.pass(5000);
  deepEqual([kept.stores, storages.size], [2, 1]);
  deepEqual(await client.ask("kept", USE), ["3: use-success"], "it has a copy of this version");
  deepEqual([kept.loads, storages.size], [2, 1]);
});

test("a storage that fails disturbs no client: what is open lives on, what must be loaded is refused, and each is logged once", async () => {
  const storage = new TestStorage();
  const scene = new Scene({ storage: () => storage });
  const [ann, ben] = [await scene.client(), await scene.client()];
  await ann.ask("kept", USE);
  storage.failure = new Error("EROFS: read-only file system");
  deepEqual(await ann.ask("kept", set("x", 1)), ["2: success x"]);
  await scene.server.pass(10_000);
  deepEqual(await ben.ask("kept", USE, set("y", 1)), ["3: use-success, clear, x = 1, y = 1"]);
  for (let round = 0; round < 3; round++) {
    deepEqual(await ben.ask("kept too", USE), ["0: status SharedObject.ObjectCreationFailed error"]);
  }
  equal(scene.errors.filter((line) => line.includes("cannot be loaded")).length, 1);
  ok(scene.errors.filter((line) => line.includes("cannot be stored")).length >= 3);
  await rejects(scene.objects.open("chat", "kept three", { isPersistent: true }), /EROFS/);
  storage.failure = undefined;
  await scene.server.pass(20_000);
  equal(storage.stored.has("kept"), true);
  deepEqual(await ben.ask("kept too", USE), ["1: use-success, clear"]);
});

test("a damaged object is refused, and is not overwritten", async () => {
  const storage = new TestStorage();
  storage.stored.set("kept", Uint8Array.of(1, 2, 3));
  const scene = new Scene({ storage: () => storage });
  const client = await scene.client();
  deepEqual(await client.ask("kept", USE, set("x", 1)), ["0: status SharedObject.ObjectCreationFailed error"]);
  await rejects(scene.objects.open("chat", "kept", { isPersistent: true }), { code: "object.snapshot" });
  await scene.server.pass(5000);
  await scene.objects.stop();
  equal(storage.stores, 0);
});

test("several who open an object for the program while it is loaded each have it, and the last one lets it go", async () => {
  const storage = new TestStorage();
  const { promise, resolve } = Promise.withResolvers<void>();
  storage.gate = promise;
  const scene = new Scene({ storage: () => storage });
  const openings = [1, 2].map(async () => {
    const object = await scene.objects.open<{ x: number }>("chat", "kept", { isPersistent: true });
    return object;
  });
  const first = scene.objects.open<{ x: number }>("chat", "kept", { isPersistent: true }).then((object) => {
    object.set("x", 1);
    object.close();
  });
  resolve();
  await first;
  const [left, right] = await Promise.all(openings);
  left?.close();
  equal(right?.get("x"), 1);
  equal(storage.loads, 1);
});

test("what is locked for too long is told after all, with a line in the log; the work goes on", async () => {
  const scene = new Scene({ limits: { maxLockMs: 3000 } });
  const client = await scene.client();
  await client.ask("room", USE);
  const object = await scene.objects.open<{ x: number; y: number }>("chat", "room");
  const { promise, resolve } = Promise.withResolvers<void>();
  const never = object.lock(() => new Promise<never>(() => {}));
  const locked = object.lock(async () => {
    object.set("x", 1);
    await promise;
    object.set("y", 2);
  });
  await scene.server.pass(2500);
  deepEqual(client.take(), []);
  await scene.server.pass(1000);
  deepEqual(client.take(), ["2: x = 1"]);
  equal(scene.server.log.filter((line) => line.includes("the lock is broken")).length, 2);
  resolve();
  await locked;
  await settle();
  deepEqual(client.take(), ["3: y = 2"]);
  ok(never instanceof Promise);
});

test("at the end all is stored, also what is locked or was changed just before, and handles are closed", async () => {
  const storage = new TestStorage();
  const scene = new Scene({ storage: () => storage });
  const object = await scene.objects.open<{ x: number }>("chat", "kept", { isPersistent: true });
  void object.lock(async () => {
    object.set("x", 1);
    await new Promise(() => {});
  });
  await scene.objects.stop();
  equal(storage.stores, 1);
  const later = new Scene({ storage: () => storage });
  equal((await later.objects.open<{ x: number }>("chat", "kept", { isPersistent: true })).get("x"), 1);
  object.set("x", 2);
  equal(
    object.batch(() => object.delete("x")),
    false,
    "nothing happens any more",
  );
});

test("who does not read is closed after the time for it; what waits for others goes on", async () => {
  const scene = new Scene({ limits: { blockedTimeoutMs: 5000 } });
  const [slow, reader] = [await scene.client(), await scene.client()];
  for (const client of [slow, reader]) await client.ask("room", USE);
  const object = await scene.objects.open<Record<string, string>>("chat", "room");
  slow.peer.stream.pause();
  for (let round = 0; round < 20; round++) {
    object.set(`slot ${round}`, "x".repeat(20_000));
    await settle();
  }
  equal(reader.take().length, 20);
  equal(object.clientCount, 2);
  await scene.server.pass(4000);
  equal(object.clientCount, 2);
  await scene.server.pass(3000);
  const isClosed = (line: string): boolean => line.includes("it read nothing of what it was told of shared objects");
  for (const deadlineMs = performance.now() + 10_000; !scene.server.log.some(isClosed); ) {
    ok(performance.now() < deadlineMs, "it is not closed");
    await settle();
  }
  object.set("more", "x");
  await settle();
  equal(reader.take().length, 1);
});

test("whole objects for many who do not read lie in few sockets; the others get theirs when there is room", async () => {
  const scene = new Scene({ limits: { maxUnreadBytes: 1_000_000, maxValueBytes: 400_000 } });
  const object = await scene.objects.open<Record<string, string>>("chat", "room");
  object.set("large", "x".repeat(300_000));
  const clients = await Promise.all(Array.from({ length: 8 }, () => scene.client("chat", 1000)));
  for (const client of clients) client.peer.stream.pause();
  for (const client of clients) await client.ask("room", USE);
  const unread = (): number[] => clients.map(({ peer }) => peer.stream.bytesRead);
  const before = unread();
  const connections = scene.server.connections.map(({ unsentBytes }) => unsentBytes);
  equal(connections.filter((bytes) => bytes > 290_000).length, 3, `${connections}`);
  object.set("small", "y");
  for (const client of clients) client.peer.stream.resume();
  for (let round = 0; round < 10; round++) await settle();
  deepEqual(
    unread().map((bytes, index) => bytes - (before[index] ?? 0) > 300_000),
    Array(8).fill(true),
  );
  for (const client of clients) ok(client.take().at(-1)?.includes('small = "y"'));
});

test("instances that nobody uses are forgotten, and come back empty", async () => {
  const asked: string[] = [];
  const scene = new Scene({
    storage: (app) => {
      asked.push(app);
      return new TestStorage();
    },
  });
  const client = await scene.client("chat/one");
  await client.ask("room", USE, set("x", 1));
  await scene.server.pass(1000);
  await client.ask("room", USE);
  deepEqual(asked, ["chat/one"]);
  client.peer.stream.close();
  await scene.server.pass(1000);
  const next = await scene.client("chat/one");
  deepEqual(await next.ask("room", USE), ["1: use-success, clear"]);
  deepEqual(asked, ["chat/one", "chat/one"]);
});

test("values longer than allowed end the connection that sends them; messages that cannot be read do too", async () => {
  const scene = new Scene();
  const [large, broken, healthy] = [await scene.client(), await scene.client(), await scene.client()];
  await healthy.ask("room", USE);
  await large.ask("room", USE, set("x", "y".repeat(70_000)));
  broken.peer.send({ type: 19, timestamp: 0, streamId: 0, payload: Uint8Array.of(0, 9, 1) });
  await settle();
  ok(scene.server.log.some((line) => line.includes("object.limit")));
  ok(scene.server.log.some((line) => line.includes("bytes.truncated")));
  deepEqual(await healthy.ask("room", set("x", 1)), ["2: success x"]);
});

test("clients that leave before a whole object fits into their sockets keep no room from others", async () => {
  const scene = new Scene({ limits: { maxUnreadBytes: 1_000_000, maxValueBytes: 400_000 } });
  const large = await scene.objects.open<Record<string, string>>("chat", "large");
  const small = await scene.objects.open<Record<string, string>>("chat", "small");
  large.set("large", "x".repeat(300_000));
  small.set("small", "x".repeat(30_000));
  const leaving = await Promise.all(Array.from({ length: 5 }, () => scene.client()));
  for (const client of leaving) {
    client.peer.stream.pause();
    await client.ask("small", USE);
    await client.ask("large", USE);
  }
  for (const connection of scene.server.connections) connection.destroy();
  const client = await scene.client();
  const [line] = await client.ask("large", USE);
  ok(line?.startsWith("2: use-success, clear, large = "), line);
});

test("who stops the server twice waits both times until all is stored", async () => {
  const storage = new TestStorage();
  const scene = new Scene({ storage: () => storage });
  const object = await scene.objects.open<Record<string, number>>("chat", "kept", { isPersistent: true });
  object.set("x", 1);
  const { promise, resolve } = Promise.withResolvers<void>();
  storage.gate = promise;
  const stored: number[] = [];
  const stops = [1, 2].map(() => scene.objects.stop().then(() => stored.push(storage.stored.size)));
  await settle();
  deepEqual(stored, []);
  resolve();
  await Promise.all(stops);
  deepEqual([stored, storage.stores], [[1, 1], 1]);
});

test("an object that is loaded when the server stops is not given to the program: nothing would store it", async () => {
  const storage = new TestStorage();
  const { promise, resolve } = Promise.withResolvers<void>();
  storage.gate = promise;
  const scene = new Scene({ storage: () => storage });
  const opening = rejects(scene.objects.open("chat", "kept", { isPersistent: true }), /stopped/);
  await scene.objects.stop();
  resolve();
  await opening;
});

test("a name that is longer than clients may say is refused to the program, too", async () => {
  const scene = new Scene({ storage: () => new TestStorage(), limits: { maxNameBytes: 8 } });
  await scene.objects.open("chat", "éééé", { isPersistent: true });
  for (const isPersistent of [false, true]) {
    await rejects(scene.objects.open("chat", "éééé.", { isPersistent }), { code: "object.limit" });
  }
});

test("a rule that does not answer at once refuses, and is logged", async () => {
  const mayRead = (async () => true) as unknown as () => boolean;
  const mayWrite = (async () => {
    throw new Error("not found");
  }) as unknown as () => boolean;
  const reading = new Scene({ mayRead });
  deepEqual(await (await reading.client()).ask("room", USE), ["0: status SharedObject.NoReadAccess error"]);
  const writing = new Scene({ mayWrite });
  deepEqual(await (await writing.client()).ask("room", USE, set("x", 1)), [
    "1: use-success, clear",
    "1: status SharedObject.NoWriteAccess error",
  ]);
  ok(reading.errors.some((line) => line.includes("mayRead of shared objects failed")));
  ok(writing.errors.some((line) => line.includes("mayWrite of shared objects failed")));
});

test("rights that were taken back do not count for what stands before a Use in the same message", async () => {
  let isAllowed = true;
  const scene = new Scene({ mayWrite: () => isAllowed, maySend: () => isAllowed });
  const object = await scene.objects.open<Record<string, number>>("chat", "room");
  const client = await scene.client();
  await client.ask("room", USE);
  isAllowed = false;
  const calls: string[] = [];
  object.onSend((method) => calls.push(method));
  await client.ask("room", set("x", 1), { kind: "send", method: "show", args: [] }, USE);
  deepEqual([object.keys(), calls], [[], []]);
});
