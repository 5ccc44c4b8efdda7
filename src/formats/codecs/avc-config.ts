import { ByteReader } from "../../bytes/byte-reader.ts";
import { ProtocolError } from "../../errors.ts";
import { type AvcSps, decodeAvcSps } from "./avc-sps.ts";

/** AVCDecoderConfigurationRecord. ISO/IEC 14496-15 section 5.3.3.1. */
export type AvcConfig = {
  /** How many bytes stand before each NAL unit of a frame: 1, 2 or 4 (3 is not allowed, but read). */
  readonly nalLengthBytes: number;
  /** Sequence parameter sets, as views of the record. At least one. */
  readonly spsUnits: readonly Uint8Array[];
  /** Picture parameter sets, as views of the record. */
  readonly ppsUnits: readonly Uint8Array[];
  /** The first of `spsUnits`, decoded: profile, level and size are taken from here, since records lie. */
  readonly sps: AvcSps;
};

/**
 * Needs one whole SPS and nothing else: encoders write version 0, zeros for reserved bits, too few PPS, and anything
 * or nothing behind them (docs/interop.md). `bytes.truncated` and `media.header` otherwise.
 */
export function decodeAvcConfig(record: Uint8Array): AvcConfig {
  const reader = new ByteReader(record);
  reader.skip(4);
  const nalLengthBytes = (reader.u8() & 3) + 1;
  const spsCount = reader.u8() & 0x1f;
  const spsUnits: Uint8Array[] = [];
  for (let index = 0; index < spsCount; index++) spsUnits.push(reader.bytes(reader.u16()));
  const [first] = spsUnits;
  if (first === undefined) throw new ProtocolError("media.header", "an AVC configuration without a parameter set");
  return { nalLengthBytes, spsUnits, ppsUnits: readPpsUnits(reader), sps: decodeAvcSps(first) };
}

/** As many as are whole. */
function readPpsUnits(reader: ByteReader): Uint8Array[] {
  const units: Uint8Array[] = [];
  if (reader.remaining === 0) return units;
  for (let count = reader.u8(); count > 0 && reader.remaining >= 2; count--) {
    const length = reader.u16();
    if (length > reader.remaining) break;
    units.push(reader.bytes(length));
  }
  return units;
}
