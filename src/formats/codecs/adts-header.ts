import { BitReader } from "../../bytes/bit-reader.ts";
import { ProtocolError } from "../../errors.ts";
import { AAC_SAMPLE_RATES } from "./aac-config.ts";

/** The header before an AAC frame in an ADTS stream. ISO/IEC 13818-7 section 6.2. */
export type AdtsHeader = {
  /** As in an AudioSpecificConfig: 1 Main, 2 LC, … */
  readonly objectType: number;
  /** Hz. */
  readonly sampleRate: number;
  /** 0: the channels are listed in the frame. */
  readonly channelConfiguration: number;
  /** How long this header is: 7, or 9 with a checksum. */
  readonly headerBytes: number;
  /** Header and frame together. */
  readonly frameBytes: number;
};

/** True for the twelve sync bits and layer 0, which no raw AAC frame of an encoder starts with. */
export function isAdts(frame: Uint8Array): boolean {
  return frame.length >= 7 && frame[0] === 0xff && ((frame[1] ?? 0) & 0xf6) === 0xf0;
}

/** Throws `bytes.truncated` or `media.header`. */
export function decodeAdtsHeader(frame: Uint8Array): AdtsHeader {
  const bits = new BitReader(frame);
  if (bits.bits(12) !== 0xfff) throw new ProtocolError("media.header", "an ADTS frame without its sync word");
  bits.skip(3); // version, layer
  const headerBytes = bits.flag() ? 7 : 9;
  const objectType = bits.bits(2) + 1;
  const sampleRate = AAC_SAMPLE_RATES[bits.bits(4)];
  if (sampleRate === undefined) throw new ProtocolError("media.header", "an ADTS frame of a reserved sample rate");
  bits.skip(1); // private
  const channelConfiguration = bits.bits(3);
  bits.skip(4); // original, home, copyright
  const frameBytes = bits.bits(13);
  if (frameBytes < headerBytes) throw new ProtocolError("media.header", "an ADTS frame shorter than its header");
  return { objectType, sampleRate, channelConfiguration, headerBytes, frameBytes };
}
