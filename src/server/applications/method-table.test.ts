import { equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { method } from "./method.ts";
import { MethodTable } from "./method-table.ts";

const any = method(() => 1);

test("methods are found by their names, those of objects inside by both", () => {
  const table = new MethodTable();
  table.add({ add: any, rooms: { list: any, inner: { most: any } }, "rooms.count": any });
  for (const name of ["add", "rooms.list", "rooms.inner.most", "rooms.count"]) equal(table.get(name), any);
  for (const name of ["rooms", "list", "rooms.", "", "rooms.toString"]) equal(table.get(name), undefined);
});

test("what objects inherit is no method", () => {
  const table = new MethodTable();
  table.add(Object.assign(Object.create({ inherited: any }), { own: any }));
  equal(table.get("own"), any);
  for (const name of ["inherited", "toString", "constructor", "__proto__", "hasOwnProperty", "valueOf"]) {
    equal(table.get(name), undefined);
  }
});

test("a name is used once", () => {
  const table = new MethodTable();
  table.add({ add: any });
  throws(() => table.add({ more: any, add: any }), /a method add already/);
  equal(table.get("more"), undefined);
  throws(() => table.add({ rooms: { list: any }, "rooms.list": any }), /rooms\.list is declared twice/);
});

test("commands of RTMP are no methods, but may be inside of an object", () => {
  const names = ["connect", "close", "_result", "_error", "publish", "play", "createStream", "ping", "checkBandwidth"];
  for (const name of names) throws(() => new MethodTable().add({ [name]: any }), /is a command of RTMP/);
  const table = new MethodTable();
  table.add({ room: { close: any } });
  equal(table.get("room.close"), any);
});

test("anything but methods and objects of them is refused", () => {
  for (const value of [() => 1, 5, null, [any], new Map([["a", any]])]) {
    throws(() => new MethodTable().add({ add: value }), /add is no method: use method\(/);
  }
  throws(() => new MethodTable().add({ "": any }), /a method has a name/);
});
