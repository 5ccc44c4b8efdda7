import { equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { concatBytes } from "../bytes/concat.ts";
import { hex } from "../bytes/hex.ts";
import { flacSamples, mp3Samples, opusSamples } from "./audio-frames.ts";

test("how long Opus packets last: RFC 6716 table 2 and section 3.2", () => {
  const cases: readonly (readonly [packet: Uint8Array, milliseconds: number])[] = [
    [hex`00`, 10], // SILK
    [hex`08`, 20],
    [hex`10`, 40],
    [hex`18`, 60],
    [hex`58`, 60],
    [hex`60`, 10], // both
    [hex`68`, 20],
    [hex`78`, 20],
    [hex`80`, 2.5], // CELT
    [hex`88`, 5],
    [hex`90`, 10],
    [hex`fc`, 20],
    [hex`fd`, 40], // two frames of one size
    [hex`fe`, 40], // two of different sizes
    [hex`ff03`, 60], // three
    [hex`ff06`, 120],
    [hex`ff07`, 0], // longer than allowed
    [hex`ff`, 0],
    [hex``, 0],
  ];
  for (const [packet, milliseconds] of cases) equal(opusSamples(packet), milliseconds * 48);
});

test("how long FLAC frames last: RFC 9639 section 9.1.1", () => {
  const cases: readonly (readonly [frame: Uint8Array, samples: number])[] = [
    [hex`fff8 19 18 00 00`, 192],
    [hex`fff8 29 18 00 00`, 576],
    [hex`fff8 59 18 00 00`, 4608],
    [hex`fff8 89 18 00 00`, 256],
    [hex`fff8 c9 18 00 00`, 4096],
    [hex`fff9 f9 18 00 00`, 32_768],
    [hex`fff8 69 18 05 7f 00`, 128], // eight bits behind a number of one byte
    [hex`fff8 79 18 c285 0fff 00`, 4096], // sixteen behind one of two
    [hex`fff8 79 18 fe8080808080 80 ffff`, 65_536], // behind one of seven
    [hex`fff8 09 18 00 00 00 00`, 0], // reserved
    [hex`fff8 79 18 fe8080808080`, 0], // cut
    [hex`fff0 19 18 00 00`, 0],
    [hex`fff8`, 0],
  ];
  for (const [frame, samples] of cases) equal(flacSamples(frame), samples);
});

test("how long the MPEG audio frames of a message last", () => {
  const frame = new Uint8Array(417); // 128 kbit/s at 44.1 kHz
  frame.set(hex`fffb9064`);
  equal(mp3Samples(frame), 1152);
  equal(mp3Samples(concatBytes([frame, frame])), 2304);
  const padded = concatBytes([frame, Uint8Array.of(0)]);
  padded.set(hex`fffb9264`);
  equal(mp3Samples(concatBytes([padded, frame])), 2304);
  equal(mp3Samples(concatBytes([frame, hex`0000000000`])), 1152, "what is behind it is no frame");
  equal(mp3Samples(hex`fff380c4`), 576);
  throws(() => mp3Samples(hex`00000000`), { code: "media.header" });
});
