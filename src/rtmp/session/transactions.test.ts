import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { Transactions } from "./transactions.ts";

test("ids count from 1, and each call ends once", () => {
  const calls = new Transactions<string>(10);
  equal(calls.open("first"), 1);
  equal(calls.open("second"), 2);
  equal(calls.close(1), "first");
  equal(calls.close(1), undefined);
  equal(calls.open("third"), 3);
  equal(calls.skip(), 4);
  deepEqual(calls.closeAll(), [
    [2, "second"],
    [3, "third"],
  ]);
  equal(calls.size, 0);
});

test("a caller's own id is taken once", () => {
  const calls = new Transactions<string>(10);
  equal(calls.adopt(7, "first"), true);
  equal(calls.adopt(7, "again"), false);
  equal(calls.close(7), "first");
  equal(calls.adopt(7, "later"), true);
});

test("one call beyond the limit is refused, in both directions", () => {
  const calls = new Transactions<number>(2);
  calls.open(1);
  calls.adopt(900, 2);
  throws(() => calls.open(3), { code: "session.call-limit" });
  throws(() => calls.adopt(901, 3), { code: "session.call-limit" });
  calls.close(900);
  equal(calls.open(3), 2);
});
