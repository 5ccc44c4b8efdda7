import { ByteReader } from "../../bytes/byte-reader.ts";
import { ByteWriter } from "../../bytes/byte-writer.ts";

/** VPCodecConfigurationRecord of VP8 and VP9. "VP Codec ISO Media File Format Binding", section 2.2. */
export type VpConfig = {
  readonly profile: number;
  /** Ten times the level; 0 when unknown. */
  readonly level: number;
  readonly bitDepth: number;
  /** 0 and 1 4:2:0, 2 4:2:2, 3 4:4:4. */
  readonly chromaSubsampling: number;
  readonly isFullRange: boolean;
};

/** Also takes the record with the four bytes (version 1, flags 0) that it has as an MP4 box. Throws `bytes.truncated`. */
export function decodeVpConfig(record: Uint8Array): VpConfig {
  const reader = new ByteReader(isBox(record) ? record.subarray(4) : record);
  const profile = reader.u8();
  const level = reader.u8();
  const format = reader.u8();
  return {
    profile,
    level,
    bitDepth: format >> 4,
    chromaSubsampling: (format >> 1) & 7,
    isFullRange: (format & 1) !== 0,
  };
}

/** What the record says of colours: numbers of ISO/IEC 23091-2, 2 where nothing is known. */
export type VpColours = { readonly primaries: number; readonly transfer: number; readonly matrix: number };

/** The record as FFmpeg sends it in Enhanced RTMP: with the four bytes that it has as an MP4 box. */
export function encodeVpConfig(config: VpConfig, { primaries, transfer, matrix }: VpColours): Uint8Array {
  const writer = new ByteWriter(12);
  writer.u32(0x01000000); // version 1, flags 0
  writer.u8(config.profile);
  writer.u8(config.level);
  writer.u8((config.bitDepth << 4) | (config.chromaSubsampling << 1) | (config.isFullRange ? 1 : 0));
  for (const value of [primaries, transfer, matrix]) writer.u8(value);
  writer.u16(0); // codecInitializationData, which neither codec has
  return writer.take();
}

/** A depth of 0 bits, which the fourth byte's flags would mean, does not exist. */
function isBox(record: Uint8Array): boolean {
  return record.length >= 12 && record[0] === 1 && record[1] === 0 && record[2] === 0 && record[3] === 0;
}
