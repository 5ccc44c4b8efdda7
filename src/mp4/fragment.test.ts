import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { readIsoBoxes, readMfhd, readStyp, readTfdt, readTfhd, readTrun } from "@svta/cml-iso-bmff";
import { concatBytes } from "../bytes/concat.ts";
import { hex } from "../bytes/hex.ts";
import { durationOfSamples, encodeFragment, isIndependent } from "./fragment.ts";
import { findBox, readBoxes } from "./read-boxes.ts";
import type { TimedSample } from "./track.ts";

const PICTURES: readonly TimedSample[] = [
  { decodeTime: 2 ** 33 + 5, duration: 3600, compositionOffset: 7200, bytes: hex`010203`, isKeyframe: true },
  { decodeTime: 2 ** 33 + 3605, duration: 3601, compositionOffset: -90, bytes: hex`04`, isKeyframe: false },
];
const SOUNDS: readonly TimedSample[] = [
  { decodeTime: 1024, duration: 1024, compositionOffset: 0, bytes: hex`aaaa`, isKeyframe: true },
  { decodeTime: 2048, duration: 1024, compositionOffset: 0, bytes: hex`bbbbbb`, isKeyframe: true },
];

test("a fragment of one track of sound, byte for byte", () => {
  const pieces = encodeFragment({ sequenceNumber: 7, tracks: [{ trackId: 1, samples: SOUNDS }] });
  deepEqual(
    concatBytes(pieces),
    hex`
      0000006c 6d6f6f66                        ; moof
        00000010 6d666864 00000000 00000007    ; mfhd
        00000054 74726166                      ; traf
          00000014 74666864 00020020 00000001 02000000  ; tfhd: base is moof, flags of each sample
          00000014 74666474 01000000 0000000000000400   ; tfdt
          00000024 7472756e 01000301 00000002 00000074  ; trun: place, durations, sizes; two; behind mdat's header
            00000400 00000002  00000400 00000003
      0000000d 6d646174 aaaa bbbbbb            ; mdat
    `,
  );
  equal(pieces[1], SOUNDS[0]?.bytes, "not a copy");
});

test("another reader finds what was written", () => {
  const tracks = [
    { trackId: 1, samples: PICTURES },
    { trackId: 2, samples: [] },
    { trackId: 3, samples: SOUNDS },
  ];
  const whole = concatBytes(encodeFragment({ sequenceNumber: 2 ** 32 - 1, tracks, isSegmentStart: true }));
  // Copied, since that reader takes buffers from their start.
  const readers = { styp: readStyp, mfhd: readMfhd, tfhd: readTfhd, tfdt: readTfdt, trun: readTrun };
  const text = JSON.stringify(readIsoBoxes(whole.slice().buffer, { readers }), (key, value) =>
    key === "view" ? undefined : value,
  );
  const found = (name: string): unknown[] =>
    Array.from(text.matchAll(new RegExp(`"${name}":(-?\\d+)`, "g")), ([, n]) => Number(n));
  deepEqual(found("sequenceNumber"), [2 ** 32 - 1]);
  deepEqual(found("trackId"), [1, 3]);
  deepEqual(found("baseMediaDecodeTime"), [2 ** 33 + 5, 1024]);
  deepEqual(found("sampleDuration"), [3600, 3601, 1024, 1024]);
  deepEqual(found("sampleSize"), [3, 1, 2, 3]);
  deepEqual(found("sampleFlags"), [0x02000000, 0x01010000]);
  deepEqual(found("sampleCompositionTimeOffset"), [7200, -90]);
  // Each place is counted from the start of moof.
  const boxes = readBoxes(whole);
  const moof = findBox(boxes, "moof");
  const mdat = findBox(boxes, "mdat");
  ok(moof !== undefined && mdat !== undefined);
  const body = mdat.offset + 8 - moof.offset;
  deepEqual(found("dataOffset"), [body, body + 4]);
  deepEqual(mdat.body, hex`01020304 aaaabbbbbb`);
  equal(boxes[0]?.type, "styp");
});

test("a fragment has a sample", () => {
  throws(() => encodeFragment({ sequenceNumber: 1, tracks: [] }), TypeError);
  throws(() => encodeFragment({ sequenceNumber: 1, tracks: [{ trackId: 1, samples: [] }] }), TypeError);
});

test("how long samples last, and whether a player can start with them", () => {
  equal(durationOfSamples(PICTURES, 90_000), 7201 / 90);
  equal(durationOfSamples([], 90_000), 0);
  equal(isIndependent(PICTURES), true);
  equal(isIndependent(PICTURES.slice(1)), false);
  equal(isIndependent([]), false);
});
