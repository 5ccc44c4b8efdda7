import { ByteReader } from "../../bytes/byte-reader.ts";
import { ProtocolError } from "../../errors.ts";
import { checkPictureSize, type PictureSize } from "./picture-size.ts";

/**
 * The shown size in a VP6 key frame, without what the adjustment cuts off; undefined for other frames. Takes the bytes
 * behind the first one of the tag body: adjustment, with alpha three bytes of offset, then the frame.
 * FLV 10.1 section E.4.3.1. Throws `bytes.truncated` or `media.header`.
 */
export function decodeVp6FrameSize(body: Uint8Array, hasAlpha: boolean): PictureSize | undefined {
  const reader = new ByteReader(body);
  const adjustment = reader.u8();
  if (hasAlpha) reader.skip(3);
  const first = reader.u8();
  if ((first & 0x80) !== 0) return undefined;
  const second = reader.u8();
  if (second >> 3 > 8) throw new ProtocolError("media.header", `a VP6 frame of version ${second >> 3}`);
  const hasSecondPartition = (first & 1) !== 0 || (second & 0x06) === 0;
  if (hasSecondPartition) reader.skip(2); // its offset
  const rows = reader.u8();
  const columns = reader.u8();
  return checkPictureSize(16 * columns - (adjustment >> 4), 16 * rows - (adjustment & 15));
}
