import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { TokenBucket } from "./token-bucket.ts";

test("as much as comes in a second may come at once, and no more", () => {
  const bucket = new TokenBucket(3);
  deepEqual([bucket.take(0), bucket.take(0), bucket.take(0), bucket.take(0)], [true, true, true, false]);
});

test("it fills with time, up to a second's worth", () => {
  const bucket = new TokenBucket(2);
  equal(bucket.take(1000, 2), true);
  deepEqual([bucket.take(1499), bucket.take(1500), bucket.take(1501)], [false, true, false]);
  deepEqual([bucket.take(60_000, 2), bucket.take(60_000)], [true, false]);
});

test("a clock that goes back changes nothing", () => {
  const bucket = new TokenBucket(1);
  deepEqual([bucket.take(5000), bucket.take(1000), bucket.take(1500), bucket.take(2000)], [true, false, false, true]);
});

test("what costs more than a second holds takes a whole second; with a rate of 0 nothing passes", () => {
  const bucket = new TokenBucket(10);
  deepEqual([bucket.take(0, 50), bucket.take(999, 50), bucket.take(1000, 50)], [true, false, true]);
  equal(new TokenBucket(0).take(0), false);
});
