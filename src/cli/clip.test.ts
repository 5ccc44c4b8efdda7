import { deepEqual, throws } from "node:assert/strict";
import { test } from "node:test";
import { hex } from "../bytes/hex.ts";
import { readClip } from "./clip.ts";

const HEADER = hex`
  464c56 01 05 00000009 00000000 ; FLV, version 1, audio and video
`;

const TAGS = hex`
  12 00000d 000000 00 000000     ; script data, 0 ms
  02 000a 6f6e4d65746144617461   ;   "onMetaData"
  00000018
  09 000007 000000 00 000000     ; video, 0 ms: AVC configuration
  17 00 000000 0142
  00000012
  08 000004 000000 00 000000     ; audio, 0 ms: AAC configuration
  af 00 1210
  0000000f
  09 000006 000000 00 000000     ; video, 0 ms: keyframe
  17 01 000000 65
  00000011
  09 000006 000028 00 000000     ; video, 40 ms
  27 01 000000 41
  00000011
  08 000003 00002a 00 000000     ; audio, 42 ms
  af 01 21
  0000000e
  09 000005 000050 00 000000     ; video, 80 ms: end of sequence
  17 02 000000
  00000010
`;

test("a clip has every message of the file but the end of the sequence", () => {
  const clip = readClip(Uint8Array.of(...HEADER, ...TAGS));
  deepEqual(
    clip.messages.map(({ kind, timestamp, isConfig, isKeyframe }) => [kind, timestamp, isConfig, isKeyframe]),
    [
      ["data", 0, true, false],
      ["video", 0, true, false],
      ["audio", 0, true, false],
      ["video", 0, false, true],
      ["video", 40, false, false],
      ["audio", 42, false, false],
    ],
  );
  deepEqual(clip.messages.at(-1)?.payload, hex`af 01 21`);
  deepEqual(clip.durationMs, 80);
});

test("a file that is no FLV, and one without media, make no clip", () => {
  throws(() => readClip(hex`47494638 39 00000000 00`), { code: "flv.signature" });
  throws(() => readClip(HEADER), /no audio and no video/);
});
