import { BitReader } from "../../bytes/bit-reader.ts";
import { ProtocolError } from "../../errors.ts";

/** The STREAMINFO block of FLAC. RFC 9639 section 8.2. */
export type FlacConfig = {
  /** Hz. */
  readonly sampleRate: number;
  readonly channels: number;
  readonly bitsPerSample: number;
};

const STREAMINFO_BYTES = 34;

/**
 * Takes "fLaC" and the STREAMINFO block with its header, as Enhanced RTMP v2 sends them, or the bare block.
 * Throws `bytes.truncated` or `media.header`.
 */
export function decodeFlacConfig(record: Uint8Array): FlacConfig {
  const bits = new BitReader(record);
  if (record.length !== STREAMINFO_BYTES) {
    if (bits.bits(32) !== 0x664c6143) throw new ProtocolError("media.header", "a FLAC header without its name");
    if ((bits.bits(8) & 0x7f) !== 0) throw new ProtocolError("media.header", "a FLAC header without STREAMINFO");
    bits.skip(24); // length of the block
  }
  bits.skip(16 + 16 + 24 + 24); // sizes of blocks and frames
  const sampleRate = bits.bits(20);
  const channels = bits.bits(3) + 1;
  const bitsPerSample = bits.bits(5) + 1;
  if (sampleRate === 0) throw new ProtocolError("media.header", "a FLAC sample rate of 0");
  return { sampleRate, channels, bitsPerSample };
}
