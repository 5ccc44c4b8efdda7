import { equal } from "node:assert/strict";
import { test } from "node:test";
import { hex } from "../../bytes/hex.ts";
import { classifyMedia } from "../../formats/flv/classify.ts";
import { describeClientEvent, describeServerEvent } from "./describe-events.ts";

test("a stream key is not told whole, and its query not at all", () => {
  const event = { kind: "publish", streamId: 1, name: "secret-key", query: "token=1", publishType: "live" } as const;
  equal(describeServerEvent(event), 'publish stream=1 key="se…" type=live');
  equal(describeServerEvent({ ...event, name: "key" }), 'publish stream=1 key="…" type=live');
});

test("what a peer names cannot forge a line", () => {
  const event = { kind: "call", name: "a\nb", transactionId: 1, streamId: 0, args: [] } as const;
  equal(describeServerEvent(event).includes("\n"), false);
  equal(describeClientEvent(event).includes("\n"), false);
});

test("events without a name of the peer are told by their numbers", () => {
  equal(describeServerEvent({ kind: "seek", streamId: 1, positionMs: 500 }), "seek stream=1 to=500");
  equal(describeServerEvent({ kind: "unsupported", messageType: 19 }), "unsupported type=19");
  equal(describeServerEvent({ kind: "receive-audio", streamId: 1, isEnabled: false }), "receive-audio stream=1 off");
  equal(describeClientEvent({ kind: "close" }), "close");
  equal(describeClientEvent({ kind: "user-control", control: { kind: "stream-eof", streamId: 1 } }), "stream-eof 1");
  equal(
    describeClientEvent({ kind: "reconnect-request", tcUrl: undefined, description: "" }),
    'reconnect-request to=""',
  );
});

test("media tells its kind, its time, its size and what it is", () => {
  const message = classifyMedia("video", 40, hex`96 00 61766331 01 01`);
  equal(describeServerEvent({ kind: "media", streamId: 1, message }), "video stream=1 at=40 bytes=8 config track=1");
});
