import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { SharedObjectTestClient } from "../../../test/support/shared-object-client.ts";
import { SharedObjectDirectory } from "./shared-object-directory.ts";
import { SharedObjectMemory } from "./shared-object-memory.ts";
import { checkSharedObjectSnapshot } from "./snapshot.ts";

const KIB = 1024;

test("objects of several directories share a memory: beyond it nothing grows, and what is there still changes", () => {
  const memory = new SharedObjectMemory(64 * KIB);
  const [mine, others] = [new SharedObjectDirectory({ memory }), new SharedObjectDirectory({ memory })];
  const [alice, bob] = [new SharedObjectTestClient(mine), new SharedObjectTestClient(others)];
  alice.use();
  bob.use();
  bob.set("mine", "old");
  for (let index = 0; index < 20; index++) alice.set(`slot ${index}`, "x".repeat(8 * KIB));
  const full = memory.heldBytes;
  ok(full > 48 * KIB && full <= 64 * KIB, `${full}`);
  equal(mine.find("o")?.size, 6);
  bob.take();
  bob.set("mine", "new");
  bob.set("larger", "x".repeat(8 * KIB));
  deepEqual(bob.take(), ["3: success mine, status SharedObject.NoWriteAccess error, remove larger"]);
  equal(others.find("o")?.get("mine"), "new");
});

test("what is removed, cleared, or not used any more makes room", () => {
  const memory = new SharedObjectMemory(64 * KIB);
  const directory = new SharedObjectDirectory({ memory });
  const client = new SharedObjectTestClient(directory);
  equal(memory.heldBytes, 0);
  client.use();
  const empty = memory.heldBytes;
  client.set("x", "x".repeat(8 * KIB));
  client.remove("x");
  ok(memory.heldBytes - empty < KIB, "the removal is remembered");
  client.set("x", "x".repeat(8 * KIB));
  directory.find("o")?.clear();
  equal(memory.heldBytes, empty);
  directory.disconnect(client.connection);
  equal(memory.heldBytes, 0);
});

test("without room for an object none is made", () => {
  const memory = new SharedObjectMemory(3 * 4096);
  const directory = new SharedObjectDirectory({ memory });
  const client = new SharedObjectTestClient(directory);
  const kinds = ["a", "b", "c", "d"].flatMap((name) => client.use(name).map(({ kind }) => kind));
  deepEqual(kinds, ["used", "used", "used", "refused"]);
  deepEqual(directory.open("e", false), { kind: "refused", code: "SharedObject.ObjectCreationFailed" });
});

test("a restored object counts, also what is beyond the memory", () => {
  const memory = new SharedObjectMemory(10_000);
  const stores = new SharedObjectDirectory({ memory: new SharedObjectMemory(1_000_000) });
  const writer = new SharedObjectTestClient(stores);
  writer.use("persistent");
  stores.finishLoad("persistent", undefined);
  stores.find("persistent")?.setProperty("x", "x".repeat(20_000));
  const [unsaved] = stores.takeUnsaved();
  const directory = new SharedObjectDirectory({ memory });
  directory.open("persistent", true);
  directory.finishLoad("persistent", unsaved?.snapshot);
  ok(memory.heldBytes > 20_000);
  equal(directory.find("persistent")?.setProperty("y", 1), "memory-full");
});

test("a connection may take what fits only: the rest waits, and is merged", () => {
  const directory = new SharedObjectDirectory();
  const client = new SharedObjectTestClient(directory);
  for (const name of ["a", "b", "c"]) client.use(name);
  equal(client.connection.takeOutgoing(1).length, 1);
  directory.find("b")?.setProperty("x", 1);
  equal(client.connection.hasOutgoing, true);
  deepEqual(client.take(), ["2: use-success, clear, x = 1", "1: use-success, clear"]);
  equal(client.connection.hasOutgoing, false);
});

test("unsaved objects can be taken one by one", () => {
  const directory = new SharedObjectDirectory();
  for (const name of ["a", "b"]) {
    directory.open(name, true);
    directory.finishLoad(name, undefined);
    directory.find(name)?.setProperty("x", 1);
  }
  deepEqual(directory.unsavedNames(), ["a", "b"]);
  const taken = directory.takeUnsavedOne("b");
  ok(taken !== undefined);
  checkSharedObjectSnapshot(taken.snapshot);
  throws(() => checkSharedObjectSnapshot(taken.snapshot.subarray(1)), { code: "object.snapshot" });
  equal(directory.takeUnsavedOne("b"), undefined, "it is being stored");
  equal(directory.takeUnsavedOne("c"), undefined, "there is none");
  deepEqual(directory.unsavedNames(), ["a"]);
  directory.finishStore(taken, true);
  equal(directory.takeUnsavedOne("b"), undefined, "it is stored");
});
