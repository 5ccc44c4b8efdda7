import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { SharedObjectTestClient } from "../../../test/support/shared-object-client.ts";
import { hex } from "../../bytes/hex.ts";
import { MessageType } from "../message/message.ts";
import { SharedObjectDirectory } from "./shared-object-directory.ts";
import { encodeSharedObjectSnapshot } from "./snapshot.ts";

function kindsOf(received: readonly { readonly kind: string }[]): string[] {
  return received.map(({ kind }) => kind);
}

test("a temporary object is there from its first listener to its last", () => {
  const directory = new SharedObjectDirectory();
  const [alice, bob] = [new SharedObjectTestClient(directory), new SharedObjectTestClient(directory)];
  deepEqual([...kindsOf(alice.use()), ...kindsOf(bob.use())], ["used", "used"]);
  alice.set("x", 1);
  deepEqual(kindsOf(alice.ask({ kind: "release" })), ["released"]);
  deepEqual([directory.size, alice.connection.objectCount, alice.take()], [1, 0, []]);
  directory.disconnect(bob.connection);
  equal(directory.size, 0);
  alice.use();
  deepEqual(alice.take(), ["1: use-success, clear"]);
});

test("one message may open, change and close an object", () => {
  const directory = new SharedObjectDirectory();
  const client = new SharedObjectTestClient(directory);
  const change = { kind: "request-change", key: "x", value: 1 } as const;
  deepEqual(kindsOf(client.ask({ kind: "use" }, change, { kind: "release" })), ["used", "applied", "released"]);
  deepEqual([client.take(), directory.size], [[], 0]);
  client.ask({ kind: "use" }, change);
  deepEqual(client.take(), ["2: use-success, clear, x = 1"]);
});

test("an object that a connection of AMF3 opens by AMF0 is told so, as Red5's client needs it", () => {
  const directory = new SharedObjectDirectory();
  const events = [{ kind: "use" }, { kind: "request-change", key: "x", value: "a" }] as const;
  const connections = ([0, 3] as const).map((objectEncoding) => {
    const connection = directory.connect(3);
    const message = { name: "chat", version: 0, isPersistent: false, events };
    directory.receive(connection, message, 0, {}, 0, objectEncoding);
    return connection;
  });
  deepEqual(
    connections.map((connection) => connection.takeOutgoing().map(({ type }) => type)),
    [[MessageType.SharedObject], [MessageType.SharedObjectAmf3]],
  );
});

test("what an object's listener asks for after its release is refused; a second release is nothing", () => {
  const directory = new SharedObjectDirectory();
  const client = new SharedObjectTestClient(directory);
  client.use();
  client.take();
  client.ask({ kind: "release" });
  deepEqual(client.set("x", 1), [{ kind: "refused", name: "o", code: "SharedObject.NoWriteAccess" }]);
  deepEqual(client.take(), ["0: status SharedObject.NoWriteAccess error"]);
  deepEqual([client.ask({ kind: "release" }), client.take()], [[], []]);
});

test("a Use is refused without the right to read or to make it, and with the other persistence", () => {
  const directory = new SharedObjectDirectory();
  const [alice, bob] = [new SharedObjectTestClient(directory), new SharedObjectTestClient(directory)];
  deepEqual(kindsOf(alice.use("o", { canRead: false })), ["refused"]);
  deepEqual(alice.take(), ["0: status SharedObject.NoReadAccess error"]);
  alice.use("o", { canCreate: false });
  deepEqual(alice.take(), ["0: status SharedObject.ObjectCreationFailed error"]);
  alice.use("");
  deepEqual(alice.take(), ["0: status SharedObject.ObjectCreationFailed error"]);
  equal(directory.size, 0);
  bob.use();
  deepEqual(kindsOf(alice.use("o", { canCreate: false, canWrite: false })), ["used"]);
  equal(alice.connection.used("o")?.listener.canWrite, false);
  directory.open("persistent name", true);
  directory.finishLoad("persistent name", undefined);
  equal(directory.open("persistent name", false).kind, "refused");
  deepEqual(directory.open("o", true), { kind: "refused", code: "SharedObject.BadPersistence" });
  // The application holds a temporary object of a name that the client takes for persistent.
  directory.open("persistent other", false);
  bob.take();
  deepEqual(kindsOf(bob.use("persistent other")), ["refused"]);
  deepEqual(bob.take(), ["0: status SharedObject.BadPersistence error"]);
});

