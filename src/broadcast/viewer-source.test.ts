import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { concatBytes } from "../bytes/concat.ts";
import type { MediaMessage } from "../formats/flv/media-message.ts";
import { DEFAULT_BROADCAST_OPTIONS } from "./broadcast.ts";
import { JoinPoint } from "./join-point.ts";
import { DEFAULT_LAG_LIMITS } from "./lag-policy.ts";
import { MessageLog } from "./message-log.ts";
import { MIN_SEGMENT_BYTES } from "./segment-pool.ts";
import { ViewerSource } from "./viewer-source.ts";

function picture(length: number): MediaMessage {
  const payload = Uint8Array.from({ length }, (_, index) => index % 251);
  return { kind: "video", timestamp: 0, payload, isKeyframe: false, isConfig: false, isDisposable: false, trackId: 0 };
}

/** Writes so many pictures, and returns how many pieces of memory they lie in. */
function write(log: MessageLog, count: number, length: number): number {
  const from = log.head;
  for (let index = 0; index < count; index++) log.append(picture(length), index, index);
  return log.views(from, log.head).length;
}

test("what lies in several pieces is joined for the second viewer that gets it, and is the same for all", () => {
  const log = new MessageLog();
  const source = new ViewerSource(log, new JoinPoint(log, DEFAULT_BROADCAST_OPTIONS), DEFAULT_LAG_LIMITS);
  const pieces = write(log, 4, MIN_SEGMENT_BYTES / 2);
  ok(pieces > 1);
  const first = source.views(1, 0, log.head);
  equal(first.length, pieces);
  const second = source.views(1, 0, log.head);
  equal(second.length, 1);
  deepEqual(second[0], concatBytes(first));
  equal(source.views(1, 0, log.head), second);
  const other = source.views(2, 0, log.head);
  deepEqual(source.views(2, 0, log.head), [concatBytes(other)]);
});

test("the more read a log, the fewer pieces it has, up to the longest segment", () => {
  const lonely = new MessageLog();
  const popular = new MessageLog();
  popular.readers = 1000;
  const longest = new MessageLog({ maxSegmentBytes: MIN_SEGMENT_BYTES });
  longest.readers = 1000;
  const pieces = [lonely, popular, longest].map((log) => write(log, 200, 4000));
  const [few = 0, fewer = 0, many = 0] = pieces;
  ok(fewer < few / 2, pieces.join());
  ok(few < many, pieces.join());
});
