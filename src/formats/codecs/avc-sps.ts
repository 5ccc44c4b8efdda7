import { BitReader } from "../../bytes/bit-reader.ts";
import { ProtocolError } from "../../errors.ts";
import { unescapeNalUnit } from "./nal-units.ts";
import { checkPictureSize } from "./picture-size.ts";

/** What a sequence parameter set says about the picture. ITU-T H.264 section 7.3.2.1.1. */
export type AvcSps = {
  /** profile_idc: 66, 77, 100, … */
  readonly profileIdc: number;
  /** The byte of constraint flags, set0 in the top bit. */
  readonly constraints: number;
  /** Ten times the level, 9 or 11 for level 1b. */
  readonly levelIdc: number;
  /** 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4. */
  readonly chromaFormat: number;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
  /** Pixels that are shown: without what the cropping cuts off. */
  readonly width: number;
  readonly height: number;
};

const SPS_TYPE = 7;
/** Profiles whose SPS tells chroma format and bit depth. */
const HIGH_PROFILES = new Set([44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244]);

/** Takes the whole NAL unit, its header included. Throws `bytes.truncated` or `media.header`. */
export function decodeAvcSps(nalUnit: Uint8Array): AvcSps {
  const bits = new BitReader(unescapeNalUnit(nalUnit));
  const nalType = bits.bits(8) & 0x1f;
  if (nalType !== SPS_TYPE) throw new ProtocolError("media.header", `an AVC NAL unit of type ${nalType} as SPS`);
  const profileIdc = bits.bits(8);
  const constraints = bits.bits(8);
  const levelIdc = bits.bits(8);
  bits.unsignedExpGolomb(); // seq_parameter_set_id
  const format = HIGH_PROFILES.has(profileIdc) ? readFormat(bits) : PLAIN_FORMAT;
  bits.unsignedExpGolomb(); // log2_max_frame_num_minus4
  skipPictureOrderCount(bits);
  bits.unsignedExpGolomb(); // max_num_ref_frames
  bits.skip(1); // gaps_in_frame_num_value_allowed_flag
  return { profileIdc, constraints, levelIdc, ...format, ...readSize(bits, format.chromaFormat) };
}

/** "High", "Constrained Baseline", …, or "profile 99". ITU-T H.264 Annex A.2. */
export function avcProfileName(profileIdc: number, constraints: number): string {
  if (profileIdc === 66 && (constraints & 0x40) !== 0) return "Constrained Baseline";
  return PROFILE_NAMES[profileIdc] ?? `profile ${profileIdc}`;
}

/** "4.1", "1b", … */
export function avcLevelName(levelIdc: number, profileIdc: number, constraints: number): string {
  const hasOldLevel1b = levelIdc === 11 && profileIdc < 100 && (constraints & 0x10) !== 0;
  return levelIdc === 9 || hasOldLevel1b ? "1b" : (levelIdc / 10).toFixed(1);
}

const PROFILE_NAMES: Record<number, string> = {
  44: "CAVLC 4:4:4 Intra",
  66: "Baseline",
  77: "Main",
  83: "Scalable Baseline",
  86: "Scalable High",
  88: "Extended",
  100: "High",
  110: "High 10",
  118: "Multiview High",
  122: "High 4:2:2",
  128: "Stereo High",
  244: "High 4:4:4 Predictive",
};

type Format = Pick<AvcSps, "chromaFormat" | "bitDepthLuma" | "bitDepthChroma">;

const PLAIN_FORMAT: Format = { chromaFormat: 1, bitDepthLuma: 8, bitDepthChroma: 8 };

function readFormat(bits: BitReader): Format {
  const chromaFormat = bits.unsignedExpGolomb();
  if (chromaFormat > 3) throw new ProtocolError("media.header", `an AVC chroma format of ${chromaFormat}`);
  if (chromaFormat === 3) bits.skip(1); // separate_colour_plane_flag
  const bitDepthLuma = 8 + bits.unsignedExpGolomb();
  const bitDepthChroma = 8 + bits.unsignedExpGolomb();
  if (bitDepthLuma > 14 || bitDepthChroma > 14) throw new ProtocolError("media.header", "an AVC depth above 14 bits");
  bits.skip(1); // qpprime_y_zero_transform_bypass_flag
  if (bits.flag()) skipScalingLists(bits, chromaFormat === 3 ? 12 : 8);
  return { chromaFormat, bitDepthLuma, bitDepthChroma };
}

/** ITU-T H.264 section 7.3.2.1.1.1: six lists of 16 numbers, then those of 64. */
function skipScalingLists(bits: BitReader, count: number): void {
  for (let index = 0; index < count; index++) {
    if (!bits.flag()) continue;
    let last = 8;
    for (let at = 0, size = index < 6 ? 16 : 64; at < size; at++) {
      last = (last + bits.signedExpGolomb() + 256) % 256;
      if (last === 0) break; // the rest repeats the one before
    }
  }
}

function skipPictureOrderCount(bits: BitReader): void {
  const type = bits.unsignedExpGolomb();
  if (type === 0) bits.unsignedExpGolomb(); // log2_max_pic_order_cnt_lsb_minus4
  if (type !== 1) return;
  bits.skip(1); // delta_pic_order_always_zero_flag
  bits.signedExpGolomb(); // offset_for_non_ref_pic
  bits.signedExpGolomb(); // offset_for_top_to_bottom_field
  const count = bits.unsignedExpGolomb();
  if (count > 255) throw new ProtocolError("media.header", `${count} reference frames in an AVC picture order cycle`);
  for (let index = 0; index < count; index++) bits.signedExpGolomb();
}

function readSize(bits: BitReader, chromaFormat: number): Pick<AvcSps, "width" | "height"> {
  const codedWidth = 16 * (bits.unsignedExpGolomb() + 1);
  const mapUnits = bits.unsignedExpGolomb() + 1;
  const isFramesOnly = bits.flag();
  const fieldsPerUnit = isFramesOnly ? 1 : 2;
  if (!isFramesOnly) bits.skip(1); // mb_adaptive_frame_field_flag
  bits.skip(1); // direct_8x8_inference_flag
  const codedHeight = 16 * mapUnits * fieldsPerUnit;
  if (!bits.flag()) return checkPictureSize(codedWidth, codedHeight);
  const cropX = chromaFormat === 1 || chromaFormat === 2 ? 2 : 1;
  const cropY = (chromaFormat === 1 ? 2 : 1) * fieldsPerUnit;
  const columns = bits.unsignedExpGolomb() + bits.unsignedExpGolomb();
  const rows = bits.unsignedExpGolomb() + bits.unsignedExpGolomb();
  return checkPictureSize(codedWidth - cropX * columns, codedHeight - cropY * rows);
}
