import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { bits } from "../../test/support/bits.ts";
import { expectCleanTruncations } from "../../test/support/expect-clean-truncations.ts";
import { ByteWriter } from "../bytes/byte-writer.ts";
import { concatBytes } from "../bytes/concat.ts";
import { hex } from "../bytes/hex.ts";
import { type DolbyFrame, decodeDolbyFrames, dolbySamples, writeDac3, writeDec3 } from "./dolby.ts";

/** FFmpeg 5.1: -c:a ac3 -ac 2, and -ac 6; -c:a eac3 -ac 6. All 44100 Hz. */
const AC3_STEREO = hex`0b77c2ea544043e106f575f0`;
const AC3_5_1 = hex`0b770dce5e40ebf8403eff9d`;
const EAC3_5_1 = hex`0b7703ce7f87c00020802000`;

test("the box of AC-3: ETSI TS 102 366 section F.4", () => {
  // 44.1 kHz, version 8, complete main, 2/0, no low frequency, 192 kbit/s
  deepEqual(dac3(AC3_STEREO), hex`0000000b 64616333 ${bits("01 01000 000 010 0 01010 00000")}`);
  // 3/2 with low frequency, 448 kbit/s
  deepEqual(dac3(AC3_5_1), hex`0000000b 64616333 ${bits("01 01000 000 111 1 01111 00000")}`);
  equal(dolbySamples(decodeDolbyFrames(AC3_STEREO)), 1536);
});

test("the box of E-AC-3: ETSI TS 102 366 section F.6", () => {
  const frames = decodeDolbyFrames(EAC3_5_1);
  // 448 kbit/s, one substream; 44.1 kHz, version 16, 3/2 with low frequency, none that depends on it
  const body = bits("0000111000000 000  01 10000 0 0 000 111 1 000 0000 0");
  deepEqual(
    written((writer) => writeDec3(writer, frames, 448)),
    hex`0000000d 64656333 ${body}`,
  );
  equal(dolbySamples(frames), 1536);
});

/** A frame of ten bytes: type and substream, blocks, channels; then what is behind the volume. */
function enhanced(start: string, blocks: string, channels: string, rest: string): Uint8Array {
  const text = `${start} 00000000100  00 ${blocks} ${channels}  10000 11111 0 ${rest}`;
  const whole = new Uint8Array(10);
  whole.set(concatBytes([hex`0b77`, bits(text)]));
  return whole;
}

test("substreams that add loudspeakers, in one access unit", () => {
  const main = enhanced("00 000", "11", "111 1", "");
  const added = enhanced("01 000", "11", "010 0", "1 0000001000000000"); // rear surround
  const unit = concatBytes([main, added]);
  const frames = decodeDolbyFrames(unit);
  deepEqual(
    frames.map(({ isDependent, lengthBytes, channelMap }) => [isDependent, lengthBytes, channelMap]),
    [
      [false, 10, 0],
      [true, 10, 0x0200],
    ],
  );
  equal(dolbySamples(frames), 1536);
  const body = bits("0001100000000 000  00 10000 0 0 000 111 1 000 0001 000000010");
  deepEqual(
    written((writer) => writeDec3(writer, frames, 768)),
    hex`0000000e 64656333 ${body}`,
  );
});

test("short frames are counted, and programs have substreams of their own", () => {
  const short = enhanced("00 000", "01", "010 0", "");
  const other = enhanced("00 001", "01", "001 0", "");
  const frames = decodeDolbyFrames(concatBytes([short, other, short, other, short, other]));
  equal(dolbySamples(frames), 3 * 512);
  const body = bits("0000000000001 001  00 10000 0 0 000 010 0 000 0000 0  00 10000 0 0 000 001 0 000 0000 0");
  deepEqual(
    written((writer) => writeDec3(writer, frames, 1)),
    hex`00000010 64656333 ${body}`,
  );
});

test("what is no frame", () => {
  for (const frame of [AC3_STEREO, AC3_5_1, EAC3_5_1]) {
    expectCleanTruncations(decodeDolbyFrames, frame);
    equal(decodeDolbyFrames(concatBytes([frame, hex`0000`])).length, 1);
  }
  throws(() => decodeDolbyFrames(hex`0b78c2ea544043e1`), { code: "media.header" });
  deepEqual(decodeDolbyFrames(hex``), []);
});

function dac3(frame: Uint8Array): Uint8Array {
  const [first] = decodeDolbyFrames(frame);
  return written((writer) => writeDac3(writer, first as DolbyFrame));
}

function written(write: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter();
  write(writer);
  return writer.take();
}
