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
  if (spsCount === 0) throw new ProtocolError("media.header", "an AVC configuration without a parameter set");
  const first = reader.bytes(reader.u16());
  const spsUnits = [first, ...readUnits(reader, spsCount - 1)];
  const ppsUnits = reader.remaining === 0 ? [] : readUnits(reader, reader.u8());
  return { nalLengthBytes, spsUnits, ppsUnits, sps: decodeAvcSps(first) };
}

/** As many as are whole. */
function readUnits(reader: ByteReader, count: number): Uint8Array[] {
  const units: Uint8Array[] = [];
  while (units.length < count) {
    const length = reader.remaining < 2 ? Number.POSITIVE_INFINITY : reader.u16();
    // Behind a unit that is cut, nothing is where it should be.
    const unit = length > reader.remaining ? undefined : reader.bytes(length);
    if (unit === undefined) {
      reader.rest();
      break;
    }
    units.push(unit);
  }
  return units;
}
