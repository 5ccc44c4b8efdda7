import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import { remoteMethods } from "./remote-methods.ts";

type Methods = {
  add(a: number, b: number): number;
  call(): string;
  toString(): string;
  rooms: { list(): string[]; inner: { most(): number } };
};

test("every function calls the method of its name", async () => {
  const calls: unknown[] = [];
  const api = remoteMethods<Methods>(async (name, args) => {
    calls.push([name, ...args]);
    return name;
  });
  await api.add(1, 2);
  await api.rooms.list();
  await api.rooms.inner.most();
  await api.call();
  await api.toString();
  deepEqual(calls, [["add", 1, 2], ["rooms.list"], ["rooms.inner.most"], ["call"], ["toString"]]);
  equal(api.add, api.add);
});

test("to wait for the methods themselves, or to print them, calls nothing", async () => {
  const api = remoteMethods<Methods>(async (name) => {
    throw new Error(`${name} was called`);
  });
  ok((await Promise.resolve(api)) === api);
  ok((await Promise.resolve(api.rooms)) === api.rooms);
  equal(Reflect.get(api, Symbol.toPrimitive), undefined);
  await rejects(api.add(1, 2), /add was called/);
});
