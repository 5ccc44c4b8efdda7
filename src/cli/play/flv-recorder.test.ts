import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { concatBytes } from "../../bytes/concat.ts";
import { hex } from "../../bytes/hex.ts";
import { classifyMedia } from "../../formats/flv/classify.ts";
import { FlvScan, type FlvScanResult } from "../../formats/flv/flv-scan.ts";
import type { FlvOutput } from "./flv-output.ts";
import { FlvRecorder } from "./flv-recorder.ts";

const CONFIG = hex`17 00 000000 01640020`;
const picture = (number: number, isKeyframe: boolean): Uint8Array =>
  Uint8Array.of(isKeyframe ? 0x17 : 0x27, 1, 0, 0, 0, number);
const sound = (number: number): Uint8Array => Uint8Array.of(0xaf, 1, number);

/** A file in memory. */
function memoryOutput(): FlvOutput & { readonly bytes: () => Uint8Array } {
  const pieces: Uint8Array[] = [];
  return {
    name: "memory",
    async write(bytes) {
      pieces.push(bytes);
    },
    async patch() {},
    async close() {},
    bytes: () => concatBytes(pieces),
  };
}

/** A recording of 25 pictures and sounds a second, from `fromMs` to `toMs` of it, with timestamps moved by `shiftMs`. */
async function record(recorder: FlvRecorder, fromMs: number, toMs: number, shiftMs = 0): Promise<void> {
  await recorder.write(classifyMedia("video", shiftMs, CONFIG));
  for (let at = fromMs; at < toMs; at += 40) {
    await recorder.write(classifyMedia("video", at + shiftMs, picture(at / 40, at % 1000 === 0)));
    await recorder.write(classifyMedia("audio", at + 20 + shiftMs, sound(at / 40)));
  }
}

function scan(bytes: Uint8Array): FlvScanResult | undefined {
  const flv = new FlvScan();
  flv.push(bytes);
  return flv.result;
}

function recorderOn(output: FlvOutput, before?: FlvScanResult): FlvRecorder {
  return new FlvRecorder({ output, before, isRecording: true, onTrack() {} });
}

test("a recording that goes on is put together without a seam, whatever the server's timestamps are", async () => {
  const whole = memoryOutput();
  await record(recorderOn(whole), 0, 4000);
  for (const shiftMs of [0, 500_000, -1000]) {
    const first = memoryOutput();
    const firstRecorder = recorderOn(first);
    await record(firstRecorder, 0, 2480);
    const rest = memoryOutput();
    // The server begins with the keyframe before.
    await record(recorderOn(rest, scan(first.bytes())), 2000, 4000, shiftMs);
    const tags = scan(concatBytes([first.bytes(), rest.bytes()]));
    deepEqual([tags?.newestMs, tags?.endMs], [scan(whole.bytes())?.newestMs, scan(whole.bytes())?.endMs]);
    // Only the configuration stands there twice.
    equal(tags?.tags, (scan(whole.bytes())?.tags ?? 0) + 1);
  }
});

test("another recording is not taken for the rest", async () => {
  const first = memoryOutput();
  await record(recorderOn(first), 0, 2480);
  const recorder = recorderOn(memoryOutput(), scan(first.bytes()));
  await rejects(async () => {
    for (let at = 0; ; at++) await recorder.write(classifyMedia("audio", at, hex`af 01 ff ff`));
  }, /another recording/);
});

test("tracks are told once, and configurations written once", async () => {
  const told: string[] = [];
  const output = memoryOutput();
  const recorder = new FlvRecorder({
    output,
    before: undefined,
    isRecording: false,
    onTrack: ({ kind, codec }) => told.push(`${kind} ${codec.text}`),
  });
  await record(recorder, 0, 80);
  await record(recorder, 80, 160);
  await recorder.finish();
  deepEqual(told, ["video H.264", "audio AAC"]);
  deepEqual([recorder.frames, recorder.playedMs, scan(output.bytes())?.tags], [8, 140, 10]);
  equal(recorder.size, output.bytes().length);
});
