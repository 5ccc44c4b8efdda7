import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { AcknowledgementLag } from "./acknowledgement-lag.ts";

test("the lag is how long ago the acknowledged bytes had been sent", () => {
  const lag = new AcknowledgementLag(1000);
  equal(lag.lagMs(0, undefined, 0), undefined);
  for (let second = 0; second < 10; second++) lag.sent(second * 1000, undefined, second * 1000);
  equal(lag.lagMs(9000, 1000, 9000), 0);
  equal(lag.lagMs(9000, 4000, 9000), 4000);
  equal(lag.lagMs(9000, 4500, 9000), 5000);
  equal(lag.lagMs(9000, 9000, 9500), 9500);
});

test("a server that never acknowledges again costs little, and its lag is about right", () => {
  const lag = new AcknowledgementLag(0);
  for (let at = 0; at < 1_000_000; at += 60) lag.sent(at, at, at);
  const known = lag.lagMs(1_000_000, 600_000, 1_000_000) ?? 0;
  ok(known >= 600_000 && known < 610_000, `${known}`);
});

test("what was acknowledged long ago makes nothing coarse", () => {
  const lag = new AcknowledgementLag(0);
  for (let at = 0; at < 10_000_000; at += 60) lag.sent(at, 5000, at);
  const known = lag.lagMs(10_000_000, 5000, 10_000_000) ?? 0;
  ok(known >= 5000 && known < 5200, `${known}`);
});
