import { BitReader } from "../../bytes/bit-reader.ts";
import { ProtocolError } from "../../errors.ts";

/** What the start of an AC-3 or E-AC-3 frame says. ATSC A/52 sections 5.3 and E.1.2. */
export type Ac3Frame = {
  readonly codec: "ac3" | "eac3";
  /** Hz. */
  readonly sampleRate: number;
  /** The low-frequency channel included. */
  readonly channels: number;
  readonly hasLowFrequency: boolean;
};

/** Throws `bytes.truncated` or `media.header`. */
export function decodeAc3Frame(frame: Uint8Array): Ac3Frame {
  const bits = new BitReader(frame);
  if (bits.bits(16) !== 0x0b77) throw new ProtocolError("media.header", "an AC-3 frame without its sync word");
  // The version stands at the same place in both, in the sixth byte.
  const version = new BitReader(frame.subarray(5)).bits(5);
  if (version > 16) throw new ProtocolError("media.header", `an AC-3 frame of version ${version}`);
  return version > 10 ? readEnhanced(bits) : readPlain(bits, version);
}

const SAMPLE_RATES: readonly number[] = [48000, 44100, 32000];
/** By acmod; 0 is two independent channels. */
const CHANNELS: readonly number[] = [2, 1, 2, 3, 3, 4, 4, 5];

function readPlain(bits: BitReader, version: number): Ac3Frame {
  bits.skip(16); // crc1
  const rateIndex = bits.bits(2);
  bits.skip(6 + 5 + 3); // frmsizecod, bsid, bsmod
  const mode = bits.bits(3);
  if ((mode & 1) !== 0 && mode !== 1) bits.skip(2); // cmixlev
  if ((mode & 4) !== 0) bits.skip(2); // surmixlev
  if (mode === 2) bits.skip(2); // dsurmod
  // Versions 9 and 10 are half and quarter rate.
  return describeFrame("ac3", rateIndex, 2 ** Math.max(0, version - 8), mode, bits.flag());
}

function readEnhanced(bits: BitReader): Ac3Frame {
  bits.skip(2 + 3 + 11); // strmtyp, substreamid, frmsiz
  const rateIndex = bits.bits(2);
  const halfRateIndex = bits.bits(2); // numblkscod unless rateIndex is 3
  const mode = bits.bits(3);
  const hasLowFrequency = bits.flag();
  return rateIndex === 3
    ? describeFrame("eac3", halfRateIndex, 2, mode, hasLowFrequency)
    : describeFrame("eac3", rateIndex, 1, mode, hasLowFrequency);
}

function describeFrame(
  codec: Ac3Frame["codec"],
  rateIndex: number,
  divisor: number,
  mode: number,
  hasLowFrequency: boolean,
): Ac3Frame {
  const sampleRate = SAMPLE_RATES[rateIndex];
  if (sampleRate === undefined) throw new ProtocolError("media.header", "an AC-3 frame of a reserved sample rate");
  const channels = (CHANNELS[mode] ?? 0) + (hasLowFrequency ? 1 : 0);
  return { codec, sampleRate: sampleRate / divisor, channels, hasLowFrequency };
}
