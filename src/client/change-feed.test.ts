import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { SharedObjectChange } from "../rtmp/shared-object/slot-view.ts";
import { ChangeFeed } from "./change-feed.ts";

type Slots = Record<string, number>;

function change(key: string, value: number, code: SharedObjectChange["code"] = "change"): SharedObjectChange<Slots> {
  return { code, key, value, oldValue: undefined };
}

test("lists come in order, those that came before somebody read too, and then the end", async () => {
  const feed = new ChangeFeed<Slots>(() => {});
  feed.push([change("a", 1)]);
  feed.push([change("a", 2)]);
  deepEqual(await feed.next(), { done: false, value: [change("a", 1)] });
  deepEqual(await feed.next(), { done: false, value: [change("a", 2)] });
  const [third, fourth] = [feed.next(), feed.next()];
  feed.push([change("a", 3)]);
  feed.end();
  deepEqual(
    [await third, await fourth],
    [
      { done: false, value: [change("a", 3)] },
      { done: true, value: undefined },
    ],
  );
  feed.push([change("a", 4)]);
  equal((await feed.next()).done, true);
});

test("what waits is read after the end", async () => {
  const feed = new ChangeFeed<Slots>(() => {});
  feed.push([change("a", 1)]);
  feed.end();
  deepEqual([(await feed.next()).done, (await feed.next()).done], [false, true]);
});

test("beyond a thousand lists they become one, with the last change of each slot", async () => {
  const feed = new ChangeFeed<Slots>(() => {});
  feed.push([change("old", 1)]);
  feed.push([change("", 0, "clear"), change("a", -1)]);
  for (let index = 0; index < 999; index++) feed.push([change(`slot ${index % 3}`, index)]);
  const merged = [
    change("", 0, "clear"),
    change("a", -1),
    change("slot 0", 996),
    change("slot 1", 997),
    change("slot 2", 998),
  ];
  deepEqual(await feed.next(), { done: false, value: merged });
  for (let index = 0; index < 1000; index++) feed.push([change("a", index)]);
  deepEqual(await feed.next(), { done: false, value: [change("a", 0)] });
});

test("a loop that is left tells so, and gets nothing more", async () => {
  let isLeft = false;
  const feed = new ChangeFeed<Slots>(() => {
    isLeft = true;
  });
  feed.push([change("a", 1)]);
  feed.push([change("a", 2)]);
  for await (const changes of feed) {
    equal(changes.length, 1);
    break;
  }
  equal(isLeft, true);
  equal((await feed.next()).done, true);
});

test("a slot with an empty name does not hide that all were cleared", async () => {
  const feed = new ChangeFeed<Slots>(() => {});
  feed.push([change("old", 1)]);
  feed.push([change("", 0, "clear"), change("", 7)]);
  for (let index = 0; index < 999; index++) feed.push([change("", index)]);
  deepEqual(await feed.next(), { done: false, value: [change("", 0, "clear"), change("", 998)] });
});
