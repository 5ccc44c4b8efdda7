import { deepEqual, equal, rejects } from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import { concatBytes } from "../../bytes/concat.ts";
import { hex } from "../../bytes/hex.ts";
import { encodeFlvTag } from "../../formats/flv/flv-writer.ts";
import { resumeFlvFile } from "./flv-output.ts";

const HEADER = hex`464c56 01 05 00000009 00000000`;
const tags = (count: number, fromMs: number): Uint8Array[] =>
  Array.from({ length: count }, (_, index) => encodeFlvTag(8, fromMs + index * 20, hex`af 01 21 10 05`));

function fileOf(t: TestContext, ...bytes: readonly Uint8Array[]): string {
  const file = join(temporaryFolder(t), "a.flv");
  writeFileSync(file, concatBytes(bytes));
  return file;
}

test("a file that was cut loses what is behind its last whole tag, be it half a tag or what the disk made of it", async (t) => {
  const whole = concatBytes([HEADER, ...tags(3, 0)]);
  const noTrailer = encodeFlvTag(8, 60, hex`af 01 21`).subarray(0, -4);
  for (const rest of [hex`09 0000ff 000000`, noTrailer, new Uint8Array(5000)]) {
    const path = fileOf(t, whole, rest);
    const { output, cutBytes } = await resumeFlvFile(path);
    await output.close();
    equal(cutBytes, rest.length);
    deepEqual(readFileSync(path), Buffer.from(whole));
  }
});

test("a file that is damaged in its middle is not touched: what is behind the damage would be lost", async (t) => {
  const damage = new Uint8Array(40);
  for (const [good, at] of [
    [tags(3, 0), 73],
    [[], 0],
  ] as const) {
    const path = fileOf(t, HEADER, ...good, damage, ...tags(50, 60));
    const before = readFileSync(path);
    await rejects(resumeFlvFile(path), new RegExp(`is damaged at byte ${at}: \\d+ bytes behind it would be lost`));
    deepEqual(readFileSync(path), before);
  }
});
