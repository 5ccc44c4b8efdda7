import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { hex } from "../../src/bytes/hex.ts";
import { parseFlv, roleOf } from "./flv-tags.ts";

const FILE = hex`
  464c56 01 05 00000009 00000000     ; "FLV", version 1, audio and video, header of 9 bytes
  08 000004 ffffff 7f 000000         ; audio, 4 bytes, 0x7fffffff ms
  af 01 21 10  0000000f              ;   body, and the size of the whole tag
  09 000001 fffff0 ff 000000         ; video, 1 byte, -16 ms
  27  0000000c                       ;   body, size
`;

test("tags are read with signed timestamps of 32 bits", () => {
  deepEqual(parseFlv(FILE), [
    { type: "audio", timestamp: 0x7fffffff, payload: hex`af 01 21 10` },
    { type: "video", timestamp: -16, payload: hex`27` },
  ]);
});

test("a file that ends within a tag gives the tags before", () => {
  const lengths = Array.from({ length: FILE.length - 12 }, (_, cut) => parseFlv(FILE.subarray(0, 13 + cut)).length);
  deepEqual(lengths, [...Array(19).fill(0), ...Array(16).fill(1), 2]);
});

test("an empty file has no tags, and what is no FLV file is an error", () => {
  deepEqual(parseFlv(new Uint8Array()), []);
  throws(() => parseFlv(hex`464c57 01 05 00000009 00000000`), /not an FLV file/);
  throws(() => parseFlv(hex`464c56 01 05 00000009 00000000 07 000000 000000 00 000000 0000000b`), /unknown FLV tag/);
  throws(() => parseFlv(hex`464c56 01 05 00000009 00000000 08 000000 000000 00 000000 0000000c`), /wrong size/);
});

test("configurations, keyframes, frames and end marks are told apart", () => {
  const roles = [
    ["video", hex`17 00 000000 01`, "configuration"], // AVC sequence header
    ["video", hex`17 01 000000 00`, "keyframe"],
    ["video", hex`27 01 000000 00`, "frame"],
    ["video", hex`17 02 000000`, "end"],
    ["video", hex`12 00`, "keyframe"], // Sorenson H.263 has no configuration
    ["video", hex`90 68766331 01`, "configuration"], // Enhanced RTMP: SequenceStart "hvc1"
    ["video", hex`91 68766331 000000`, "keyframe"], // CodedFrames
    ["video", hex`a3 61763031 00`, "frame"], // CodedFramesX "av01"
    ["video", hex`92 68766331`, "end"], // SequenceEnd
    ["audio", hex`af 00 12 10`, "configuration"],
    ["audio", hex`af 01 21`, "frame"],
    ["audio", hex`2f ff fb`, "frame"], // MP3 has no configuration
    ["audio", hex`90 4f707573 01`, "configuration"], // SequenceStart "Opus"
    ["audio", hex`91 4f707573 01`, "frame"],
    ["audio", hex`92 4f707573`, "end"],
    ["script", hex`02 000a`, "script"],
  ] as const;
  for (const [type, payload, role] of roles) equal(roleOf({ type, timestamp: 0, payload }), role);
});
