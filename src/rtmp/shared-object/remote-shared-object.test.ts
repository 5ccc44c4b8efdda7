import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { describeMessages } from "../../../test/support/shared-object-client.ts";
import { AmfObject, type AmfValue } from "../../formats/amf/amf-value.ts";
import { MessageType } from "../message/message.ts";
import { decodeSharedObject, type SharedObjectEvent } from "../message/shared-object.ts";
import type { SyncEntry } from "./client-request.ts";
import { RemoteSharedObject, type RemoteSharedObjectUpdate } from "./remote-shared-object.ts";

const USE_SUCCESS: SharedObjectEvent = { kind: "use-success" };
const CLEAR: SharedObjectEvent = { kind: "clear" };

function change(key: string, value: AmfValue): SharedObjectEvent {
  return { kind: "change", slots: [[key, value]] };
}

function success(key: string): SharedObjectEvent {
  return { kind: "success", key };
}

function remove(key: string): SharedObjectEvent {
  return { kind: "remove", key };
}

/** A message of the server, as the client gets it. */
function receive(
  object: RemoteSharedObject,
  version: number,
  ...events: readonly SharedObjectEvent[]
): RemoteSharedObjectUpdate {
  return object.receive({ name: object.name, version, isPersistent: object.isPersistent, events });
}

function sync(update: RemoteSharedObjectUpdate): string[] {
  return update.sync.map(({ code, name, oldValue }: SyncEntry) => `${code} ${name} ${JSON.stringify(oldValue)}`);
}

function take(object: RemoteSharedObject): string[] {
  return describeMessages(object.takeOutgoing());
}

function createOpen(...slots: readonly (readonly [string, AmfValue])[]): RemoteSharedObject {
  const object = new RemoteSharedObject("o");
  object.open();
  object.takeOutgoing();
  receive(object, 1, USE_SUCCESS, CLEAR, { kind: "change", slots });
  return object;
}

test("it opens with a Use of version 0, and is open with the first sync list: clear, then each slot", () => {
  const object = new RemoteSharedObject("o");
  equal(object.state, "closed");
  object.open();
  deepEqual([object.state, take(object), object.hasOutgoing], ["opening", ["0: use"], false]);
  const update = receive(object, 5, USE_SUCCESS, CLEAR, change("a", 1), change("b", 2));
  deepEqual([update.state, object.state, object.version], ["open", "open", 5]);
  deepEqual(sync(update), ["clear  undefined", "change a undefined", "change b undefined"]);
  deepEqual(Array.from(object.slots), [
    ["a", 1],
    ["b", 2],
  ]);
});

test("a refusal closes it again", () => {
  const object = new RemoteSharedObject("o", { isPersistent: true });
  object.open();
  const status = { kind: "status", code: "SharedObject.BadPersistence", level: "error" } as const;
  const { state, statuses } = receive(object, 0, status);
  deepEqual([state, statuses], ["closed", [{ code: status.code, level: "error" }]]);
  object.open();
  deepEqual(take(object), ["0: use"]);
});

test("before the answer nothing counts but a refusal, and nothing can be asked for", () => {
  const object = new RemoteSharedObject("o");
  throws(() => object.set("x", 1), /not open/);
  object.open();
  throws(() => object.delete("x"), /not open/);
  throws(() => object.send("f"), /not open/);
  deepEqual(receive(object, 3, change("x", 1), { kind: "send", method: "f", args: [] }), {
    state: "opening",
    sync: [],
    calls: [],
    statuses: [],
  });
  deepEqual([object.version, object.slots.size], [0, 0]);
});

test("an own change shows at once, is sent when the driver takes it, and is done with Success", () => {
  const object = createOpen(["x", 0]);
  object.set("x", 1);
  deepEqual([object.get("x"), object.hasOutgoing], [1, true]);
  deepEqual([take(object), take(object)], [["1: request-change x"], []]);
  deepEqual(sync(receive(object, 2, success("x"))), ["success x 1"]);
  deepEqual([object.get("x"), object.version], [1, 2]);
});

test("of several changes of a slot the last is sent, but calls stay between them", () => {
  const object = createOpen();
  object.set("x", 1);
  object.set("y", 1);
  object.delete("x");
  object.send("f", "a");
  object.set("x", 3);
  object.set("x", 4);
  deepEqual(take(object), ["1: request-remove x, request-change y, send f with 1 arguments, request-change x"]);
  equal(object.get("x"), 4);
});

test("null and undefined ask for the removal", () => {
  const object = createOpen(["x", 0], ["y", 0]);
  object.set("x", null);
  object.set("y", undefined);
  deepEqual([take(object), object.slots.size], [["1: request-remove x, request-remove y"], 0]);
});

