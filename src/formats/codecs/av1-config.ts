import { BitReader } from "../../bytes/bit-reader.ts";
import { ByteReader } from "../../bytes/byte-reader.ts";
import { ByteWriter } from "../../bytes/byte-writer.ts";
import { ProtocolError } from "../../errors.ts";
import { checkPictureSize, type PictureSize } from "./picture-size.ts";

/** AV1CodecConfigurationRecord. "AV1 Codec ISO Media File Format Binding", section 2.3. */
export type Av1Config = {
  /** 0 Main, 1 High, 2 Professional. */
  readonly profile: number;
  /** seq_level_idx_0: level 2.0 is 0, 4.1 is 9, … */
  readonly levelIndex: number;
  readonly isHighTier: boolean;
  readonly bitDepth: number;
  readonly isMonochrome: boolean;
  /** Undefined when the record has no sequence header OBU. */
  readonly size: PictureSize | undefined;
};

/** Throws `bytes.truncated` or `media.header`. */
export function decodeAv1Config(record: Uint8Array): Av1Config {
  const reader = new ByteReader(record);
  if (reader.u8() !== 0x81) throw new ProtocolError("media.header", "an AV1 configuration of an unknown version");
  const profile = reader.u8();
  const format = reader.u8();
  reader.skip(1); // initial presentation delay
  const depthOfHigh = (format & 0x20) !== 0 ? 12 : 10;
  return {
    profile: profile >> 5,
    levelIndex: profile & 0x1f,
    isHighTier: (format & 0x80) !== 0,
    bitDepth: (format & 0x40) !== 0 ? depthOfHigh : 8,
    isMonochrome: (format & 0x10) !== 0,
    size: findAv1SequenceHeader(reader.rest())?.size,
  };
}

/** What a sequence header OBU says. AV1 bitstream specification section 5.5.1. */
export type Av1SequenceHeader = {
  readonly profile: number;
  readonly levelIndex: number;
  readonly isHighTier: boolean;
  readonly size: PictureSize;
};

const SEQUENCE_HEADER_OBU = 1;
/** A sequence header stands behind a temporal delimiter and perhaps some padding: nobody searches millions of OBUs. */
const MAX_SEARCHED_OBUS = 64;

/** The sequence header among the first 64 OBUs of a configuration or a temporal unit; undefined when there is none. */
export function findAv1SequenceHeader(obus: Uint8Array): Av1SequenceHeader | undefined {
  const body = findSequenceHeaderBody(obus);
  return body === undefined ? undefined : decodeSequenceHeader(body);
}

/** What a record says besides the sequence header. */
export type Av1Format = Pick<Av1Config, "profile" | "levelIndex" | "isHighTier" | "bitDepth" | "isMonochrome"> & {
  /** Three digits of the codec string: subsampling in x and y, and the position of the samples. */
  readonly chroma: readonly [x: number, y: number, position: number];
};

/**
 * A record for a broadcast that begins with this temporal unit; its sequence header goes into the record. Throws
 * `bytes.truncated` or `media.header` for one without.
 */
