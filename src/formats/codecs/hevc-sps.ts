import { BitReader } from "../../bytes/bit-reader.ts";
import { ProtocolError } from "../../errors.ts";
import { unescapeNalUnit } from "./nal-units.ts";
import { checkPictureSize } from "./picture-size.ts";

/** What a sequence parameter set says about the picture. ITU-T H.265 section 7.3.2.2.1. */
export type HevcSps = {
  /** 1 Main, 2 Main 10, … */
  readonly profileIdc: number;
  readonly isHighTier: boolean;
  /** 30 times the level. */
  readonly levelIdc: number;
  /** 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4. */
  readonly chromaFormat: number;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
  /** Pixels that are shown: without what the conformance window cuts off. */
  readonly width: number;
  readonly height: number;
};

const SPS_TYPE = 33;

/** Takes the whole NAL unit, its header included. Throws `bytes.truncated` or `media.header`. */
export function decodeHevcSps(nalUnit: Uint8Array): HevcSps {
  const bits = new BitReader(unescapeNalUnit(nalUnit));
  const nalType = (bits.bits(16) >> 9) & 0x3f;
  if (nalType !== SPS_TYPE) throw new ProtocolError("media.header", `an HEVC NAL unit of type ${nalType} as SPS`);
  bits.skip(4); // sps_video_parameter_set_id
  const subLayers = bits.bits(3);
  bits.skip(1); // sps_temporal_id_nesting_flag
  const profile = readProfileTierLevel(bits, subLayers);
  bits.unsignedExpGolomb(); // sps_seq_parameter_set_id
  const chromaFormat = bits.unsignedExpGolomb();
  if (chromaFormat > 3) throw new ProtocolError("media.header", `an HEVC chroma format of ${chromaFormat}`);
  if (chromaFormat === 3) bits.skip(1); // separate_colour_plane_flag
  const size = readSize(bits, chromaFormat);
  const bitDepthLuma = 8 + bits.unsignedExpGolomb();
  const bitDepthChroma = 8 + bits.unsignedExpGolomb();
  if (bitDepthLuma > 16 || bitDepthChroma > 16) throw new ProtocolError("media.header", "an HEVC depth above 16 bits");
  return { ...profile, chromaFormat, bitDepthLuma, bitDepthChroma, ...size };
}

/** "Main", "Main 10", …, or "profile 12". ITU-T H.265 Annex A.3. */
export function hevcProfileName(profileIdc: number): string {
  return PROFILE_NAMES[profileIdc] ?? `profile ${profileIdc}`;
}

/** "4.1", "5.0 High" for the high tier, … */
export function hevcLevelName(levelIdc: number, isHighTier: boolean): string {
  return (levelIdc / 30).toFixed(1) + (isHighTier ? " High" : "");
}

const PROFILE_NAMES: Record<number, string> = {
  1: "Main",
  2: "Main 10",
  3: "Main Still Picture",
  4: "Range Extensions",
  5: "High Throughput",
  6: "Multiview Main",
  7: "Scalable Main",
  8: "3D Main",
  9: "Screen-Extended",
  10: "Scalable Range Extensions",
  11: "High Throughput Screen-Extended",
};

/** ITU-T H.265 section 7.3.3. */
function readProfileTierLevel(
  bits: BitReader,
  subLayers: number,
): Pick<HevcSps, "profileIdc" | "isHighTier" | "levelIdc"> {
  bits.skip(2); // general_profile_space
  const isHighTier = bits.flag();
  const profileIdc = bits.bits(5);
  bits.skip(32 + 48); // compatibility and constraint flags
  const levelIdc = bits.bits(8);
  let subLayerBits = 0;
  for (let index = 0; index < subLayers; index++) {
    if (bits.flag()) subLayerBits += 88; // sub_layer_profile_present_flag
    if (bits.flag()) subLayerBits += 8; // sub_layer_level_present_flag
  }
  if (subLayers > 0) bits.skip(2 * (8 - subLayers));
  bits.skip(subLayerBits);
  return { profileIdc, isHighTier, levelIdc };
}

function readSize(bits: BitReader, chromaFormat: number): Pick<HevcSps, "width" | "height"> {
  const width = bits.unsignedExpGolomb();
  const height = bits.unsignedExpGolomb();
  if (!bits.flag()) return checkPictureSize(width, height);
  const cropX = chromaFormat === 1 || chromaFormat === 2 ? 2 : 1;
  const cropY = chromaFormat === 1 ? 2 : 1;
  const columns = bits.unsignedExpGolomb() + bits.unsignedExpGolomb();
  const rows = bits.unsignedExpGolomb() + bits.unsignedExpGolomb();
  return checkPictureSize(width - cropX * columns, height - cropY * rows);
}
