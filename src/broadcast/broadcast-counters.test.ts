import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { concatBytes } from "../bytes/concat.ts";
import { encodeCommandValues } from "../formats/amf/command-values.ts";
import { classifyMedia } from "../formats/flv/classify.ts";
import type { MediaMessage } from "../formats/flv/media-message.ts";
import { Broadcast } from "./broadcast.ts";
import type { Publication } from "./publication.ts";
import type { ViewerOutput } from "./viewer.ts";

function publish(broadcast: Broadcast): Publication {
  const result = broadcast.publish({ description: "somebody", replaced() {} }, 0);
  if (result.kind !== "accepted") throw new Error(result.kind);
  return result.publication;
}

function media(kind: MediaMessage["kind"], bytes: number, traits: Partial<MediaMessage> = {}): MediaMessage {
  const payload = new Uint8Array(bytes).fill(kind === "audio" ? 0xaf : 0x27);
  const plain = { isKeyframe: false, isConfig: false, isDisposable: false, trackId: 0 };
  return { kind, timestamp: 0, payload, ...plain, ...traits };
}

test("bytes are counted by kind, pictures in the default track, without configurations", () => {
  const broadcast = new Broadcast("live/test", { schedule() {} });
  const publication = publish(broadcast);
  publication.write(media("video", 10, { isConfig: true }), 0);
  publication.write(media("video", 1000, { isKeyframe: true }), 0);
  publication.write(media("video", 500, { trackId: 1 }), 0);
  publication.write(media("audio", 20), 0);
  publication.write(media("data", 7), 0);
  const { receivedMessages, receivedBytes, videoBytes, audioBytes, videoFrames } = broadcast.counters;
  deepEqual(
    { receivedMessages, receivedBytes, videoBytes, audioBytes, videoFrames },
    { receivedMessages: 5, receivedBytes: 1537, videoBytes: 1510, audioBytes: 20, videoFrames: 1 },
  );
});

test("what was sent counts on when a viewer leaves, and what others say that they sent", () => {
  const broadcast = new Broadcast("live/test", { schedule() {} });
  const publication = publish(broadcast);
  publication.write(media("video", 1000, { isKeyframe: true }), 0);
  const output: ViewerOutput = {
    kind: "bytes",
    streamId: 1,
    isReady: true,
    unsentBytes: 0,
    takenBytes: 0,
    write() {},
    notify() {},
    closeSlow() {},
  };
  const [first, second] = [broadcast.join(output), broadcast.join(output)];
  const both = broadcast.sentBytes;
  equal(both, first.sentBytes + second.sentBytes);
  equal(first.sentBytes > 1000, true);
  broadcast.leave(first);
  broadcast.leave(first);
  equal(broadcast.sentBytes, both);
  broadcast.counters.sentBytes += 5;
  broadcast.leave(second);
  equal(broadcast.sentBytes, both + 5);
});

test("the newest metadata can be looked at", () => {
  const broadcast = new Broadcast("live/test", { schedule() {} });
  const publication = publish(broadcast);
  equal(broadcast.metadata, undefined);
  const payload = concatBytes([encodeCommandValues(["onMetaData", { width: 1280 }])]);
  publication.write(classifyMedia("data", 0, payload), 0);
  deepEqual(broadcast.metadata, payload);
  publication.clearData("onMetaData");
  equal(broadcast.metadata, undefined);
});