test("an object that the application opened stays until it closes it", () => {
  const directory = new SharedObjectDirectory();
  const opening = directory.open("o", false);
  ok(opening.kind === "open");
  opening.object.setProperty("topic", "all of it");
  const client = new SharedObjectTestClient(directory);
  client.use();
  deepEqual(client.take(), ['2: use-success, clear, topic = "all of it"']);
  directory.disconnect(client.connection);
  equal(directory.find("o"), opening.object);
  directory.close("o");
  equal(directory.size, 0);
});

test("a persistent object is loaded first; what is asked for meanwhile waits in order", () => {
  const directory = new SharedObjectDirectory();
  const [alice, bob] = [new SharedObjectTestClient(directory), new SharedObjectTestClient(directory, 3)];
  deepEqual(kindsOf(alice.use("persistent")), ["waiting"]);
  deepEqual(kindsOf(bob.use("persistent", { canCreate: false })), ["waiting"]);
  deepEqual([directory.takeLoads(), directory.takeLoads(), alice.take()], [["persistent"], [], []]);
  const received = directory.finishLoad("persistent", stored("persistent", 7));
  deepEqual(kindsOf(received), ["used", "used"]);
  deepEqual([alice.take(), bob.take()], [['7: use-success, clear, a = "v"'], ['7: use-success, clear, a = "v"']]);
  deepEqual(directory.finishLoad("persistent", undefined), []);
});

test("what was never stored is made, by the first who may", () => {
  const directory = new SharedObjectDirectory();
  const [alice, bob] = [new SharedObjectTestClient(directory), new SharedObjectTestClient(directory)];
  alice.use("persistent", { canCreate: false });
  bob.use("persistent");
  deepEqual(kindsOf(directory.finishLoad("persistent", undefined)), ["refused", "used"]);
  deepEqual(alice.take(), ["0: status SharedObject.ObjectCreationFailed error"]);
  deepEqual(bob.take(), ["1: use-success, clear"]);
});

test("who opens, closes and opens an object while it is loaded gets what was stored", () => {
  const directory = new SharedObjectDirectory();
  const client = new SharedObjectTestClient(directory);
  client.use("persistent");
  const message = { name: "persistent", version: 0, isPersistent: true };
  directory.receive(client.connection, { ...message, events: [{ kind: "release" }] }, 0);
  client.use("persistent");
  directory.finishLoad("persistent", stored("persistent", 7));
  deepEqual(client.take(), ['7: use-success, clear, a = "v"']);
});

test("where loading fails, all that wait are refused once, and it can be tried again", () => {
  const directory = new SharedObjectDirectory();
  const client = new SharedObjectTestClient(directory);
  client.use("persistent");
  client.use("persistent");
  directory.takeLoads();
  directory.failLoad("persistent");
  deepEqual(client.take(), ["0: status SharedObject.ObjectCreationFailed error"]);
  equal(directory.size, 0);
  client.use("persistent");
  deepEqual(directory.takeLoads(), ["persistent"]);
});

test("damaged bytes and those of another object leave it loading, to be tried with others", () => {
  const directory = new SharedObjectDirectory();
  const client = new SharedObjectTestClient(directory);
  client.use("persistent");
  const bytes = stored("persistent", 7);
  throws(() => directory.finishLoad("persistent", bytes.subarray(0, 20)), { code: "object.snapshot" });
  throws(() => directory.finishLoad("persistent", stored("other", 7)), { code: "object.snapshot" });
  deepEqual(client.take(), []);
  directory.finishLoad("persistent", bytes);
  deepEqual(client.take(), ['7: use-success, clear, a = "v"']);
});

