import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { expectCleanTruncations } from "../../../test/support/expect-clean-truncations.ts";
import { hex } from "../../bytes/hex.ts";
import { decodeFlv1Picture, type Flv1Picture } from "./flv1-picture.ts";
import { decodeScreenVideo, decodeScreenVideo2 } from "./screen-video.ts";
import { decodeVp6FrameSize } from "./vp6-frame.ts";

const INTRA = { version: 1, temporalReference: 0, pictureType: "intra", hasDeblocking: true } as const;

// Written by FFmpeg 5.1: ffmpeg -f lavfi -i testsrc=size=… -c:v flv1 x.flv; bodies behind their first byte
const PICTURES: readonly (readonly [picture: Uint8Array, expected: Flv1Picture])[] = [
  [hex`00008403 1226`, { ...INTRA, width: 160, height: 120, quantizer: 4 }],
  [hex`00008400 2018 119d`, { ...INTRA, width: 64, height: 48, quantizer: 3 }],
  [hex`00008402 92a6`, { ...INTRA, width: 320, height: 240, quantizer: 5 }],
  [hex`00008400 80c80096 12a6`, { ...INTRA, width: 400, height: 300, quantizer: 5 }],
  [
    hex`00008418 2018 3104`,
    { ...INTRA, temporalReference: 6, pictureType: "inter", width: 64, height: 48, quantizer: 2 },
  ],
];

test("FLV1 pictures of all kinds of sizes", () => {
  for (const [picture, expected] of PICTURES) {
    deepEqual(decodeFlv1Picture(picture), expected);
    expectCleanTruncations(decodeFlv1Picture, picture);
  }
});

test("the other sizes by number, and what is reserved", () => {
  const sizes = [hex`00008401 1226`, hex`00008401 9226`, hex`00008402 1226`].map((picture) => {
    const { width, height } = decodeFlv1Picture(picture);
    return [width, height];
  });
  deepEqual(sizes, [
    [352, 288],
    [176, 144],
    [128, 96],
  ]);
  throws(() => decodeFlv1Picture(hex`00008403 9226`), { code: "media.header" });
  throws(() => decodeFlv1Picture(hex`00008403 7226`), { code: "media.header" });
  throws(() => decodeFlv1Picture(hex`00010403 1226`), { code: "media.header" });
});

// Written by FFmpeg 5.1: ffmpeg -f lavfi -i testsrc=size=160x120 -c:v flashsv x.flv, and flashsv2
test("Screen Video, versions 1 and 2", () => {
  const expected = { width: 160, height: 120, blockWidth: 64, blockHeight: 64 };
  deepEqual(decodeScreenVideo(hex`30a03078 0130`), expected);
  deepEqual(decodeScreenVideo2(hex`30a03078 00 00ea`), { ...expected, hasKeyImage: false, hasPalette: false });
  deepEqual(decodeScreenVideo2(hex`30a03078 03`), { ...expected, hasKeyImage: true, hasPalette: true });
  expectCleanTruncations(decodeScreenVideo2, hex`30a03078 00`);
  throws(() => decodeScreenVideo(hex`3000 3078`), { code: "media.header" });
});

// Put together by hand: no encoder for it is at hand.
test("VP6: coded rows and columns without what the adjustment cuts off", () => {
  deepEqual(decodeVp6FrameSize(hex`88 1e 46 08 0b 08 0b`, false), { width: 168, height: 120 }, "no second partition");
  deepEqual(decodeVp6FrameSize(hex`08 1f 46 0010 08 0a 08 0a`, false), { width: 160, height: 120 }, "its offset");
  deepEqual(decodeVp6FrameSize(hex`08 1e 40 0010 08 0a 08 0a`, false), { width: 160, height: 120 }, "simple profile");
  deepEqual(decodeVp6FrameSize(hex`08 000100 1e 46 08 0a 08 0a`, true), { width: 160, height: 120 }, "with alpha");
  equal(decodeVp6FrameSize(hex`08 9e 00`, false), undefined, "no key frame");
  throws(() => decodeVp6FrameSize(hex`08 1e 4e 08 0a`, false), { code: "media.header" });
  expectCleanTruncations((body) => decodeVp6FrameSize(body, true), hex`08 000100 1f 46 0010 08 0a`);
});
