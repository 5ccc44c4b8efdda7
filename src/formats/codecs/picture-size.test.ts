import { deepEqual, throws } from "node:assert/strict";
import { test } from "node:test";
import { checkPictureSize } from "./picture-size.ts";

test("a picture has pixels, and a side has its limit", () => {
  deepEqual(checkPictureSize(65_536, 1), { width: 65_536, height: 1 });
  for (const [width, height] of [
    [0, 1],
    [1, 0],
    [-16, 16],
    [65_537, 1],
    [1, 65_537],
  ] as const) {
    throws(() => checkPictureSize(width, height), { code: "media.header" });
  }
});
