import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { TestBroker } from "../../../test/support/flex-broker.ts";
import { AmfDate, AmfObject } from "../../formats/amf/amf-value.ts";
import { classAlias, createRegistry } from "../../formats/amf/class-alias.ts";
import { ExternalizableRegistry } from "../../formats/amf/externalizable.ts";
import { MessagingDestination } from "./messaging.ts";
import { Parcel, type Publication } from "./parcel.ts";

class Point {
  x = 1;
}

function publication(body: object, headers: [string, string][] = []): Publication {
  return { body, headers, messageId: "M", correlationId: null, timestamp: 5, timeToLive: 6 };
}

function subscription() {
  const { session } = new TestBroker().open();
  const destination = new MessagingDestination({});
  return { clientId: "c", destination, destinationId: "chat", session, filters: new Map() };
}

test("a message is the same at once and from its bytes, and made for each subscriber", () => {
  const body = { list: [1, "x"], at: new Date(7) };
  const parcel = new Parcel(publication(body, [["a", "b"]]), new ExternalizableRegistry());
  const push = parcel.pushTo(subscription(), 9);
  equal(push.expiresAtMs, 9);
  const atOnce = push.message();
  equal(atOnce.body, body);
  parcel.close();
  const later = push.message();
  deepEqual(
    later.body,
    new AmfObject([
      ["list", [1, "x"]],
      ["at", new AmfDate(7)],
    ]),
  );
  for (const { headers, clientId, destination, messageId, timestamp, timeToLive } of [atOnce, later]) {
    deepEqual(Object.fromEntries(headers ?? []), { a: "b", DSDstClientId: "c" });
    deepEqual([clientId, destination, messageId, timestamp, timeToLive], ["c", "chat", "M", 5, 6]);
  }
});

test("classes of the server travel", () => {
  const registry = createRegistry([classAlias("P", Point, ["x"])]);
  const parcel = new Parcel(publication(new Point()), registry);
  parcel.close();
  const { body } = parcel.pushTo(subscription(), 0).message();
  ok(body instanceof AmfObject);
  equal(body.className, "P");
  throws(() => new Parcel(publication(new Point()), new ExternalizableRegistry()), { code: "Client.Message.Encoding" });
});

test("what is more than a client may send can still be read again", () => {
  const parcel = new Parcel(publication(Array.from({ length: 200_000 }, () => 1)), new ExternalizableRegistry());
  parcel.close();
  const { body } = parcel.pushTo(subscription(), 0).message();
  ok(Array.isArray(body));
  equal(body.length, 200_000);
});