export function encodeAv1Config(format: Av1Format, temporalUnit: Uint8Array): Uint8Array {
  const body = findSequenceHeaderBody(temporalUnit);
  if (body === undefined) throw new ProtocolError("media.header", "an AV1 picture without a sequence header");
  const { profile, levelIndex, isHighTier, bitDepth, isMonochrome, chroma } = format;
  const writer = new ByteWriter(16 + body.length);
  writer.u8(0x81);
  writer.u8((profile << 5) | levelIndex);
  const depth = (bitDepth > 8 ? 0x40 : 0) | (bitDepth === 12 ? 0x20 : 0);
  writer.u8(
    (isHighTier ? 0x80 : 0) | depth | (isMonochrome ? 0x10 : 0) | (chroma[0] << 3) | (chroma[1] << 2) | chroma[2],
  );
  writer.u8(0); // no initial presentation delay
  writer.u8((SEQUENCE_HEADER_OBU << 3) | 0x02); // with a length
  for (let rest = body.length; ; rest >>= 7) {
    writer.u8((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    if (rest <= 0x7f) break;
  }
  writer.bytes(body);
  return writer.take();
}

function findSequenceHeaderBody(obus: Uint8Array): Uint8Array | undefined {
  const reader = new ByteReader(obus);
  for (let searched = 0; reader.remaining > 0 && searched < MAX_SEARCHED_OBUS; searched++) {
    const header = reader.u8();
    if ((header & 0x04) !== 0) reader.skip(1); // temporal and spatial layer
    const length = (header & 0x02) !== 0 ? readLeb128(reader) : reader.remaining;
    const body = reader.bytes(length);
    if (((header >> 3) & 15) === SEQUENCE_HEADER_OBU) return body;
  }
  return undefined;
}

/** "Main", "High", "Professional", or "profile 3". AV1 bitstream specification Annex A.2. */
export function av1ProfileName(profile: number): string {
  return ["Main", "High", "Professional"][profile] ?? `profile ${profile}`;
}

/** "4.1", "5.1 High" for the high tier; index 31 sets no limit. AV1 bitstream specification Annex A.3. */
export function av1LevelName(levelIndex: number, isHighTier: boolean): string {
  if (levelIndex === 31) return "max";
  return `${2 + (levelIndex >> 2)}.${levelIndex & 3}${isHighTier ? " High" : ""}`;
}

/** Little-endian groups of seven bits, at most eight. AV1 bitstream specification section 4.10.5. */
function readLeb128(reader: ByteReader): number {
  let value = 0;
  for (let index = 0; index < 8; index++) {
    const byte = reader.u8();
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return value;
  }
  throw new ProtocolError("media.header", "an AV1 length of more than eight bytes", { byteOffset: reader.offset });
}

function decodeSequenceHeader(body: Uint8Array): Av1SequenceHeader {
  const bits = new BitReader(body);
  const profile = bits.bits(3);
  bits.skip(1); // still_picture
  const isReduced = bits.flag();
  const level = isReduced ? { levelIndex: bits.bits(5), isHighTier: false } : readOperatingPoints(bits);
  const widthBits = bits.bits(4) + 1;
  const heightBits = bits.bits(4) + 1;
  const size = checkPictureSize(bits.bits(widthBits) + 1, bits.bits(heightBits) + 1);
  return { profile, ...level, size };
}

/** Timing, decoder model and operating points; the level of the first point. */
function readOperatingPoints(bits: BitReader): Pick<Av1SequenceHeader, "levelIndex" | "isHighTier"> {
  let delayBits = 0;
  if (bits.flag()) delayBits = readTimingInfo(bits);
  const hasDisplayDelay = bits.flag();
  let first = { levelIndex: 0, isHighTier: false };
  for (let index = 0, count = bits.bits(5) + 1; index < count; index++) {
    bits.skip(12); // operating_point_idc
    const levelIndex = bits.bits(5);
    const isHighTier = levelIndex > 7 && bits.flag();
    if (delayBits > 0 && bits.flag()) bits.skip(2 * delayBits + 1);
    if (hasDisplayDelay && bits.flag()) bits.skip(4);
    if (index === 0) first = { levelIndex, isHighTier };
  }
  return first;
}

/** Returns how many bits a decoder delay has, 0 without a decoder model. */
function readTimingInfo(bits: BitReader): number {
  bits.skip(64); // num_units_in_display_tick, time_scale
  if (bits.flag()) bits.unsignedExpGolomb(); // uvlc() reads as Exp-Golomb does
  if (!bits.flag()) return 0;
  const delayBits = bits.bits(5) + 1;
  bits.skip(32 + 5 + 5); // num_units_in_decoding_tick, lengths of two times
  return delayBits;
}
