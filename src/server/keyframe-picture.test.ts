import { deepEqual, equal, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type ClipName, clip } from "../../test/fixtures/media.ts";
import { parseFlv } from "../../test/support/flv-tags.ts";
import { Broadcast } from "../broadcast/broadcast.ts";
import { classifyMedia } from "../formats/flv/classify.ts";
import { findBox, readBoxes } from "../mp4/read-boxes.ts";
import { keyframePictureOf } from "./keyframe-picture.ts";

function broadcastOf(name: ClipName): Broadcast {
  const broadcast = new Broadcast("live/test", { schedule() {} });
  const result = broadcast.publish({ description: "test", replaced() {} }, 0);
  ok(result.kind === "accepted");
  for (const { type, timestamp, payload } of parseFlv(readFileSync(clip(name)))) {
    const kind = type === "script" ? "data" : type;
    result.publication.write(classifyMedia(kind, timestamp, payload), timestamp);
  }
  return broadcast;
}

test("the newest keyframe is an MP4 file of one sample", () => {
  const picture = keyframePictureOf(broadcastOf("h264-aac"));
  ok(picture !== undefined);
  const boxes = readBoxes(picture);
  deepEqual(
    boxes.map(({ type }) => type),
    ["ftyp", "moov", "moof", "mdat"],
  );
  const run = findBox(boxes, "moof", "traf", "trun");
  ok(run !== undefined);
  equal(new DataView(run.body.buffer, run.body.byteOffset).getUint32(4), 1, "samples");
});

test("there is none of sound, of what MP4 has no form for, and of nothing", () => {
  equal(keyframePictureOf(broadcastOf("aac-only")), undefined);
  equal(keyframePictureOf(broadcastOf("flv1-mp3")), undefined);
  equal(keyframePictureOf(new Broadcast("live/none", { schedule() {} })), undefined);
});
