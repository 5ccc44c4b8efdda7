import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { SharedObjectDirectory } from "../../rtmp/shared-object/shared-object-directory.ts";
import { decodeSharedObjectSnapshot } from "../../rtmp/shared-object/snapshot.ts";
import type { SharedObjectStorage } from "../../rtmp/shared-object/storage.ts";
import type { Log } from "../log.ts";
import { ObjectSaver } from "./object-saver.ts";
import { Transfers } from "./transfers.ts";

/** Objects "a", "b" … of a directory, and a storage that stores when the test says so. */
class Scene {
  readonly directory = new SharedObjectDirectory();
  readonly lines: string[] = [];
  readonly saver: ObjectSaver;
  /** Stores that are under way. */
  readonly stores: { readonly name: string; readonly version: number; done(error?: Error): void }[] = [];
  isFailing = false;

  constructor(names: readonly string[], maxTransfers = 4) {
    const note = (level: string) => (details: object, message: string) =>
      void this.lines.push(`${level} ${message} ${JSON.stringify({ ...details, err: undefined })}`);
    const log: Log = { debug: note("debug"), info: note("info"), warn: note("warn"), error: note("error") };
    const storage: SharedObjectStorage = {
      load: async () => undefined,
      store: async (name, snapshot) => {
        if (this.isFailing) throw new Error("ENOSPC: no space left on device");
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        const done = (error?: Error): void => (error === undefined ? resolve() : reject(error));
        this.stores.push({ name, version: decodeSharedObjectSnapshot(snapshot).version, done });
        await promise;
      },
    };
    const { directory } = this;
    const transfers = new Transfers(maxTransfers);
    this.saver = new ObjectSaver({ app: "chat", directory, storage, transfers, saveDelayMs: 1000, log });
    for (const name of names) {
      directory.open(name, true);
      directory.finishLoad(name, undefined);
    }
  }

  set(name: string, value: number): void {
    this.directory.find(name)?.setProperty("x", value);
  }

  /** Ends all stores under way; tells what they stored. */
  async finishStores(error?: Error): Promise<string[]> {
    await settle();
    const stores = this.stores.splice(0);
    for (const { done } of stores) done(error);
    await settle();
    return stores.map(({ name, version }) => `${name} ${version}`);
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("changes are collected for the delay, and each object is stored once with the last of them", async () => {
  const scene = new Scene(["a", "b"]);
  scene.saver.tick(0);
  equal(scene.saver.isBusy, false, "nothing has changed");
  scene.set("a", 1);
  scene.saver.tick(500);
  scene.set("a", 2);
  scene.set("b", 1);
  scene.saver.tick(1499);
  deepEqual(scene.stores, []);
  scene.saver.tick(1500);
  deepEqual(await scene.finishStores(), ["a 3", "b 2"]);
  scene.saver.tick(5000);
  deepEqual(await scene.finishStores(), []);
});

test("what changes during a store is stored after it, and after the delay", async () => {
  const scene = new Scene(["a"]);
  scene.set("a", 1);
  scene.saver.tick(0);
  scene.saver.tick(1000);
  await settle();
  scene.set("a", 2);
  scene.saver.tick(9000);
  equal(scene.stores.length, 1, "one at a time");
  deepEqual(await scene.finishStores(), ["a 2"]);
  scene.saver.tick(10_000);
  deepEqual(await scene.finishStores(), []);
  scene.saver.tick(11_000);
  deepEqual(await scene.finishStores(), ["a 3"]);
});

test("only so many stores are under way, and the snapshot is made when its turn comes", async () => {
  const scene = new Scene(["a", "b", "c"], 1);
  for (const name of ["a", "b", "c"]) scene.set(name, 1);
  scene.saver.tick(0);
  scene.saver.tick(1000);
  await settle();
  scene.set("c", 2);
  deepEqual(await scene.finishStores(), ["a 2"]);
  deepEqual(await scene.finishStores(), ["b 2"]);
  deepEqual(await scene.finishStores(), ["c 3"]);
});

test("what cannot be stored is tried again, later each time, and logged", async () => {
  const scene = new Scene(["a"]);
  scene.isFailing = true;
  scene.set("a", 1);
  const tries: number[] = [];
  for (let nowMs = 0; nowMs <= 200_000; nowMs += 500) {
    const before = scene.lines.length;
    scene.saver.tick(nowMs);
    await settle();
    if (scene.lines.length > before) tries.push(nowMs);
  }
  deepEqual(tries, [1000, 2500, 4500, 8500, 16_500, 32_500, 64_500, 124_500, 184_500]);
  equal(scene.lines[1], 'error shared objects cannot be stored {"app":"chat","objects":1,"retryMs":2000}');
  scene.isFailing = false;
  scene.saver.tick(260_000);
  scene.saver.tick(261_000);
  deepEqual(await scene.finishStores(), ["a 2"]);
  deepEqual(scene.lines.slice(9), ['info shared objects are stored again {"app":"chat"}']);
});

test("at the end all is stored at once, after what is under way; what cannot be is told", async () => {
  const scene = new Scene(["a", "b"]);
  scene.set("a", 1);
  scene.saver.tick(0);
  scene.saver.tick(1000);
  await settle();
  scene.set("a", 2);
  scene.set("b", 1);
  let isFinished = false;
  const finished = scene.saver.finish(1500).then(() => {
    isFinished = true;
  });
  deepEqual(await scene.finishStores(), ["a 2"]);
  deepEqual([...(await scene.finishStores())].sort(), ["a 3", "b 2"]);
  await finished;
  ok(isFinished);
  scene.isFailing = true;
  scene.set("a", 3);
  await scene.saver.finish(2000);
  deepEqual(scene.lines.slice(-1), [
    'error changes of shared objects are lost: they cannot be stored {"app":"chat","objects":1}',
  ]);
});

test("an object that cannot be written is tried again like one that cannot be stored, and keeps no other from it", async () => {
  const scene = new Scene(["a", "b"]);
  const object = scene.directory.find("a");
  ok(object !== undefined);
  let isBroken = true;
  const snapshot = object.snapshot.bind(object);
  object.snapshot = () => {
    if (isBroken) throw new TypeError("the class cannot be written");
    return snapshot();
  };
  scene.set("a", 1);
  scene.set("b", 1);
  for (const nowMs of [0, 1000]) scene.saver.tick(nowMs);
  deepEqual(await scene.finishStores(), ["b 2"]);
  ok(scene.lines.some((line) => line.startsWith("error shared objects cannot be stored")));
  isBroken = false;
  for (const nowMs of [2000, 3000]) scene.saver.tick(nowMs);
  deepEqual(await scene.finishStores(), ["a 2"]);
});
