import type { ByteWriter } from "../bytes/byte-writer.ts";
import { fourCcNumber } from "../formats/flv/codec-ids.ts";

/** Writes a box around what `writeBody` writes. ISO/IEC 14496-12 section 4.2; always with a size of 32 bits. */
export function writeBox(writer: ByteWriter, type: string, writeBody: () => void): void {
  const start = writer.length;
  writeBoxHeader(writer, 0, type);
  writeBody();
  writer.patchU32(start, writer.length - start);
}

/** The same with a version and flags. */
export function writeFullBox(
  writer: ByteWriter,
  type: string,
  version: number,
  flags: number,
  writeBody: () => void,
): void {
  writeBox(writer, type, () => {
    writer.u8(version);
    writer.u24(flags);
    writeBody();
  });
}

/** The eight bytes before a body, for boxes whose size is known: the size counts them. */
export function writeBoxHeader(writer: ByteWriter, sizeBytes: number, type: string): void {
  writer.u32(sizeBytes);
  writer.u32(fourCcNumber(type));
}

export function writeZeros(writer: ByteWriter, count: number): void {
  for (let index = 0; index < count; index++) writer.u8(0);
}
