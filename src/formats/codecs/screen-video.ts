import { BitReader } from "../../bytes/bit-reader.ts";
import { checkPictureSize } from "./picture-size.ts";

/** The head of a Screen Video frame, the same in both versions. SWF file format specification 19, "Screen Video bitstream". */
export type ScreenVideo = {
  readonly width: number;
  readonly height: number;
  /** Pixels; a multiple of 16, to 256. */
  readonly blockWidth: number;
  readonly blockHeight: number;
};

/** Takes the bytes behind the first one of the tag body. Throws `bytes.truncated` or `media.header`. */
export function decodeScreenVideo(frame: Uint8Array): ScreenVideo {
  const bits = new BitReader(frame);
  const blockWidth = 16 * (bits.bits(4) + 1);
  const width = bits.bits(12);
  const blockHeight = 16 * (bits.bits(4) + 1);
  const height = bits.bits(12);
  return { ...checkPictureSize(width, height), blockWidth, blockHeight };
}

/** What the byte behind the head of a Screen Video 2 frame says. Throws `bytes.truncated`. */
export function decodeScreenVideo2(
  frame: Uint8Array,
): ScreenVideo & { readonly hasKeyImage: boolean; readonly hasPalette: boolean } {
  const head = decodeScreenVideo(frame);
  const flags = new BitReader(frame.subarray(4)).bits(8);
  return { ...head, hasKeyImage: (flags & 2) !== 0, hasPalette: (flags & 1) !== 0 };
}
