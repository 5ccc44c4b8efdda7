import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { Spread } from "./spread.ts";

test("numbers are summed up, and the most common one is told", () => {
  const spread = new Spread();
  equal(spread.summary, undefined);
  for (const value of [40, 33, 34, 33, 20]) spread.add(value);
  deepEqual(spread.summary, { count: 5, least: 20, mean: 32, greatest: 40, usual: 33 });
});

test("of two that came as often, the smaller one is the usual one", () => {
  const spread = new Spread();
  for (const value of [2, 1, 2, 1, 3]) spread.add(value);
  equal(spread.summary?.usual, 1);
});

test("more different values than are counted change the figures, and take no more memory", () => {
  const spread = new Spread();
  for (let value = 0; value < 10_000; value++) spread.add(value);
  for (let times = 0; times < 5; times++) spread.add(9_999);
  const mean = (49_995_000 + 5 * 9_999) / 10_005;
  // There was no room to count how often the last one came.
  deepEqual(spread.summary, { count: 10_005, least: 0, mean, greatest: 9_999, usual: 0 });
});