test("a connection that goes while its object is loaded leaves nothing behind", () => {
  const directory = new SharedObjectDirectory();
  const client = new SharedObjectTestClient(directory);
  client.use("persistent");
  directory.disconnect(client.connection);
  deepEqual([directory.finishLoad("persistent", stored("persistent", 7)), directory.size], [[], 0]);
});

test("an application's persistent object is there after it is loaded, and while nobody uses it", () => {
  const directory = new SharedObjectDirectory();
  deepEqual(directory.open("persistent", true), { kind: "loading" });
  deepEqual(directory.open("persistent", true), { kind: "loading" });
  deepEqual(directory.open("persistent", false), { kind: "refused", code: "SharedObject.BadPersistence" });
  deepEqual(directory.takeLoads(), ["persistent"]);
  directory.finishLoad("persistent", undefined);
  equal(directory.find("persistent")?.version, 1);
  directory.close("persistent");
  equal(directory.size, 0);
});

test("changed persistent objects are given out to be stored, and go when they are stored and unused", () => {
  const directory = new SharedObjectDirectory();
  const client = new SharedObjectTestClient(directory);
  client.use("persistent");
  directory.finishLoad("persistent", undefined);
  deepEqual(directory.takeUnsaved(), []);
  const object = directory.find("persistent");
  object?.setProperty("a", "v");
  const [unsaved, ...others] = directory.takeUnsaved();
  ok(unsaved);
  deepEqual([unsaved, others], [{ name: "persistent", revision: 2, snapshot: stored("persistent", 2) }, []]);
  // While it is being stored, it is not given out again, even if it changes.
  object?.setProperty("a", "w");
  deepEqual(directory.takeUnsaved(), []);
  directory.finishStore(unsaved, true);
  const [again] = directory.takeUnsaved();
  ok(again);
  directory.disconnect(client.connection);
  equal(directory.size, 1);
  directory.finishStore(again, false);
  equal(directory.size, 1);
  const [last] = directory.takeUnsaved();
  ok(last);
  directory.finishStore(last, true);
  deepEqual([directory.size, directory.takeUnsaved()], [0, []]);
});

test("a locked object is stored when its lock is gone, so never half of what belongs together", () => {
  const directory = new SharedObjectDirectory();
  directory.open("persistent", true);
  directory.finishLoad("persistent", undefined);
  const object = directory.find("persistent");
  object?.lock("o", 0);
  object?.setProperty("a", "v");
  deepEqual(directory.takeUnsaved(), []);
  object?.unlock("o");
  equal(directory.takeUnsaved().length, 1);
});

test("a client with a copy of a persistent object gets the differences from its version", () => {
  const directory = new SharedObjectDirectory({ resyncDepth: 3 });
  directory.open("persistent", true);
  directory.finishLoad("persistent", undefined);
  const object = directory.find("persistent");
  ok(object);
  const useAt = (version: number): string[] => {
    const client = new SharedObjectTestClient(directory);
    client.version = version;
    client.use("persistent");
    return client.take();
  };
  for (const key of ["a", "b", "c"]) object.setProperty(key, 1);
  object.removeProperty("a");
  deepEqual(useAt(5), ["5: use-success"]);
  deepEqual(useAt(3), ["5: use-success, remove a, c = 1"]);
  deepEqual(useAt(2), ["5: use-success, remove a, b = 1, c = 1"]);
  deepEqual(useAt(0), ["5: use-success, clear, b = 1, c = 1"]);
  deepEqual(useAt(6), ["5: use-success, clear, b = 1, c = 1"]);
  // Three versions on, the removal is remembered still; four on, it is forgotten.
  for (const value of [2, 3, 4]) object.setProperty("b", value);
  deepEqual(useAt(4), ["8: use-success, remove a, b = 4"]);
  object.setProperty("b", 5);
  deepEqual(useAt(4), ["9: use-success, clear, b = 5, c = 1"]);
  deepEqual(useAt(5), ["9: use-success, b = 5"]);
  object.removeProperty("c");
  object.purge(10);
  deepEqual(useAt(9), ["10: use-success, remove c"]);
  object.purge(11);
  deepEqual(useAt(9), ["10: use-success, remove c"]);
  object.setProperty("b", 6);
  object.purge(11);
  deepEqual(useAt(9), ["11: use-success, clear, b = 6"]);
  object.clear();
  deepEqual([useAt(11), useAt(12)], [["12: use-success, clear"], ["12: use-success"]]);
});

