import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { concatBytes } from "../../bytes/concat.ts";
import { hex } from "../../bytes/hex.ts";
import { ProtocolError } from "../../errors.ts";
import { hasMembers } from "../amf/amf-value.ts";
import { encodeAmf0 } from "../amf/amf0-encoder.ts";
import { decodeCommandValues } from "../amf/command-values.ts";
import { classifyMedia } from "./classify.ts";
import { FlvReader } from "./flv-reader.ts";
import { FlvRecording, type FlvRecordingState } from "./flv-recording.ts";
import { FlvScan } from "./flv-scan.ts";
import { encodeFlvTag } from "./flv-writer.ts";
import type { MediaMessage } from "./media-message.ts";

const AVC_CONFIG = hex`17 00 000000 01640020`;
const AAC_CONFIG = hex`af 00 1210`;
const KEYFRAME = hex`17 01 000000 00000001 65`;
const INTER = hex`27 01 000000 00000001 41`;
const AAC_FRAME = hex`af 01 21 10 04`;
const METADATA = encodeAmf0("@setDataFrame", "onMetaData", { width: 640, duration: 99, videocodecid: 7 });
const OTHER_METADATA = encodeAmf0("@setDataFrame", "onMetaData", { width: 320 });

type Event = readonly [kind: MediaMessage["kind"], timestamp: number, payload: Uint8Array];

const JOIN: readonly Event[] = [
  ["data", 9000, METADATA],
  ["video", 9000, AVC_CONFIG],
  ["audio", 9000, AAC_CONFIG],
  ["video", 9000, KEYFRAME],
  ["audio", 9010, AAC_FRAME],
  ["video", 9040, INTER],
  ["audio", 9031, AAC_FRAME],
];

/** The whole file, with its patches, as it would be on a disk. */
function record(sources: readonly (readonly Event[])[], state?: FlvRecordingState, before?: Uint8Array): Uint8Array {
  const recording = new FlvRecording(state);
  const pieces = before === undefined ? [] : [before];
  for (const events of sources) {
    recording.restart();
    for (const [kind, timestamp, payload] of events) {
      pieces.push(...recording.write(classifyMedia(kind, timestamp, payload)));
    }
  }
  const { rest, patches } = recording.finish();
  const file = concatBytes([...pieces, ...rest]);
  equal(recording.size, file.length);
  for (const { at, bytes } of patches) file.set(bytes, at);
  return file;
}

function read(file: Uint8Array) {
  const reader = new FlvReader();
  reader.push(file);
  const tags: { type: number; timestamp: number; data: Uint8Array }[] = [];
  for (let tag = reader.next(); tag !== undefined; tag = reader.next()) {
    tags.push({ type: tag.type, timestamp: tag.timestamp, data: tag.data.slice() });
  }
  equal(reader.pendingBytes, 0);
  const [, value] = decodeCommandValues(tags[0]?.data ?? hex``).values;
  const members = hasMembers(value) ? Object.fromEntries(value.members) : {};
  return { header: reader.header, tags, members };
}

function scan(file: Uint8Array): FlvScan {
  const flvScan = new FlvScan();
  flvScan.push(file);
  return flvScan;
}

test("metadata comes first, then configurations and frames, from 0 on", () => {
  const file = record([JOIN]);
  const { header, tags, members } = read(file);
  deepEqual(header, { version: 1, hasAudio: true, hasVideo: true });
  deepEqual(members, { duration: 0.08, filesize: file.length, width: 640, videocodecid: 7 });
  deepEqual(
    tags.map(({ type, timestamp }) => [type, timestamp]),
    [
      [18, 0],
      [9, 0],
      [8, 0],
      [9, 0],
      [8, 10],
      [9, 40],
      [8, 31],
    ],
  );
  deepEqual(
    tags.slice(1).map(({ data }) => data),
    JOIN.slice(1).map(([, , payload]) => payload),
  );
});

test("the flags of the header say what came, once the file can be changed", () => {
  deepEqual(read(record([[["audio", 0, AAC_FRAME]]])).header, { version: 1, hasAudio: true, hasVideo: false });
  const recording = new FlvRecording();
  const [head] = recording.write(classifyMedia("audio", 0, AAC_FRAME));
  equal(head?.[4], 5, "nothing told what comes: both may");
  const told = new FlvRecording();
  told.write(classifyMedia("data", 0, encodeAmf0("onMetaData", { audiocodecid: 10 })));
  equal(told.write(classifyMedia("audio", 0, AAC_FRAME))[0]?.[4], 4);
});

