import type { ByteWriter } from "../bytes/byte-writer.ts";
import { formatHex } from "../bytes/hex.ts";
import { decodeAvcConfig } from "../formats/codecs/avc-config.ts";
import { type AvcSps, decodeAvcSps } from "../formats/codecs/avc-sps.ts";
import { nalUnits } from "../formats/codecs/nal-units.ts";
import { hevcConfig, isHevcRecord } from "./hevc.ts";
import type { VideoFormat } from "./video-config.ts";
import { writeBox } from "./write-box.ts";

/**
 * The record is written anew from its parameter sets: what encoders put into the other fields, and behind them, is not
 * to be trusted (docs/interop.md). Without one the parameter sets of the keyframe are taken.
 */
export function avcConfig(record: Uint8Array | undefined, keyframe: Uint8Array): VideoFormat | undefined {
  if (record === undefined) return inBandConfig(keyframe);
  // OBS with a patch from before 29.1 sends HEVC under the codec id of AVC: docs/interop.md.
  if (isHevcRecord(record)) return hevcConfig(record);
  return formatOf(decodeAvcConfig(record));
}

const SPS_TYPE = 7;
const PPS_TYPE = 8;
/** Parameter sets stand in front of the pictures. */
const MAX_SEARCHED_UNITS = 64;
/** Lengths before NAL units where no configuration tells: everybody uses four bytes. */
const USUAL_NAL_LENGTH_BYTES = 4;

type ParameterSets = {
  readonly nalLengthBytes: number;
  readonly spsUnits: readonly Uint8Array[];
  readonly ppsUnits: readonly Uint8Array[];
  readonly sps: AvcSps;
};

function inBandConfig(keyframe: Uint8Array): VideoFormat | undefined {
  const spsUnits: Uint8Array[] = [];
  const ppsUnits: Uint8Array[] = [];
  let searched = 0;
  for (const unit of nalUnits(keyframe, USUAL_NAL_LENGTH_BYTES)) {
    if (++searched > MAX_SEARCHED_UNITS) break;
    const type = (unit[0] ?? 0) & 0x1f;
    if (type === SPS_TYPE && spsUnits.length === 0) spsUnits.push(unit);
    if (type === PPS_TYPE) ppsUnits.push(unit);
  }
  const [first] = spsUnits;
  if (first === undefined || ppsUnits.length === 0) return undefined;
  return formatOf({ nalLengthBytes: USUAL_NAL_LENGTH_BYTES, spsUnits, ppsUnits, sps: decodeAvcSps(first) });
}

function formatOf(sets: ParameterSets): VideoFormat {
  const { width, height } = sets.sps;
  return {
    // Profile, constraints and level, as they stand in the parameter set. RFC 6381 section 3.3.
    codecString: `avc1.${formatHex(profileBytes(sets))}`,
    entryType: "avc1",
    width,
    height,
    writeConfig: (writer) => writeBox(writer, "avcC", () => writeRecord(writer, sets)),
  };
}

function profileBytes({ spsUnits }: ParameterSets): Uint8Array {
  return spsUnits[0]?.subarray(1, 4) ?? new Uint8Array(3);
}

/** Profiles whose record tells chroma format and depths. ISO/IEC 14496-15 section 5.3.3.1.2. */
const HIGH_PROFILES = new Set([100, 110, 122, 144]);

function writeRecord(writer: ByteWriter, sets: ParameterSets): void {
  const { sps } = sets;
  writer.u8(1);
  writer.bytes(profileBytes(sets));
  writer.u8(0xfc | (sets.nalLengthBytes - 1));
  writeUnits(writer, 0xe0, sets.spsUnits.slice(0, 31));
  writeUnits(writer, 0, sets.ppsUnits.slice(0, 255));
  if (!HIGH_PROFILES.has(sps.profileIdc)) return;
  writer.u8(0xfc | sps.chromaFormat);
  writer.u8(0xf8 | (sps.bitDepthLuma - 8));
  writer.u8(0xf8 | (sps.bitDepthChroma - 8));
  writer.u8(0); // no extensions of parameter sets
}

function writeUnits(writer: ByteWriter, reserved: number, units: readonly Uint8Array[]): void {
  writer.u8(reserved | units.length);
  for (const unit of units) {
    writer.u16(unit.length);
    writer.bytes(unit);
  }
}