test("a loaded object keeps its version, and does not give out anew those that a crash may have taken away", () => {
  const directory = new SharedObjectDirectory();
  directory.open("persistent", true);
  directory.finishLoad("persistent", stored("persistent", 7));
  const client = new SharedObjectTestClient(directory);
  client.version = 7;
  client.use("persistent");
  deepEqual(client.take(), ["7: use-success"]);
  directory.find("persistent")?.setProperty("b", 1);
  deepEqual(client.take(), ["65543: b = 1"]);
  // Version 9 was never stored.
  const other = new SharedObjectTestClient(directory);
  other.version = 9;
  other.use("persistent");
  deepEqual(other.take(), ["65543: use-success, b = 1"]);
});

test("10 000 objects of one client, and more than 4096 of all, are refused", () => {
  const directory = new SharedObjectDirectory();
  const clients = Array.from({ length: 40 }, () => new SharedObjectTestClient(directory));
  const [first, ...others] = clients;
  ok(first);
  const openMany = (client: SharedObjectTestClient, name: string, count: number): string[] =>
    Array.from({ length: count }, (_, index) => kindsOf(client.use(`${name} ${index}`))[0] ?? "");
  const kinds = openMany(first, "first", 10_000);
  equal(kinds.indexOf("refused"), 256);
  deepEqual([first.connection.objectCount, directory.size], [256, 256]);
  deepEqual(first.connection.isOverrun, false);
  for (const [index, client] of others.entries()) openMany(client, `client ${index}`, 256);
  equal(directory.size, 4096);
  equal(directory.open("one more", false).kind, "refused");
  directory.disconnect(first.connection);
  equal(directory.size, 4096 - 256);
  equal(directory.open("one more", false).kind, "open");
});

test("objects being loaded count as objects", () => {
  const directory = new SharedObjectDirectory({ limits: { maxObjects: 2 } });
  const client = new SharedObjectTestClient(directory);
  const names = ["persistent 1", "persistent 2", "persistent 3"];
  deepEqual(
    names.flatMap((name) => kindsOf(client.use(name))),
    ["waiting", "waiting", "refused"],
  );
  directory.finishLoad("persistent 1", undefined);
  deepEqual(kindsOf(client.use("persistent 3")), ["refused"]);
});

test("messages for objects being loaded end at their limit", () => {
  const directory = new SharedObjectDirectory({ limits: { maxWaitingMessages: 3 } });
  const [alice, bob] = [new SharedObjectTestClient(directory), new SharedObjectTestClient(directory)];
  for (let index = 0; index < 3; index++) alice.use("persistent");
  throws(() => alice.use("persistent"), { code: "object.limit" });
  throws(() => alice.use("persistent other"), { code: "object.limit" });
  deepEqual(kindsOf(bob.use("persistent")), ["waiting"]);
  directory.finishLoad("persistent", undefined);
  deepEqual(kindsOf(alice.use("persistent third")), ["waiting"]);
});

