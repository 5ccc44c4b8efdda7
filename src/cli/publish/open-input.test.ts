import { deepEqual, equal, rejects } from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import { concatBytes } from "../../bytes/concat.ts";
import { hex } from "../../bytes/hex.ts";
import { encodeFlvHeader, encodeFlvTag } from "../../formats/flv/flv-writer.ts";
import { InputError } from "./input-error.ts";
import { type InputOptions, openInput } from "./open-input.ts";

const HEADER = encodeFlvHeader({ hasAudio: true, hasVideo: true });
const KEYFRAME = encodeFlvTag(9, 0, hex`17 01 000000 00000001 65`);
const AUDIO = encodeFlvTag(8, 20, hex`af 01 21`);
const METADATA = encodeFlvTag(18, 0, hex`02 000a 6f6e4d65746144617461 08 00000000 000009`);
const END_OF_SEQUENCE = encodeFlvTag(9, 40, hex`17 02 000000`);
const WHOLE = concatBytes([HEADER, METADATA, KEYFRAME, AUDIO, END_OF_SEQUENCE]);

async function* pieces(...bytes: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* bytes;
}

async function readAll(path: string, options: InputOptions = {}, standardInput = pieces()): Promise<string[]> {
  const input = await openInput(path, standardInput, options);
  const read: string[] = [];
  for await (const { kind, timestamp } of input.read()) read.push(`${kind} ${timestamp}`);
  return read;
}

function fileOf(t: TestContext, bytes: Uint8Array): string {
  const file = join(temporaryFolder(t), "a.flv");
  writeFileSync(file, bytes);
  return file;
}

const isInputError = (pattern: RegExp) => (error: unknown) =>
  error instanceof InputError && pattern.test(error.message);

test("an FLV file is read, again and again, without the mark of its end", async (t) => {
  const file = fileOf(t, WHOLE);
  const input = await openInput(file, pieces(), {});
  equal(input.isRepeatable, true);
  for (let times = 0; times < 2; times++) {
    const kinds: string[] = [];
    for await (const { kind } of input.read()) kinds.push(kind);
    deepEqual(kinds, ["data", "video", "audio"]);
  }
});

test("what is not wanted is left out", async (t) => {
  const file = fileOf(t, WHOLE);
  deepEqual(await readAll(file, { video: false }), ["data 0", "audio 20"]);
  deepEqual(await readAll(file, { audio: false, data: false }), ["video 0"]);
});

test("standard input is read in pieces of any size, once", async () => {
  const bytes = Array.from(WHOLE, (byte) => Uint8Array.of(byte));
  deepEqual(await readAll("-", {}, pieces(...bytes)), ["data 0", "video 0", "audio 20"]);
  equal((await openInput("-", pieces(), {})).isRepeatable, false);
});

test("a file that is cut is told by the place of its last tag, once all before it is read", async (t) => {
  const file = fileOf(t, WHOLE.subarray(0, HEADER.length + METADATA.length + KEYFRAME.length + 5));
  const input = await openInput(file, pieces(), {});
  const messages = input.read();
  deepEqual([(await messages.next()).value?.kind, (await messages.next()).value?.kind], ["data", "video"]);
  const place = HEADER.length + METADATA.length + KEYFRAME.length;
  await rejects(
    messages.next(),
    isInputError(new RegExp(`a\\.flv is cut: its last tag, at byte ${place}, is not whole`)),
  );
  deepEqual(await readAll(file, { skipDamage: true }), ["data 0", "video 0"]);
});

test("a damaged file is told by the place, or read on behind it", async (t) => {
  const file = fileOf(t, concatBytes([HEADER, KEYFRAME, hex`ffffffffffffffffffffffffffffffff`, AUDIO]));
  const place = HEADER.length + KEYFRAME.length;
  await rejects(readAll(file), isInputError(new RegExp(`is damaged at byte ${place}: .* --skip-damage$`)));
  deepEqual(await readAll(file, { skipDamage: true }), ["video 0", "audio 20"]);
});

test("what is no media file, or is none at all, is told", async (t) => {
  await rejects(readAll(fileOf(t, hex`89504e470d0a1a0a0000000d`)), isInputError(/a\.flv cannot be read: .*ffmpeg -i/));
  await rejects(readAll(fileOf(t, hex``)), isInputError(/a\.flv is empty$/));
  await rejects(readAll(fileOf(t, hex`464c56`)), isInputError(/is no FLV: it ends after 3 bytes$/));
  await rejects(readAll(join(temporaryFolder(t), "none.flv")), isInputError(/there is no such file$/));
  await rejects(readAll(temporaryFolder(t)), isInputError(/this is a folder$/));
  await rejects(readAll("-", {}, pieces()), isInputError(/standard input is no FLV: it ends after 0 bytes$/));
});

test("MP4 through a pipe, and a broken MP4 file, are told", async (t) => {
  const start = hex`00000020 66747970 69736f6d 00000200`;
  await rejects(readAll("-", {}, pieces(start)), isInputError(/MP4 cannot be read from a pipe/));
  await rejects(readAll(fileOf(t, start)), isInputError(/a\.flv cannot be read as MP4: |no track/));
});
