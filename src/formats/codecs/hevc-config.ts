import { ByteReader } from "../../bytes/byte-reader.ts";
import { ProtocolError } from "../../errors.ts";
import { decodeHevcSps, type HevcSps } from "./hevc-sps.ts";

/** HEVCDecoderConfigurationRecord. ISO/IEC 14496-15 section 8.3.3.1. */
export type HevcConfig = {
  readonly profileIdc: number;
  readonly isHighTier: boolean;
  /** 30 times the level. */
  readonly levelIdc: number;
  readonly chromaFormat: number;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
  /** How many bytes stand before each NAL unit of a frame. */
  readonly nalLengthBytes: number;
  /** Parameter sets by NAL unit type (32 VPS, 33 SPS, 34 PPS, …), as views of the record. */
  readonly nalUnits: ReadonlyMap<number, readonly Uint8Array[]>;
  /** Undefined when the parameter sets come only with the frames, as some encoders send them. */
  readonly sps: HevcSps | undefined;
};

/** The NAL unit type of a sequence parameter set. */
export const HEVC_SPS_TYPE = 33;

/** More parameter sets than any encoder writes: each costs a view, and a record could name eight million empty ones. */
const MAX_NAL_UNITS = 1024;

/** Throws `bytes.truncated` or `media.header`. */
export function decodeHevcConfig(record: Uint8Array): HevcConfig {
  const reader = new ByteReader(record);
  const version = reader.u8();
  if (version > 1) throw new ProtocolError("media.header", `an HEVC configuration of version ${version}`);
  const profile = reader.u8();
  reader.skip(10); // profile compatibility and constraint flags
  const levelIdc = reader.u8();
  reader.skip(3); // segmentation and parallelism
  const chromaFormat = reader.u8() & 3;
  const bitDepthLuma = 8 + (reader.u8() & 7);
  const bitDepthChroma = 8 + (reader.u8() & 7);
  reader.skip(2); // average frame rate
  const nalLengthBytes = (reader.u8() & 3) + 1;
  const nalUnits = readNalUnits(reader);
  const first = nalUnits.get(HEVC_SPS_TYPE)?.[0];
  return {
    profileIdc: profile & 0x1f,
    isHighTier: (profile & 0x20) !== 0,
    levelIdc,
    chromaFormat,
    bitDepthLuma,
    bitDepthChroma,
    nalLengthBytes,
    nalUnits,
    sps: first === undefined ? undefined : decodeHevcSps(first),
  };
}

function readNalUnits(reader: ByteReader): Map<number, Uint8Array[]> {
  const byType = new Map<number, Uint8Array[]>();
  let total = 0;
  for (let arrays = reader.u8(); arrays > 0; arrays--) {
    const type = reader.u8() & 0x3f;
    const units = byType.get(type) ?? [];
    for (let count = reader.u16(); count > 0; count--) {
      units.push(reader.bytes(reader.u16()));
      if (++total <= MAX_NAL_UNITS) continue;
      throw new ProtocolError("media.header", `more than ${MAX_NAL_UNITS} NAL units in an HEVC configuration`);
    }
    byType.set(type, units);
  }
  return byType;
}