test("a recording of nothing is an FLV file", () => {
  const { header, tags, members } = read(record([]));
  deepEqual(header, { version: 1, hasAudio: false, hasVideo: false });
  equal(tags.length, 1);
  equal(members["duration"], 0);
});

test("data that is no metadata, and metadata that cannot be read, are kept as they are", () => {
  const cue = encodeAmf0("onCuePoint", { name: "a" });
  const broken = hex`02 000a 6f6e4d65746144617461 ff`;
  const { tags } = read(record([[["data", 0, cue], ["data", 0, broken], ...JOIN, ["data", 9040, OTHER_METADATA]]]));
  deepEqual(tags[1]?.data, cue);
  deepEqual(tags[2]?.data, broken);
  deepEqual(tags.at(-1)?.data, encodeAmf0("onMetaData", { width: 320 }));
  equal(tags.at(-1)?.timestamp, 40);
});

test("a source of configurations only is not held for ever", () => {
  const many: Event[] = Array.from({ length: 65 }, () => ["audio", 0, AAC_CONFIG]);
  const recording = new FlvRecording();
  const sizes = many.map(
    ([kind, timestamp, payload]) => recording.write(classifyMedia(kind, timestamp, payload)).length,
  );
  deepEqual([sizes[63], sizes[64]], [0, 67]);
});

test("times go on where a source is lost and found again", () => {
  const { tags, members } = read(record([JOIN, JOIN.map(([kind, at, payload]) => [kind, at + 70_000, payload])]));
  deepEqual(
    tags.slice(7).map(({ type, timestamp }) => [type, timestamp]),
    [
      [9, 80],
      [8, 80],
      [9, 80],
      [8, 90],
      [9, 120],
      [8, 111],
    ],
  );
  equal(members["duration"], 0.16);
});

test("a file is read again at each place where it was cut, and goes on behind its last whole tag", () => {
  const whole = record([JOIN]);
  const firstTagBytes = 11 + (read(whole).tags[0]?.data.length ?? 0) + 4;
  for (let length = 0; length <= whole.length; length++) {
    const { result } = scan(whole.subarray(0, length));
    if (result === undefined) {
      ok(length < 13 + firstTagBytes);
      continue;
    }
    const file = record([JOIN], result, whole.slice(0, result.endOffset));
    const { tags, members } = read(file);
    equal(tags.length, result.tags + 6, "metadata that is known is not written again");
    equal(members["filesize"], file.length);
    equal(members["duration"], (result.endMs + 80) / 1000);
    const first = tags[result.tags + 2];
    deepEqual([first?.type, first?.timestamp, first?.data], [9, result.endMs, KEYFRAME]);
  }
});

test("a file is the same in pieces of any size", () => {
  const whole = record([JOIN]);
  const expected = scan(whole).result;
  deepEqual(expected?.newestMs, { audio: 31, video: 40 });
  deepEqual(expected.lastKeyframe, { timeMs: 0, payload: KEYFRAME });
  for (const size of [1, 2, 3, 7, 50]) {
    const pieces = new FlvScan();
    for (let at = 0; at < whole.length; at += size) pieces.push(whole.subarray(at, at + size));
    deepEqual(pieces.result, expected);
  }
});

test("the numbers of another program's metadata are found; where there are none, nothing is changed", () => {
  const header = hex`464c56 01 05 00000009 00000000`;
  const audio = encodeFlvTag(8, 0, AAC_FRAME);
  const other = concatBytes([header, encodeFlvTag(18, 0, encodeAmf0("onMetaData", { width: 2, duration: 7 })), audio]);
  const { result } = scan(other);
  ok(result?.durationAt !== undefined);
  equal(new DataView(other.buffer).getFloat64(result.durationAt), 7);
  equal(result.fileSizeAt, undefined);
  const without = scan(concatBytes([header, audio])).result;
  deepEqual([without?.durationAt, without?.lastKeyframe], [undefined, { timeMs: 0, payload: AAC_FRAME }]);
  equal(scan(record([JOIN], without, concatBytes([header, audio]))).result?.tags, 8);
});

test("what is no FLV file, or is damaged, is refused; what stands before the damage is known", () => {
  throws(() => scan(hex`000000206674797069736f6d 00000000`), /do not start/);
  const whole = record([JOIN]);
  const damaged = new FlvScan();
  const isDamage = (error: unknown) =>
    error instanceof ProtocolError && error.code === "flv.tag" && error.byteOffset === whole.length;
  throws(() => damaged.push(concatBytes([whole, new Uint8Array(20)])), isDamage);
  equal(damaged.result?.endOffset, whole.length);
});
