import { BitReader } from "../../bytes/bit-reader.ts";
import { ProtocolError } from "../../errors.ts";

/** The four bytes before an MPEG audio frame. ISO/IEC 11172-3 section 2.4.1.3, ISO/IEC 13818-3. */
export type Mp3Header = {
  readonly version: "1" | "2" | "2.5";
  /** 1 to 3; 3 is MP3. */
  readonly layer: number;
  /** kbit/s; 0 for the free format. */
  readonly bitrateKbps: number;
  /** Hz. */
  readonly sampleRate: number;
  readonly channels: number;
  readonly samplesPerFrame: number;
};

/** Throws `bytes.truncated` or `media.header`. */
export function decodeMp3Header(frame: Uint8Array): Mp3Header {
  const bits = new BitReader(frame);
  if (bits.bits(11) !== 0x7ff) throw new ProtocolError("media.header", "an MPEG audio frame without its sync word");
  const version = VERSIONS[bits.bits(2)];
  const layer = 4 - bits.bits(2);
  bits.skip(1); // protection
  const bitrateIndex = bits.bits(4);
  const rateIndex = bits.bits(2);
  bits.skip(2); // padding, private
  const channels = bits.bits(2) === 3 ? 1 : 2;
  const sampleRate = SAMPLE_RATES[rateIndex];
  if (version === undefined || layer === 4 || bitrateIndex === 15 || sampleRate === undefined) {
    throw new ProtocolError("media.header", "an MPEG audio frame with reserved values");
  }
  return {
    version,
    layer,
    bitrateKbps: BITRATES_KBPS[version === "1" ? layer - 1 : layer === 1 ? 3 : 4]?.[bitrateIndex] ?? 0,
    sampleRate: sampleRate / { "1": 1, "2": 2, "2.5": 4 }[version],
    channels,
    samplesPerFrame: layer === 1 ? 384 : layer === 3 && version !== "1" ? 576 : 1152,
  };
}

const VERSIONS: readonly (Mp3Header["version"] | undefined)[] = ["2.5", undefined, "2", "1"];

/** Of version 1; the others have a half and a quarter of them. */
const SAMPLE_RATES: readonly number[] = [44100, 48000, 32000];

/** Version 1 layers 1, 2 and 3, then versions 2 and 2.5 layer 1 and layers 2 and 3. */
const BITRATES_KBPS: readonly (readonly number[])[] = [
  [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
  [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
  [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];
