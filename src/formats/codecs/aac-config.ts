import { BitReader } from "../../bytes/bit-reader.ts";
import { ProtocolError } from "../../errors.ts";

/** AudioSpecificConfig. ISO/IEC 14496-3 section 1.6.2.1. */
export type AacConfig = {
  /** Of the core coder: 1 Main, 2 LC, … */
  readonly objectType: number;
  /** Hz, of the core coder. */
  readonly sampleRate: number;
  /** 0: the channels are listed in a program config element. */
  readonly channelConfiguration: number;
  /** Channels of the core coder; undefined when the configuration does not say. */
  readonly channels: number | undefined;
  /** Samples in a frame of the core coder: 1024 or 960. */
  readonly frameSamples: number;
  /** Spectral band replication (HE-AAC): the sample rate that it yields, in Hz; undefined when it is not signalled. */
  readonly sbrSampleRate: number | undefined;
  /** Parametric stereo (HE-AAC v2): one coded channel is heard as two. */
  readonly hasParametricStereo: boolean;
};

/** Takes what follows the two header bytes of an AAC sequence header. Throws `bytes.truncated` or `media.header`. */
export function decodeAacConfig(record: Uint8Array): AacConfig {
  const bits = new BitReader(record);
  const outerType = readObjectType(bits);
  const sampleRate = readSampleRate(bits);
  const channelConfiguration = bits.bits(4);
  const isExplicitSbr = outerType === OBJECT_TYPE_SBR || outerType === OBJECT_TYPE_PS;
  let sbrSampleRate = isExplicitSbr ? readSampleRate(bits) : undefined;
  const objectType = isExplicitSbr ? readObjectType(bits) : outerType;
  const specific = GENERAL_AUDIO_TYPES.has(objectType)
    ? readGeneralAudio(bits, channelConfiguration)
    : { frameSamples: 1024, channels: CHANNELS[channelConfiguration] };
  let hasParametricStereo = outerType === OBJECT_TYPE_PS;
  if (!isExplicitSbr && GENERAL_AUDIO_TYPES.has(objectType)) {
    const extension = readBackwardCompatibleExtension(bits);
    sbrSampleRate = extension.sbrSampleRate;
    hasParametricStereo = extension.hasParametricStereo;
  }
  return { objectType, sampleRate, channelConfiguration, ...specific, sbrSampleRate, hasParametricStereo };
}

/** "AAC-LC", "HE-AAC", "HE-AAC v2", …, or "AAC type 99". */
export function aacProfileName(
  config: Pick<AacConfig, "objectType" | "sbrSampleRate" | "hasParametricStereo">,
): string {
  if (config.hasParametricStereo) return "HE-AAC v2";
  if (config.sbrSampleRate !== undefined) return "HE-AAC";
  return OBJECT_TYPE_NAMES[config.objectType] ?? `AAC type ${config.objectType}`;
}

/** Hz by index, which ADTS uses as well; 13 and 14 are reserved. ISO/IEC 14496-3 table 1.18. */
export const AAC_SAMPLE_RATES: readonly number[] = [
  96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
];

const OBJECT_TYPE_SBR = 5;
const OBJECT_TYPE_PS = 29;
const OBJECT_TYPE_ESCAPE = 31;

const OBJECT_TYPE_NAMES: Record<number, string> = {
  1: "AAC Main",
  2: "AAC-LC",
  3: "AAC-SSR",
  4: "AAC-LTP",
  6: "AAC Scalable",
  17: "ER AAC-LC",
  23: "AAC-LD",
  39: "AAC-ELD",
  42: "xHE-AAC",
};

/** Object types whose configuration goes on as GASpecificConfig. */
const GENERAL_AUDIO_TYPES = new Set([1, 2, 3, 4, 6, 7, 17, 19, 20, 21, 22, 23]);

/** By channelConfiguration; 8 to 10 and 15 are reserved. ISO/IEC 14496-3 table 1.19. */
const CHANNELS: Record<number, number> = { 1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 8, 11: 7, 12: 8, 13: 24, 14: 8 };

function readObjectType(bits: BitReader): number {
  const type = bits.bits(5);
  return type === OBJECT_TYPE_ESCAPE ? 32 + bits.bits(6) : type;
}

function readSampleRate(bits: BitReader): number {
  const index = bits.bits(4);
  const sampleRate = index === 15 ? bits.bits(24) : AAC_SAMPLE_RATES[index];
  if (sampleRate === undefined || sampleRate === 0) {
    throw new ProtocolError("media.header", `an AAC sample rate of index ${index}`);
  }
  return sampleRate;
}

/** GASpecificConfig. ISO/IEC 14496-3 section 4.4.1. */
function readGeneralAudio(bits: BitReader, configuration: number): Pick<AacConfig, "frameSamples" | "channels"> {
  // Some encoders send nothing but the first 13 bits, padded.
  if (bits.remainingBits < 3) return { frameSamples: 1024, channels: CHANNELS[configuration] };
  const frameSamples = bits.flag() ? 960 : 1024;
  if (bits.flag()) bits.skip(14); // coreCoderDelay
  bits.skip(1); // extensionFlag
  const channels = configuration === 0 ? readProgramChannels(bits) : CHANNELS[configuration];
  return { frameSamples, channels };
}

/** program_config_element up to its channels. ISO/IEC 14496-3 table 4.2. */
function readProgramChannels(bits: BitReader): number {
  bits.skip(4 + 2 + 4); // element_instance_tag, object_type, sampling_frequency_index
  const pairable = bits.bits(4) + bits.bits(4) + bits.bits(4); // front, side, back
  const lowFrequency = bits.bits(2);
  bits.skip(3 + 4); // associated data and coupling elements
  if (bits.flag()) bits.skip(4); // mono mix-down
  if (bits.flag()) bits.skip(4); // stereo mix-down
  if (bits.flag()) bits.skip(3); // matrix mix-down
  let channels = lowFrequency;
  for (let index = 0; index < pairable; index++) {
    channels += bits.flag() ? 2 : 1;
    bits.skip(4);
  }
  return channels;
}

const SBR_SYNC = 0x2b7;
const PS_SYNC = 0x548;

/** SBR told behind a configuration that older decoders read as plain AAC. ISO/IEC 14496-3 section 1.6.5.3. */
function readBackwardCompatibleExtension(bits: BitReader): Pick<AacConfig, "sbrSampleRate" | "hasParametricStereo"> {
  const none = { sbrSampleRate: undefined, hasParametricStereo: false };
  if (bits.remainingBits < 17 || bits.bits(11) !== SBR_SYNC || readObjectType(bits) !== OBJECT_TYPE_SBR) return none;
  if (bits.remainingBits < 5 || !bits.flag()) return none;
  const sbrSampleRate = readSampleRate(bits);
  const hasParametricStereo = bits.remainingBits >= 12 && bits.bits(11) === PS_SYNC && bits.flag();
  return { sbrSampleRate, hasParametricStereo };
}
