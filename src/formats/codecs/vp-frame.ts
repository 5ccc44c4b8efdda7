import { BitReader } from "../../bytes/bit-reader.ts";
import { ByteReader } from "../../bytes/byte-reader.ts";
import { ProtocolError } from "../../errors.ts";
import { checkPictureSize, type PictureSize } from "./picture-size.ts";

/** The size in the header of a VP8 key frame; undefined for other frames. RFC 6386 section 9.1. */
export function decodeVp8FrameSize(frame: Uint8Array): PictureSize | undefined {
  const reader = new ByteReader(frame);
  if ((reader.u24() & 0x010000) !== 0) return undefined; // the low bit of the first byte: no key frame
  if (reader.u24() !== 0x9d012a) throw new ProtocolError("media.header", "a VP8 key frame without its start code");
  return checkPictureSize(reader.u16LittleEndian() & 0x3fff, reader.u16LittleEndian() & 0x3fff);
}

/** What the header of a VP9 key frame says. */
export type Vp9Frame = PictureSize & { readonly profile: number; readonly bitDepth: number };

/** Undefined for other frames. VP9 bitstream specification 0.6 section 6.2. */
export function decodeVp9Frame(frame: Uint8Array): Vp9Frame | undefined {
  const bits = new BitReader(frame);
  if (bits.bits(2) !== 2) throw new ProtocolError("media.header", "a VP9 frame without its marker");
  const profile = bits.bits(1) + 2 * bits.bits(1);
  if (profile === 3) bits.skip(1);
  if (bits.flag() || bits.flag()) return undefined; // show_existing_frame, frame_type
  bits.skip(2); // show_frame, error_resilient_mode
  if (bits.bits(24) !== 0x498342) throw new ProtocolError("media.header", "a VP9 key frame without its sync code");
  const bitDepth = readColorConfig(bits, profile);
  return { profile, bitDepth, ...checkPictureSize(bits.bits(16) + 1, bits.bits(16) + 1) };
}

const COLOR_SPACE_RGB = 7;

/** VP9 bitstream specification 0.6 section 6.2.2. Returns the bit depth. */
function readColorConfig(bits: BitReader, profile: number): number {
  let bitDepth = 8;
  if (profile >= 2) bitDepth = bits.flag() ? 12 : 10;
  const isRgb = bits.bits(3) === COLOR_SPACE_RGB;
  const hasSubsampling = profile === 1 || profile === 3;
  if (!isRgb)
    bits.skip(hasSubsampling ? 4 : 1); // color_range, subsampling_x, subsampling_y, reserved
  else if (hasSubsampling) bits.skip(1);
  return bitDepth;
}
