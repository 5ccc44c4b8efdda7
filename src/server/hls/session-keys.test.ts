import { equal, match, notEqual } from "node:assert/strict";
import { test } from "node:test";
import { SessionKeys } from "./session-keys.ts";

test("a key is good where it was made, for the path that it was made for", () => {
  const keys = new SessionKeys(3);
  const key = keys.create("live/key");
  match(key, /^03[0-9a-f]{30}$/);
  notEqual(keys.create("live/key"), key);
  equal(keys.isFor(key, "live/key"), true);
  equal(keys.isFor(key, "live/other"), false);
  equal(new SessionKeys(3).isFor(key, "live/key"), false);
});

test("what somebody made up is no key", () => {
  const keys = new SessionKeys(0);
  const key = keys.create("live/key");
  for (const madeUp of ["", "00", "0".repeat(32), `${key}00`, key.slice(0, 30), `01${key.slice(2)}`, "x".repeat(32)]) {
    equal(keys.isFor(madeUp, "live/key"), false, madeUp);
  }
});
