import { deepEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { withDecodeTimes } from "./decode-times.ts";

async function decodeTimes(presentation: readonly number[]): Promise<number[]> {
  const pictures = async function* () {
    yield* presentation;
  };
  const times: number[] = [];
  for await (const { decodeMs, presentationMs, picture } of withDecodeTimes(pictures(), (time) => time)) {
    ok(presentationMs === picture && decodeMs <= presentationMs, `${decodeMs} for ${presentationMs}`);
    times.push(decodeMs);
  }
  return times;
}

test("pictures in the order in which they are shown are decoded then", async () => {
  deepEqual(await decodeTimes([0, 40, 80]), [0, 40, 80]);
  deepEqual(await decodeTimes([]), []);
});

test("with B-frames, decoding begins earlier by as much as they need", async () => {
  deepEqual(await decodeTimes([0, 120, 40, 80, 240, 160, 200]), [-40, 0, 40, 80, 120, 160, 200]);
  deepEqual(await decodeTimes([0, 160, 80, 40, 120]), [-80, -40, 0, 40, 80]);
});

test("a long file needs no more than its beginning to know", async () => {
  const groups = Array.from({ length: 100 }, (_, index) => [120, 40, 80].map((time) => index * 120 + time));
  const times = await decodeTimes([0, ...groups.flat()]);
  deepEqual(
    times,
    times.map((_, index) => index * 40 - 40),
  );
});

test("a picture that is reordered further than all at the beginning makes times stand still, not step back", async () => {
  const first = Array.from({ length: 60 }, (_, index) => index * 40);
  const times = await decodeTimes([...first, 2600, 2400, 2440, 2480]);
  deepEqual(times.slice(60), [2400, 2400, 2440, 2480]);
});
