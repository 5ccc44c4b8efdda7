import { ByteWriter } from "../bytes/byte-writer.ts";
import { startCodeUnits } from "../formats/codecs/nal-units.ts";

/**
 * A picture of AVC or HEVC whose NAL units stand behind start codes, as some encoders send them (docs/interop.md), with
 * lengths of four bytes instead. A picture that has lengths is returned as it is.
 */
export function withLengths(picture: Uint8Array): Uint8Array {
  const beginsWithCode = picture[0] === 0 && picture[1] === 0 && picture[2] === 0 && picture[3] === 1;
  if (!beginsWithCode || lengthsFit(picture)) return picture;
  const writer = new ByteWriter(picture.length + 64);
  for (const unit of startCodeUnits(picture)) {
    writer.u32(unit.length);
    writer.bytes(unit);
  }
  return writer.take();
}

/** The four bytes may be the length of a unit of one byte. */
function lengthsFit(picture: Uint8Array): boolean {
  const view = new DataView(picture.buffer, picture.byteOffset, picture.byteLength);
  let at = 0;
  while (at + 4 <= picture.length) at += 4 + view.getUint32(at);
  return at === picture.length;
}