test("messages for objects being loaded end at their length, too, but one may have any", () => {
  const directory = new SharedObjectDirectory({ limits: { maxBacklogBytes: 100 } });
  const connection = directory.connect(0);
  const use = (name: string, byteLength: number): string[] => {
    const message = { name, version: 0, isPersistent: true, events: [{ kind: "use" }] } as const;
    return kindsOf(directory.receive(connection, message, 0, {}, byteLength));
  };
  deepEqual(use("long", 1000), ["waiting"]);
  throws(() => use("long", 1), { code: "object.limit" });
  directory.finishLoad("long", undefined);
  deepEqual([use("a", 60), use("a", 40)], [["waiting"], ["waiting"]]);
  throws(() => use("a", 1), { code: "object.limit" });
  directory.failLoad("a");
  deepEqual(use("b", 100), ["waiting"]);
  directory.disconnect(connection);
  deepEqual(use("b", 100), ["waiting"]);
});

test("an object has no more listeners than allowed", () => {
  const directory = new SharedObjectDirectory({ limits: { maxListeners: 2 } });
  const clients = Array.from({ length: 3 }, () => new SharedObjectTestClient(directory));
  deepEqual(
    clients.flatMap((client) => kindsOf(client.use())),
    ["used", "used", "refused"],
  );
  deepEqual(kindsOf(clients[0]?.use() ?? []), ["used"]);
});

test("calls have a rate for each connection; long ones count as several", () => {
  const directory = new SharedObjectDirectory({ limits: { maxSendsPerSecond: 3 } });
  const client = new SharedObjectTestClient(directory);
  client.use();
  client.take();
  for (let index = 0; index < 3; index++) client.send("f");
  client.send("g");
  deepEqual(client.take(), [
    "1: send f with 0 arguments, send f with 0 arguments, send f with 0 arguments, status SharedObject.NoWriteAccess error",
  ]);
  client.nowMs = 400;
  client.send("h");
  client.send("h");
  deepEqual(client.take(), ["1: send h with 0 arguments, status SharedObject.NoWriteAccess error"]);
  client.nowMs = 10_000;
  client.ask({ kind: "send", method: "long", args: ["x".repeat(5000)] });
  client.ask({ kind: "send", method: "long", args: ["x".repeat(5000)] });
  deepEqual(client.take(), ["1: send long with 1 arguments, status SharedObject.NoWriteAccess error"]);
});

test("a connection that does not take its refusals is overrun", () => {
  const directory = new SharedObjectDirectory({ limits: { maxBacklogEvents: 3 } });
  const client = new SharedObjectTestClient(directory);
  for (let index = 0; index < 3; index++) client.set("x", 1);
  deepEqual([client.connection.isOverrun, client.connection.hasOutgoing], [false, true]);
  client.set("x", 1);
  equal(client.connection.isOverrun, true);
});

test("connections that have something to send are told once, until they take it", () => {
  const directory = new SharedObjectDirectory();
  const [alice, bob] = [new SharedObjectTestClient(directory), new SharedObjectTestClient(directory)];
  const ready = (): unknown[] => Array.from(directory.takeReady());
  alice.use();
  bob.use();
  deepEqual([ready(), ready()], [[alice.connection, bob.connection], []]);
  alice.take();
  alice.set("x", 1);
  deepEqual(ready(), [alice.connection]);
  equal(bob.connection.hasOutgoing, true);
  alice.take();
  bob.take();
  bob.set("y", 1);
  deepEqual(ready(), [alice.connection, bob.connection]);
  directory.disconnect(alice.connection);
  bob.take();
  bob.set("y", 2);
  directory.disconnect(bob.connection);
  deepEqual(ready(), []);
});

/** What a persistent object with the slot a = "v" is stored as. */
function stored(name: string, version: number): Uint8Array {
  const change = hex`04 00000007 0001 61 11 06 03 76`;
  return encodeSharedObjectSnapshot(name, version, [change]);
}
