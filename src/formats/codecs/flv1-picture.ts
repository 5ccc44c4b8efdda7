import { BitReader } from "../../bytes/bit-reader.ts";
import { ProtocolError } from "../../errors.ts";
import { checkPictureSize, type PictureSize } from "./picture-size.ts";

/** The picture header of Sorenson H.263. SWF file format specification 19, "H.263 video packet". */
export type Flv1Picture = {
  /** 0 or 1: which escape codes the macroblocks use. */
  readonly version: number;
  /** Counts pictures, modulo 256. */
  readonly temporalReference: number;
  readonly width: number;
  readonly height: number;
  readonly pictureType: "intra" | "inter" | "disposable-inter";
  readonly hasDeblocking: boolean;
  /** 1 to 31. */
  readonly quantizer: number;
};

/** Takes the bytes behind the first one of the tag body. Throws `bytes.truncated` or `media.header`. */
export function decodeFlv1Picture(picture: Uint8Array): Flv1Picture {
  const bits = new BitReader(picture);
  if (bits.bits(17) !== 1) throw new ProtocolError("media.header", "an FLV1 picture without its start code");
  const version = bits.bits(5);
  const temporalReference = bits.bits(8);
  const size = readSize(bits);
  const pictureType = PICTURE_TYPES[bits.bits(2)];
  if (pictureType === undefined) throw new ProtocolError("media.header", "an FLV1 picture of a reserved type");
  return { version, temporalReference, ...size, pictureType, hasDeblocking: bits.flag(), quantizer: bits.bits(5) };
}

const PICTURE_TYPES: readonly Flv1Picture["pictureType"][] = ["intra", "inter", "disposable-inter"];

/** Sizes by number; 0 and 1 tell the size in 8 or 16 bits. */
const SIZES: Record<number, PictureSize> = {
  2: { width: 352, height: 288 },
  3: { width: 176, height: 144 },
  4: { width: 128, height: 96 },
  5: { width: 320, height: 240 },
  6: { width: 160, height: 120 },
};

function readSize(bits: BitReader): PictureSize {
  const number = bits.bits(3);
  if (number === 0) return checkPictureSize(bits.bits(8), bits.bits(8));
  if (number === 1) return checkPictureSize(bits.bits(16), bits.bits(16));
  const size = SIZES[number];
  if (size === undefined) throw new ProtocolError("media.header", "an FLV1 picture of a reserved size");
  return size;
}