test("what is set is copied, and must be fit for AMF", () => {
  const object = createOpen();
  const list = [1];
  object.set("x", list);
  list.push(2);
  deepEqual(object.get("x"), [1]);
  throws(() => object.set("x", () => 1), { code: "amf.encode" });
  throws(() => object.set("k".repeat(65_536), 1), { code: "amf.encode" });
  deepEqual(object.get("x"), [1]);
});

test("a Change is the server's word: it rejects an own change, and one that was not sent is not sent", () => {
  const object = createOpen(["x", 0], ["z", 0]);
  object.set("x", 1);
  take(object);
  object.set("y", 1);
  deepEqual(sync(receive(object, 2, change("x", 7), change("y", 8), change("z", 9))), [
    "reject x 1",
    "reject y 1",
    "change z 0",
  ]);
  deepEqual(Array.from(object.slots), [
    ["x", 7],
    ["z", 9],
    ["y", 8],
  ]);
  deepEqual(take(object), []);
});

test("where a server took the rejected change after all, the Success brings its value back", () => {
  const object = createOpen();
  object.set("x", 1);
  take(object);
  receive(object, 2, change("x", 7));
  deepEqual(sync(receive(object, 3, success("x"))), ["success x 7"]);
  equal(object.get("x"), 1);
  // A later own change is not undone by the Success of an earlier one.
  object.set("x", 2);
  take(object);
  receive(object, 4, change("x", 8));
  object.set("x", 3);
  take(object);
  receive(object, 5, success("x"));
  equal(object.get("x"), 3);
  receive(object, 6, success("x"));
  equal(object.get("x"), 3);
});

test("a server that tells the value with the Success says nothing new", () => {
  const object = createOpen();
  object.set("x", 1);
  take(object);
  receive(object, 2, change("x", 7));
  deepEqual(sync(receive(object, 3, success("x"), change("x", 1))), ["success x 7"]);
  deepEqual(sync(receive(object, 4, change("x", 7))), ["change x 1"]);
});

test("a Change that comes with the Success does not withdraw a newer change that was not sent", () => {
  const object = createOpen();
  object.set("x", 1);
  take(object);
  object.set("x", 2);
  deepEqual(sync(receive(object, 3, success("x"), change("x", 1))), ["success x 2"]);
  deepEqual([object.get("x"), take(object)], [2, ["3: request-change x"]]);
});

test("a change that is refused is rejected, and the next is not taken for it", () => {
  const object = createOpen(["x", 0]);
  object.set("x", 1);
  take(object);
  deepEqual(sync(receive(object, 1, change("x", 0))), ["reject x 1"]);
  object.set("x", 2);
  take(object);
  deepEqual(sync(receive(object, 2, success("x"))), ["success x 2"]);
  deepEqual(sync(receive(object, 3, change("x", 3))), ["change x 2"]);
});

test("Remove and Clear delete slots, and own changes with them", () => {
  const object = createOpen(["a", 1], ["b", 2]);
  object.set("a", 5);
  object.set("c", 5);
  deepEqual(sync(receive(object, 2, remove("a"), remove("unknown"))), ["delete a 5", "delete unknown undefined"]);
  deepEqual(sync(receive(object, 3, CLEAR)), ["clear  undefined"]);
  deepEqual([object.slots.size, take(object)], [0, []]);
});

test("a message is one sync list in its order; calls come beside it", () => {
  const object = createOpen(["a", 1]);
  object.set("b", 1);
  take(object);
  const update = receive(
    object,
    2,
    success("b"),
    { kind: "send", method: "hello", args: ["abc"] },
    remove("a"),
    {
      kind: "change",
      slots: [
        ["c", 1],
        ["__proto__", 2],
      ],
    },
    { kind: "unknown", type: 99, data: new Uint8Array() },
  );
  deepEqual(sync(update), ["success b 1", "delete a 1", "change c undefined", "change __proto__ undefined"]);
  deepEqual(update.calls, [{ method: "hello", args: ["abc"] }]);
  equal(object.get("__proto__"), 2);
  equal(object.get("constructor"), undefined);
});

test("a status of an open object is told, and changes nothing", () => {
  const object = createOpen(["x", 0]);
  const { state, statuses } = receive(
    object,
    1,
    { kind: "status", code: "SharedObject.NoWriteAccess", level: "error" },
    change("x", 0),
  );
  deepEqual([state, statuses.length, object.version], ["open", 1, 1]);
});

test("a refusal of changes that comes while it is opened again does not close it", () => {
  const object = createOpen();
  object.close();
  object.open();
  receive(object, 1, { kind: "status", code: "SharedObject.NoWriteAccess", level: "error" });
  equal(object.state, "opening");
});

