import { BitReader } from "../../bytes/bit-reader.ts";
import { checkPictureSize } from "./picture-size.ts";

/** The head of a VvcDecoderConfigurationRecord. ISO/IEC 14496-15 section 11.2.4.2. */
export type VvcConfig = {
  /** How many bytes stand before each NAL unit of a frame. */
  readonly nalLengthBytes: number;
  /** Undefined when the record leaves profile, tier and level to the parameter sets. */
  readonly format: VvcFormat | undefined;
};

export type VvcFormat = {
  readonly profileIdc: number;
  readonly isHighTier: boolean;
  /** 16 times the major plus 3 times the minor number of the level. */
  readonly levelIdc: number;
  readonly chromaFormat: number;
  readonly bitDepth: number;
  readonly width: number;
  readonly height: number;
};

/** Also takes the record with the four bytes (version, flags) that it has as an MP4 box. Throws `bytes.truncated`. */
export function decodeVvcConfig(record: Uint8Array): VvcConfig {
  // The record itself starts with five one bits.
  const bits = new BitReader(record[0] === 0 ? record.subarray(4) : record);
  bits.skip(5);
  const nalLengthBytes = bits.bits(2) + 1;
  return { nalLengthBytes, format: bits.flag() ? readFormat(bits) : undefined };
}

/** "Main 10", …, or "profile 12". ITU-T H.266 Annex A.3. */
export function vvcProfileName(profileIdc: number): string {
  return PROFILE_NAMES[profileIdc] ?? `profile ${profileIdc}`;
}

/** "4.1", "5.0 High" for the high tier, … ITU-T H.266 Annex A.4. */
export function vvcLevelName(levelIdc: number, isHighTier: boolean): string {
  return `${levelIdc >> 4}.${Math.trunc((levelIdc & 15) / 3)}${isHighTier ? " High" : ""}`;
}

const PROFILE_NAMES: Record<number, string> = {
  1: "Main 10",
  17: "Multilayer Main 10",
  33: "Main 10 4:4:4",
  49: "Multilayer Main 10 4:4:4",
  65: "Main 10 Still Picture",
  97: "Main 10 4:4:4 Still Picture",
};

function readFormat(bits: BitReader): VvcFormat {
  bits.skip(9); // ols_idx
  const subLayers = bits.bits(3);
  bits.skip(2); // constant_frame_rate
  const chromaFormat = bits.bits(2);
  const bitDepth = 8 + bits.bits(3);
  bits.skip(5);
  const profile = readProfileTierLevel(bits, subLayers);
  const size = checkPictureSize(bits.bits(16), bits.bits(16));
  return { ...profile, chromaFormat, bitDepth, ...size };
}

/** VvcPTLRecord. ISO/IEC 14496-15 section 11.2.4.1. */
function readProfileTierLevel(
  bits: BitReader,
  subLayers: number,
): Pick<VvcFormat, "profileIdc" | "isHighTier" | "levelIdc"> {
  bits.skip(2);
  const constraintBytes = bits.bits(6);
  const profileIdc = bits.bits(7);
  const isHighTier = bits.flag();
  const levelIdc = bits.bits(8);
  bits.skip(8 * constraintBytes); // two flags, then constraints
  if (constraintBytes === 0) bits.skip(2); // the flags stand there nevertheless
  let subLayerBits = 0;
  for (let index = subLayers - 2; index >= 0; index--) if (bits.flag()) subLayerBits += 8;
  bits.alignToByte();
  bits.skip(subLayerBits);
  bits.skip(32 * bits.bits(8)); // general_sub_profile_idc
  return { profileIdc, isHighTier, levelIdc };
}
