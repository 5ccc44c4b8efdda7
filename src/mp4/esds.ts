import type { ByteWriter } from "../bytes/byte-writer.ts";
import { writeFullBox } from "./write-box.ts";

/** What an esds box says a stream is. ISO/IEC 14496-1 table 5. */
export const ObjectType = { Aac: 0x40, Mpeg2Audio: 0x69, Mpeg1Audio: 0x6b } as const;
export type ObjectType = (typeof ObjectType)[keyof typeof ObjectType];

/** The configuration box of AAC and MP3; MP3 has no `config`. ISO/IEC 14496-14 section 5.6. */
export function writeEsds(writer: ByteWriter, objectType: ObjectType, config: Uint8Array | undefined): void {
  const specific = config === undefined ? [] : descriptor(DECODER_SPECIFIC_INFO, config);
  const decoder = descriptor(DECODER_CONFIG, [
    objectType,
    AUDIO_STREAM,
    ...[0, 0, 0], // buffer size
    ...[0, 0, 0, 0, 0, 0, 0, 0], // bitrates
    ...specific,
  ]);
  const synchronisation = descriptor(SL_CONFIG, [2]); // as in MP4
  writeFullBox(writer, "esds", 0, 0, () => {
    writer.bytes(Uint8Array.from(descriptor(ES_DESCRIPTOR, [0, 0, 0, ...decoder, ...synchronisation])));
  });
}

const ES_DESCRIPTOR = 3;
const DECODER_CONFIG = 4;
const DECODER_SPECIFIC_INFO = 5;
const SL_CONFIG = 6;
/** Stream type 5, upstream 0, and a reserved bit. */
const AUDIO_STREAM = 0x15;

/** Tag, length in groups of seven bits, body. ISO/IEC 14496-1 section 8.3.3. */
function descriptor(tag: number, body: Iterable<number>): number[] {
  const bytes = [...body];
  const length = [bytes.length & 0x7f];
  for (let rest = bytes.length >> 7; rest > 0; rest >>= 7) length.unshift((rest & 0x7f) | 0x80);
  return [tag, ...length, ...bytes];
}