test("closing sends a Release and nothing that was not sent; the copy stays readable", () => {
  const object = createOpen(["x", 0]);
  object.set("y", 1);
  object.close();
  deepEqual([object.state, take(object), object.get("x")], ["closed", ["0: release"], 0]);
  object.close();
  deepEqual([object.hasOutgoing, receive(object, 2, change("x", 5)).sync], [false, []]);
  equal(object.get("x"), 0);
});

test("a persistent object is opened again with the version of its copy, but not where own changes had no answer", () => {
  const object = new RemoteSharedObject("o", { isPersistent: true });
  object.open();
  take(object);
  receive(object, 5, USE_SUCCESS, CLEAR, change("a", 1), change("b", 1));
  object.disconnect();
  object.open();
  deepEqual(take(object), ["5: use"]);
  deepEqual(sync(receive(object, 8, USE_SUCCESS, remove("a"), change("c", 1))), ["delete a 1", "change c undefined"]);
  deepEqual(Array.from(object.slots.keys()), ["b", "c"]);
  object.set("c", 2);
  take(object);
  receive(object, 9, success("c"));
  object.disconnect();
  object.open();
  deepEqual(take(object), ["9: use"]);
  receive(object, 9, USE_SUCCESS);
  object.set("c", 3);
  take(object);
  object.disconnect();
  object.open();
  deepEqual(take(object), ["0: use"]);
});

test("a temporary object is opened again with version 0", () => {
  const object = createOpen(["a", 1]);
  object.disconnect();
  object.open();
  deepEqual(take(object), ["0: use"]);
});

test("with objectEncoding 3 it sends type 16", () => {
  const object = new RemoteSharedObject("o", { objectEncoding: 3 });
  object.open();
  receive(object, 1, USE_SUCCESS, CLEAR);
  object.takeOutgoing();
  object.set("x", new AmfObject([["a", 1]]));
  const [message] = object.takeOutgoing();
  ok(message);
  equal(message.type, MessageType.SharedObjectAmf3);
  deepEqual(decodeSharedObject(message).events, [
    { kind: "request-change", key: "x", value: new AmfObject([["a", 1]]) },
  ]);
});

test("more events than one message may have become several", () => {
  const object = new RemoteSharedObject("o", { maxEventsPerMessage: 2 });
  object.open();
  receive(object, 1, USE_SUCCESS, CLEAR);
  take(object);
  for (let index = 0; index < 5; index++) object.set(`${index}`, index);
  deepEqual(take(object), [
    "1: request-change 0, request-change 1",
    "1: request-change 2, request-change 3",
    "1: request-change 4",
  ]);
});

test("a refusal's value is not brought back by the Success of another slot, nor by one that nobody asked for", () => {
  const object = createOpen(["x", 0]);
  object.set("x", 1);
  take(object);
  receive(object, 1, { kind: "status", code: "SharedObject.NoWriteAccess", level: "error" }, change("x", 0));
  receive(object, 2, success("x"), success("y"));
  deepEqual(Array.from(object.slots), [["x", 0]]);
});

test("what a server never answers is not kept for ever", () => {
  const object = createOpen();
  for (let value = 0; value < 200; value++) {
    object.set("x", value);
    take(object);
  }
  receive(object, 2, change("x", "other"));
  // Of 64 that are remembered the oldest is taken for the one that succeeded.
  receive(object, 3, success("x"));
  equal(object.get("x"), 200 - 64);
});

test("what is too long together becomes several messages", () => {
  const object = createOpen();
  for (let index = 0; index < 10; index++) object.set(`${index}`, "x".repeat(1_000_000));
  const messages = object.takeOutgoing();
  deepEqual(
    messages.map((message) => decodeSharedObject(message, { limits: { maxValueBytes: 2_000_000 } }).events.length),
    [4, 4, 2],
  );
});

test("what no message can carry is refused at once, and changes nothing", () => {
  throws(() => new RemoteSharedObject("é".repeat(32_768)), { code: "amf.encode" });
  const object = createOpen(["x", 0]);
  const tooLong = "x".repeat(0xffffff);
  throws(() => object.set("x", tooLong), { code: "amf.encode" });
  throws(() => object.send("show", tooLong), { code: "amf.encode" });
  throws(() => object.send(tooLong), { code: "amf.encode" });
  equal(object.get("x"), 0);
  equal(object.hasOutgoing, false);
  const longest = new RemoteSharedObject("é".repeat(32_767));
  longest.open();
  equal(longest.takeOutgoing().length, 1);
});
