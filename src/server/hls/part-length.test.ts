import { equal, ok } from "node:assert/strict";
import { describe, it } from "node:test";
import { fittingPartSeconds } from "./part-length.ts";

/** Sample by sample, as parts are filled. */
function restOf(partSeconds: number, sampleSeconds: number, segmentSeconds: number): number {
  const count = Math.floor(partSeconds / sampleSeconds + 1e-6);
  return (Math.round(segmentSeconds / sampleSeconds) % count) * sampleSeconds;
}

const AAC_48 = 1024 / 48_000;
const AAC_44 = 1024 / 44_100;

describe("length of parts", () => {
  for (const [name, sampleSeconds] of [
    ["24 pictures a second", 1 / 24],
    ["30 pictures a second", 1 / 30],
    ["60 pictures a second", 1 / 60],
  ] as const) {
    it(`stays as wanted where it goes into a segment: ${name}`, () => {
      equal(fittingPartSeconds(0.334, { sampleSeconds, segmentSeconds: 2 }), 0.334);
    });
  }

  for (const [name, sampleSeconds, segmentSeconds] of [
    ["25 pictures a second", 1 / 25, 2],
    ["25 pictures a second, a keyframe every 4 s", 1 / 25, 4],
    ["10 pictures a second", 1 / 10, 2],
    ["AAC of 48 kHz", AAC_48, 94 * AAC_48],
    ["AAC of 48 kHz, a frame less", AAC_48, 93 * AAC_48],
    ["AAC of 44.1 kHz", AAC_44, 86 * AAC_44],
  ] as const) {
    it(`leaves no short rest, near to what is wanted: ${name}`, () => {
      const rest = restOf(0.334, sampleSeconds, segmentSeconds);
      ok(rest > 0 && rest < 0.25, `${rest}`);
      const found = fittingPartSeconds(0.334, { sampleSeconds, segmentSeconds });
      ok(found > 0.25 && found < 0.43, `${found}`);
      const better = restOf(found, sampleSeconds, segmentSeconds);
      ok(better < 1e-6 || better >= 0.25, `${better} of ${found}`);
    });
  }

  it("is as wanted where nothing fits, for a segment of one part, and where nothing is known", () => {
    equal(fittingPartSeconds(0.1, { sampleSeconds: 0.04, segmentSeconds: 2.12 }), 0.1);
    equal(fittingPartSeconds(0.334, { sampleSeconds: 0.04, segmentSeconds: 0.2 }), 0.334);
    equal(fittingPartSeconds(0.334, { sampleSeconds: 0, segmentSeconds: 2 }), 0.334);
  });
});
