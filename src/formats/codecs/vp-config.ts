import { ByteReader } from "../../bytes/byte-reader.ts";

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

/** A depth of 0 bits, which the fourth byte's flags would mean, does not exist. */
function isBox(record: Uint8Array): boolean {
  return record.length >= 12 && record[0] === 1 && record[1] === 0 && record[2] === 0 && record[3] === 0;
}
