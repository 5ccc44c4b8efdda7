import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { sentence, streamEvent } from "./stream-event.ts";

const info = { id: "3", remoteAddress: "192.0.2.1:5", flashVersion: "FMLE/3.0" };

test("an event is a sentence, with the reason, and says who it was", () => {
  deepEqual(streamEvent("publish", { info, protocol: "rtmp", broadcast: "live/a" }), {
    kind: "publish",
    level: "info",
    text: "FMLE/3.0 publishes live/a.",
    broadcast: "live/a",
    connection: "3",
    remoteAddress: "192.0.2.1:5",
    protocol: "rtmp",
  });
  const parts = { info: { ...info, flashVersion: " " }, protocol: "rtmps", reason: "The name is too long." } as const;
  const refused = streamEvent("play-refused", parts);
  equal(refused.text, "A client may not play a stream: The name is too long.");
  equal(refused.level, "warning");
  equal("broadcast" in refused, false);
  const lost = streamEvent("publisher-lost", { info, protocol: "rtmp", broadcast: "live/a", reason: "it went away" });
  equal(lost.text, "The publisher of live/a is lost, and its viewers wait: it went away.");
});

test("what a client calls itself is cut", () => {
  const long = { ...info, flashVersion: "x".repeat(1000) };
  equal(streamEvent("play", { info: long, protocol: "ws", broadcast: "a" }).text, `${"x".repeat(80)} plays a.`);
});

test("a sentence has one full stop", () => {
  deepEqual(["It ended", "Why?", "No.", ""].map(sentence), ["It ended.", "Why?", "No.", "."]);
});
