import { deepEqual, equal, notEqual, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { SharedObjectTestClient } from "../../../test/support/shared-object-client.ts";
import { AmfObject, type AmfValue } from "../../formats/amf/amf-value.ts";
import { decodeSharedObject } from "../message/shared-object.ts";
import type { SharedObjectOutcome } from "./client-request.ts";
import type { SharedObject, SharedObjectOptions } from "./shared-object.ts";
import { SharedObjectDirectory, type SharedObjectReceived } from "./shared-object-directory.ts";
import { encodeSharedObjectSnapshot } from "./snapshot.ts";

type Room = {
  readonly object: SharedObject;
  readonly directory: SharedObjectDirectory;
  readonly alice: SharedObjectTestClient;
  readonly bob: SharedObjectTestClient;
};

/** A temporary object that two clients have open, with nothing under way. */
function createRoom(options?: SharedObjectOptions): Room {
  const directory = new SharedObjectDirectory(options);
  const [alice, bob] = [new SharedObjectTestClient(directory), new SharedObjectTestClient(directory, 3)];
  for (const client of [alice, bob]) {
    client.use();
    client.take();
  }
  const object = directory.find("o");
  ok(object);
  return { object, directory, alice, bob };
}

function outcomeOf(received: readonly SharedObjectReceived[]): SharedObjectOutcome {
  const [only] = received;
  ok(only?.kind === "applied");
  return only.outcome;
}

function reasonsOf(received: readonly SharedObjectReceived[]): string[] {
  return outcomeOf(received).refusals.map(({ reason }) => reason);
}

test("a Use is answered with Use Success, Clear and each slot, at the object's version", () => {
  const directory = new SharedObjectDirectory();
  const client = new SharedObjectTestClient(directory);
  client.use();
  deepEqual(client.take(), ["1: use-success, clear"]);
  directory.find("o")?.setProperty("a", 1);
  directory.find("o")?.setProperty("b", "x");
  const second = new SharedObjectTestClient(directory, 3);
  second.use();
  deepEqual(second.take(), ['3: use-success, clear, a = 1, b = "x"']);
});

test("a second Use is answered again, and what follows comes once", () => {
  const { alice, object } = createRoom();
  alice.use();
  deepEqual(alice.take(), ["1: use-success, clear"]);
  equal(object.listenerCount, 2);
  object.setProperty("x", 1);
  deepEqual(alice.take(), ["2: x = 1"]);
});

test("what a client asked for before it got the object again is told with its value: its copy was overwritten", () => {
  const { alice } = createRoom();
  alice.use();
  alice.take();
  alice.set("x", 1);
  deepEqual(alice.take(), ["2: success x, x = 1"]);
  alice.set("x", 2);
  deepEqual(alice.take(), ["3: success x"]);
});

test("a change is a Success for the requester and a Change for the others, one version later", () => {
  const { alice, bob, object } = createRoom();
  const { changes } = outcomeOf(alice.set("x", 1));
  deepEqual(changes, [{ code: "change", name: "x", oldValue: undefined }]);
  deepEqual([alice.take(), bob.take()], [["2: success x"], ["2: x = 1"]]);
  deepEqual([object.version, object.get("x")], [2, 1]);
});

test("a message is one step, whatever it asks for", () => {
  const { alice, bob, object } = createRoom();
  alice.ask(
    { kind: "request-change", key: "a", value: 1 },
    { kind: "request-change", key: "b", value: 2 },
    { kind: "request-change", key: "a", value: 3 },
    { kind: "request-remove", key: "b" },
  );
  deepEqual(bob.take(), ["2: a = 3, remove b"]);
  deepEqual(alice.take(), ["2: success a, success b, success a, remove b"]);
  equal(object.version, 2);
});

test("a value that is there already is a Success without a version, told to nobody else", () => {
  const { alice, bob } = createRoom();
  const value = new AmfObject([["list", [1, new AmfObject([["deep", "x"]])]]]);
  alice.set("x", value);
  deepEqual([alice.take().length, bob.take().length], [1, 1]);
  const again = outcomeOf(bob.set("x", new AmfObject(value.members)));
  deepEqual([again.changes, again.toOthers], [[], []]);
  deepEqual([alice.take(), bob.take()], [[], ["2: success x"]]);
  bob.set("x", new AmfObject([["list", [1]]]));
  deepEqual(alice.take(), ['3: x = {"className":"","sealedKeys":[],"isDynamic":true,"members":{}}']);
});

test("null and undefined in a request remove the slot; Remove goes to all", () => {
  const { alice, bob, object } = createRoom();
  for (const nothing of [null, undefined]) {
    object.setProperty("x", 1);
    bob.take();
    alice.take();
    deepEqual(outcomeOf(alice.set("x", nothing)).changes, [{ code: "delete", name: "x", oldValue: 1 }]);
    const remove = `${object.version}: remove x`;
    deepEqual([alice.take(), bob.take(), object.has("x")], [[remove], [remove], false]);
  }
});

test("a removal of what is not there is answered, and told to nobody else", () => {
  const { alice, bob, object } = createRoom();
  alice.remove("x");
  deepEqual([alice.take(), bob.take(), object.version], [["1: remove x"], [], 1]);
});

test("a call goes to all, its sender too, without a version", () => {
  const { alice, bob } = createRoom();
  const { sends } = outcomeOf(alice.ask({ kind: "send", method: "hello", args: ["abc", [1]] }));
  deepEqual(sends, [{ method: "hello", args: ["abc", [1]] }]);
  deepEqual([alice.take(), bob.take()], [["1: send hello with 2 arguments"], ["1: send hello with 2 arguments"]]);
});

test("whoever may not write is told so, and what the slots are", () => {
  const { alice, bob, directory, object } = createRoom();
  object.setProperty("x", "kept");
  const listener = alice.connection.used("o")?.listener;
  ok(listener);
  listener.canWrite = false;
  alice.take();
  bob.take();
  const events = [
    { kind: "request-change", key: "x", value: 1 },
    { kind: "request-change", key: "y", value: 1 },
    { kind: "request-remove", key: "x" },
    { kind: "send", method: "f", args: [] },
  ] as const;
  deepEqual(reasonsOf(alice.ask(...events)), ["not-allowed", "not-allowed", "not-allowed"]);
  const status = "status SharedObject.NoWriteAccess error";
  deepEqual(alice.take(), [
    `2: ${status}, remove y, send f with 0 arguments`.replace("remove y,", 'remove y, x = "kept",'),
  ]);
  deepEqual(bob.take(), ["2: send f with 0 arguments"]);
  listener.canSend = false;
  deepEqual(reasonsOf(alice.send("f")), ["not-allowed"]);
  deepEqual([alice.take(), bob.take()], [[`2: ${status}`], []]);
  equal(directory.size, 1);
});

test("last-writer: a change that crossed another is taken, and told again to its requester, who has taken the other", () => {
  const { alice, bob, object } = createRoom();
  alice.set("x", 1);
  bob.set("x", 2);
  deepEqual([object.get("x"), object.version], [2, 3]);
  // To Alice both came at once: her own change, then Bob's.
  deepEqual(alice.take(), ["3: success x, x = 2"]);
  deepEqual(bob.take(), ["3: success x, x = 2"]);
});

test("compare-and-set: a change that crossed another is refused with the value that counts", () => {
  const { alice, bob, object } = createRoom({ conflict: "compare-and-set" });
  alice.set("x", 1);
  deepEqual(reasonsOf(bob.set("x", 2)), ["conflict"]);
  deepEqual(reasonsOf(bob.remove("x")), ["conflict"]);
  deepEqual([alice.take(), bob.take(), object.version], [["2: success x"], ["2: x = 1"], 2]);
  deepEqual(reasonsOf(bob.set("x", 2)), []);
  // The refusal had the version that Bob knew: whether he asked before or after it cannot be told.
  deepEqual([bob.take(), alice.take()], [["3: success x, x = 2"], ["3: x = 2"]]);
  bob.set("x", 3);
  deepEqual(bob.take(), ["4: success x"]);
});

test("compare-and-set: another slot, one's own change before, and the same value are no conflict", () => {
  const { alice, bob } = createRoom({ conflict: "compare-and-set" });
  alice.set("x", 1);
  deepEqual([...reasonsOf(bob.set("y", 1)), ...reasonsOf(alice.set("x", 2)), ...reasonsOf(bob.set("x", 2))], []);
});

test("compare-and-set: a removal that the client did not see refuses its change", () => {
  const { alice, bob, object } = createRoom({ conflict: "compare-and-set" });
  object.setProperty("x", 1);
  alice.take();
  bob.take();
  alice.remove("x");
  deepEqual(reasonsOf(bob.set("x", 2)), ["conflict"]);
  deepEqual(bob.take(), ["3: remove x"]);
});

test("a change right behind one's own removal in the same message is told with its value", () => {
  const { alice } = createRoom();
  alice.set("x", 1);
  alice.take();
  alice.ask({ kind: "request-remove", key: "x" }, { kind: "request-change", key: "x", value: 2 });
  deepEqual(alice.take(), ["3: success x, x = 2"]);
});

test("the server's own changes go to all: set, remove, clear and calls", () => {
  const { alice, bob, object } = createRoom();
  const expectBoth = (expected: string[]): void => deepEqual([alice.take(), bob.take()], [expected, expected]);
  equal(object.setProperty("x", [1]), undefined);
  expectBoth(["2: x = [1]"]);
  object.setProperty("x", [1]);
  expectBoth([]);
  deepEqual([object.removeProperty("x"), object.removeProperty("x")], [true, false]);
  expectBoth(["3: remove x"]);
  object.setProperty("y", 1);
  object.setProperty("y", null);
  expectBoth(["5: remove y"]);
  object.clear();
  expectBoth(["6: clear"]);
  object.send("f", 1, "a");
  expectBoth(["6: send f with 2 arguments"]);
});

test("what the application sets is copied, and must be fit for AMF", () => {
  const { object } = createRoom();
  const list = [1];
  object.setProperty("x", list);
  list.push(2);
  deepEqual(object.get("x"), [1]);
  throws(() => object.setProperty("x", () => 1), { code: "amf.encode" });
  throws(() => object.send("f", new URL("rtmp://host/app")), { code: "amf.encode" });
  deepEqual([object.get("x"), object.version], [[1], 2]);
});

test("under a lock changes of all are collected: one message for each listener and one version", () => {
  const { alice, bob, object } = createRoom();
  object.lock("timer", 0);
  object.lock("timer", 0);
  object.setProperty("a", 1);
  alice.set("b", 2);
  object.setProperty("a", 3);
  bob.set("b", 4);
  object.send("f");
  deepEqual([object.unlock("timer"), object.isLocked, alice.take(), bob.take()], [true, true, [], []]);
  equal(object.version, 1);
  deepEqual([object.unlock("timer"), object.isLocked, object.version], [true, false, 2]);
  deepEqual(alice.take(), ["2: success b, a = 3, b = 4, send f with 0 arguments"]);
  deepEqual(bob.take(), ["2: a = 3, success b, b = 4, send f with 0 arguments"]);
  equal(object.unlock("timer"), false);
});

test("who opens a locked object gets it as it is, and the collected changes after that", () => {
  const { object, directory } = createRoom();
  object.lock("timer", 0);
  object.setProperty("a", 1);
  const carol = new SharedObjectTestClient(directory);
  carol.use();
  deepEqual(carol.take(), ["1: use-success, clear, a = 1"]);
  object.unlock("timer");
  deepEqual(carol.take(), ["2: a = 1"]);
});

test("a lock ends when its time is over: at its limit, and not before", () => {
  const { alice, object, directory } = createRoom({ limits: { maxLockMs: 500 } });
  object.lock("stuck", 1000);
  object.lock("other", 1200);
  object.lock("stuck", 1400);
  object.setProperty("a", 1);
  deepEqual([directory.tick(1499), alice.take()], [[], []]);
  deepEqual(directory.tick(1500), [{ name: "o", owner: "stuck" }]);
  deepEqual([object.unlock("stuck"), alice.take()], [false, []]);
  deepEqual(directory.tick(1700), [{ name: "o", owner: "other" }]);
  deepEqual([object.isLocked, alice.take()], [false, ["2: a = 1"]]);
});

test("a lock ends when more is collected than may be", () => {
  const { alice, object } = createRoom({ limits: { maxLockedEvents: 3 } });
  object.lock("stuck", 0);
  for (const value of [1, 2, 3]) object.setProperty("a", value);
  deepEqual([object.isLocked, alice.take()], [true, []]);
  object.setProperty("a", 4);
  deepEqual([object.isLocked, alice.take(), object.takeBrokenLocks()], [false, ["2: a = 4"], ["stuck"]]);
  deepEqual(object.takeBrokenLocks(), []);
});

test("a lock ends when longer values are collected than two whole objects, though one replaces the other", () => {
  const { object } = createRoom({ limits: { maxObjectBytes: 1000 } });
  object.lock("stuck", 0);
  const fillings = ["a", "b", "c"].map((letter) => letter.repeat(700));
  const isLocked = fillings.map((value) => {
    object.setProperty("a", value);
    return object.isLocked;
  });
  deepEqual([isLocked, object.takeBrokenLocks()], [[true, true, false], ["stuck"]]);
});

test("a call of the server's that would end the connection of every listener is refused", () => {
  const { alice, object } = createRoom({ limits: { maxBacklogBytes: 1000 } });
  throws(() => object.send("show", "x".repeat(1000)), { code: "object.limit" });
  deepEqual([alice.connection.isOverrun, alice.take()], [false, []]);
});

test("mark and isDirty tell which slots changed", () => {
  const { object } = createRoom();
  object.setProperty("a", 1);
  object.setProperty("b", 1);
  equal(object.isDirty("a"), true);
  object.mark();
  deepEqual([object.isDirty("a"), object.isDirty("never")], [false, false]);
  object.setProperty("a", 2);
  object.removeProperty("b");
  deepEqual([object.isDirty("a"), object.isDirty("b")], [true, true]);
  object.lock("o", 0);
  object.setProperty("c", 1);
  object.mark();
  equal(object.isDirty("c"), false);
  object.unlock("o");
  equal(object.isDirty("c"), false);
  object.clear();
  equal(object.isDirty("c"), true);
});

test("all listeners of one form get the same bytes", () => {
  const { alice, bob, object, directory } = createRoom();
  const carol = new SharedObjectTestClient(directory);
  carol.use();
  carol.take();
  object.setProperty("x", "shared");
  const payloads = [alice, carol, bob].map(({ connection }) => connection.takeOutgoing()[0]?.payload);
  equal(payloads[0], payloads[1]);
  deepEqual([payloads[0]?.at(0), payloads[2]?.at(2)], [0, 1]);
  // So do those that waited, and those that open the object.
  object.setProperty("x", 1);
  object.setProperty("y", 1);
  equal(alice.connection.takeOutgoing()[0]?.payload, carol.connection.takeOutgoing()[0]?.payload);
  const [dave, erin] = [new SharedObjectTestClient(directory), new SharedObjectTestClient(directory)];
  dave.use();
  erin.use();
  const whole = dave.connection.takeOutgoing()[0]?.payload;
  equal(erin.connection.takeOutgoing()[0]?.payload, whole);
  // It is not kept for ever.
  directory.tick(0);
  erin.use();
  const again = erin.connection.takeOutgoing()[0]?.payload;
  deepEqual(again, whole);
  notEqual(again, whole);
});

test("what a slow listener did not take is merged to the last value of each slot, but not across a call or a clear", () => {
  const { alice, object } = createRoom();
  object.setProperty("x", 1);
  object.setProperty("y", 1);
  object.setProperty("x", 2);
  object.send("f");
  object.setProperty("x", 3);
  object.removeProperty("x");
  object.clear();
  object.setProperty("x", 4);
  object.setProperty("x", 5);
  deepEqual(alice.take(), [`${object.version}: y = 1, x = 2, send f with 0 arguments, remove x, clear, x = 5`]);
});

test("beyond its backlog a slow listener gets the whole object instead, and calls are kept", () => {
  const { alice, bob, object } = createRoom({ limits: { maxBacklogEvents: 4 } });
  object.send("f");
  for (const key of ["a", "b", "c"]) object.setProperty(key, 1);
  deepEqual(bob.take(), ["4: send f with 0 arguments, a = 1, b = 1, c = 1"]);
  object.setProperty("d", 1);
  object.setProperty("a", 2);
  deepEqual(alice.take(), ["6: clear, a = 2, b = 1, c = 1, d = 1", "6: send f with 0 arguments"]);
  object.setProperty("a", 3);
  deepEqual(alice.take(), ["7: a = 3"]);
});

test("a backlog of few slots that change often is only merged", () => {
  const { alice, object } = createRoom({ limits: { maxBacklogEvents: 4 } });
  for (let value = 1; value <= 50; value++) object.setProperty("a", value);
  deepEqual(alice.take(), ["51: a = 50"]);
});

test("a listener that takes no calls is overrun beyond its backlog, and gets nothing more", () => {
  const { alice, bob, object, directory } = createRoom({ limits: { maxBacklogEvents: 4 } });
  for (const client of [alice, bob]) client.take();
  Array.from(directory.takeReady());
  for (let index = 0; index < 4; index++) object.send("f");
  equal(alice.connection.isOverrun, false);
  bob.take();
  object.send("f");
  deepEqual([alice.connection.isOverrun, bob.connection.isOverrun], [true, false]);
  ok(Array.from(directory.takeReady()).includes(alice.connection));
  object.setProperty("x", 1);
  deepEqual([alice.take(), bob.take().length], [[], 1]);
});

test("bytes count for the backlog as well as events", () => {
  const { alice, object } = createRoom({ limits: { maxBacklogBytes: 1000 } });
  object.send("f", "x".repeat(900));
  equal(alice.connection.isOverrun, false);
  object.send("f", "x".repeat(100));
  equal(alice.connection.isOverrun, true);
});

test("the version is 32 bits and wraps", () => {
  const directory = new SharedObjectDirectory();
  directory.open("persistent", true);
  directory.finishLoad("persistent", encodeSharedObjectSnapshot("persistent", 0xffff_ffff, []));
  const object = directory.find("persistent");
  ok(object);
  equal(object.version, 0xffff_ffff);
  const client = new SharedObjectTestClient(directory);
  client.use("persistent");
  deepEqual(client.take(), ["4294967295: use-success, clear"]);
  object.setProperty("x", 1);
  equal(object.version, 0xffff);
  deepEqual(client.take(), ["65535: x = 1"]);
  object.setProperty("x", 2);
  equal(object.version, 0x1_0000);
});

test("slots, values, names and the object as a whole end at their limits", () => {
  const change = (object: SharedObject, key: string, value: AmfValue): unknown => object.setProperty(key, value);
  const slots = createRoom({ limits: { maxSlots: 2 } });
  equal(change(slots.object, "a", 1) ?? change(slots.object, "b", 1), undefined);
  equal(change(slots.object, "c", 1), "too-many-slots");
  equal(change(slots.object, "a", 2), undefined);
  // "a" and a string of n bytes are n + 11 bytes: event, length, name, marker.
  const bytes = createRoom({ limits: { maxObjectBytes: 40 } });
  equal(change(bytes.object, "a", "x".repeat(29)), undefined);
  equal(bytes.object.byteLength, 40);
  equal(change(bytes.object, "a", "x".repeat(30)), "object-too-large");
  equal(change(bytes.object, "b", 1), "object-too-large");
  const values = createRoom({ limits: { maxValueBytes: 10 } });
  equal(change(values.object, "a", "x".repeat(7)), undefined);
  equal(change(values.object, "a", "x".repeat(8)), "value-too-large");
  const names = createRoom({ limits: { maxSlotNameBytes: 4 } });
  equal(change(names.object, "éé", 1), undefined);
  equal(change(names.object, "ééx", 1), "name-too-long");
});

test("a client is refused beyond the limits, told so, and told what the slots are", () => {
  const { alice, bob, object } = createRoom({ limits: { maxSlots: 1, maxValueBytes: 10, maxSlotNameBytes: 4 } });
  alice.set("a", 1);
  alice.take();
  bob.take();
  const status = "status SharedObject.NoWriteAccess error";
  deepEqual(reasonsOf(alice.set("b", 1)), ["too-many-slots"]);
  deepEqual(alice.take(), [`2: ${status}, remove b`]);
  deepEqual(reasonsOf(alice.set("a", "x".repeat(8))), ["value-too-large"]);
  deepEqual(alice.take(), [`2: ${status}, a = 1`]);
  deepEqual(reasonsOf(alice.set("abcde", 1)), ["name-too-long"]);
  alice.take();
  deepEqual([bob.take(), object.size], [[], 1]);
});

test("an object that a client lets grow without end stays within its limits", () => {
  const { alice, object } = createRoom();
  for (let index = 0; index < 12_000; index++) {
    alice.set(`slot ${index}`, index);
    alice.take();
  }
  deepEqual([object.size, object.has("slot 9999"), object.has("slot 10000")], [10_000, true, false]);
  const large = createRoom();
  for (let index = 0; index < 100; index++) {
    large.alice.set(`${index}`, "x".repeat(65_000));
    large.alice.take();
  }
  ok(large.object.byteLength <= 4 * 1024 * 1024);
  equal(large.object.size, 64);
});

test("slots that come and go leave a bounded record behind", () => {
  const { alice, bob } = createRoom({ limits: { maxSlots: 3 }, conflict: "compare-and-set" });
  for (let index = 0; index < 50; index++) {
    alice.set(`${index}`, index);
    alice.remove(`${index}`);
  }
  // Of a slot that may have been removed, an old client must not say that it was never there.
  deepEqual(reasonsOf(bob.set("0", 1)), ["conflict"]);
  bob.take();
  deepEqual(reasonsOf(bob.set("0", 1)), []);
});

test("what AMF3 shares counts as often as AMF0 writes it", () => {
  const { alice, bob } = createRoom();
  let bomb: AmfValue = ["some text"];
  for (let depth = 0; depth < 20; depth++) bomb = [bomb, bomb];
  const connection = bob.connection;
  const used = connection.used("o");
  ok(used);
  const events = [{ kind: "request-change", key: "x", value: bomb }] as const;
  const { refusals } = used.object.receive(used.listener, { version: 1, events });
  deepEqual(refusals, [{ reason: "value-too-large", key: "x" }]);
  const call = [{ kind: "send", method: "f", args: [bomb] }] as const;
  deepEqual(used.object.receive(used.listener, { version: 1, events: call }).refusals, [
    { reason: "value-too-large", key: undefined },
  ]);
  deepEqual(alice.take(), []);
});

test("a value inside itself is kept and sent on", () => {
  const { alice, bob } = createRoom();
  const loop = new AmfObject();
  loop.members.set("self", loop);
  alice.set("x", loop);
  const [message] = bob.connection.takeOutgoing();
  ok(message);
  const [event] = decodeSharedObject(message).events;
  ok(event?.kind === "change");
  const value = event.slots[0]?.[1];
  ok(value instanceof AmfObject);
  equal(value.get("self"), value);
});

test("__proto__ and constructor are slots like others", () => {
  const { alice, bob, object } = createRoom();
  equal(object.has("constructor"), false);
  alice.set("__proto__", new AmfObject([["polluted", true]]));
  alice.set("constructor", 1);
  equal(({} as { polluted?: unknown }).polluted, undefined);
  deepEqual(
    Array.from(object.entries(), ([key]) => key),
    ["__proto__", "constructor"],
  );
  deepEqual(bob.take(), [
    '3: __proto__ = {"className":"","sealedKeys":[],"isDynamic":true,"members":{}}, constructor = 1',
  ]);
  alice.remove("__proto__");
  equal(object.has("__proto__"), false);
});

test("slots stay in the order in which they were made", () => {
  const { object } = createRoom();
  for (const key of ["b", "2", "a", "1"]) object.setProperty(key, 0);
  object.setProperty("b", 1);
  deepEqual(Array.from(object.entries()), [
    ["b", 1],
    ["2", 0],
    ["a", 0],
    ["1", 0],
  ]);
});

test("events that only a server sends, and unknown ones, are passed over and counted", () => {
  const { alice, bob, object } = createRoom();
  const outcome = outcomeOf(
    alice.ask(
      { kind: "clear" },
      { kind: "change", slots: [["x", 1]] },
      { kind: "unknown", type: 99, data: new Uint8Array(2) },
      { kind: "request-change", key: "y", value: 1 },
    ),
  );
  equal(outcome.unknownEvents, 3);
  deepEqual([bob.take(), object.has("x")], [["2: y = 1"], false]);
});
