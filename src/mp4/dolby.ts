import { BitReader } from "../bytes/bit-reader.ts";
import type { ByteWriter } from "../bytes/byte-writer.ts";
import { ProtocolError } from "../errors.ts";
import { writeBox } from "./write-box.ts";

/** One frame of AC-3 or E-AC-3 as its box needs it. ETSI TS 102 366 sections 4.3, 4.4 and E.1.2. */
export type DolbyFrame = {
  readonly isEnhanced: boolean;
  readonly isDependent: boolean;
  readonly substreamId: number;
  /** Bytes that the frame takes; 0 where AC-3 does not tell. */
  readonly lengthBytes: number;
  readonly rateCode: number;
  /** Index of the bitrate, of AC-3 only. */
  readonly bitrateCode: number;
  readonly version: number;
  readonly mode: number;
  readonly channelMode: number;
  readonly hasLowFrequency: boolean;
  /** Blocks of 256 samples. */
  readonly blocks: number;
  /** Of a dependent frame: which loudspeakers it adds; 0 when it does not tell. */
  readonly channelMap: number;
};

/** More than an access unit can have: eight substreams, each with eight that depend on it, of up to six frames. */
const MAX_FRAMES = 384;

/** The frames of one message, one behind the other. Throws `bytes.truncated` or `media.header`. */
export function decodeDolbyFrames(body: Uint8Array): DolbyFrame[] {
  const frames: DolbyFrame[] = [];
  for (let at = 0; at < body.length && frames.length < MAX_FRAMES; ) {
    const rest = body.subarray(at);
    if (frames.length > 0 && !isFrameStart(rest)) break; // what is behind the frames is for nobody
    const frame = decodeDolbyFrame(rest);
    frames.push(frame);
    if (frame.lengthBytes === 0) break;
    at += frame.lengthBytes;
  }
  return frames;
}

/** Samples that the frames of one message last: those of the first substream. */
export function dolbySamples(frames: readonly DolbyFrame[]): number {
  let blocks = 0;
  for (const frame of frames) if (!frame.isDependent && frame.substreamId === 0) blocks += frame.blocks;
  return blocks * SAMPLES_PER_BLOCK;
}

/** ETSI TS 102 366 section F.4. */
export function writeDac3(writer: ByteWriter, frame: DolbyFrame): void {
  writeBox(writer, "dac3", () => {
    const low = frame.hasLowFrequency ? 1 : 0;
    const channels = (frame.channelMode << 11) | (low << 10);
    writer.u24(
      (frame.rateCode << 22) | (frame.version << 17) | (frame.mode << 14) | channels | (frame.bitrateCode << 5),
    );
  });
}

/** ETSI TS 102 366 section F.6, for the frames of one access unit. */
export function writeDec3(writer: ByteWriter, frames: readonly DolbyFrame[], bitrateKbps: number): void {
  const independent = frames.filter(({ isDependent, substreamId }, index) => {
    const isFirst = frames.findIndex((other) => !other.isDependent && other.substreamId === substreamId) === index;
    return !isDependent && isFirst;
  });
  writeBox(writer, "dec3", () => {
    writer.u16((Math.min(bitrateKbps, 0x1fff) << 3) | (independent.length - 1));
    for (const frame of independent) {
      const dependents = dependentsOf(frames, frame);
      writer.u8((frame.rateCode << 6) | (frame.version << 1));
      writer.u8((frame.mode << 4) | (frame.channelMode << 1) | (frame.hasLowFrequency ? 1 : 0));
      const map = dependents.reduce((all, { channelMap }) => all | locationsOf(channelMap), 0);
      const count = new Set(dependents.map(({ substreamId }) => substreamId)).size;
      if (count === 0) writer.u8(0);
      else writer.u16((count << 9) | map);
    }
  });
}

const SAMPLES_PER_BLOCK = 256;

function isFrameStart(bytes: Uint8Array): boolean {
  return bytes[0] === 0x0b && bytes[1] === 0x77;
}

function decodeDolbyFrame(bytes: Uint8Array): DolbyFrame {
  if (!isFrameStart(bytes)) throw new ProtocolError("media.header", "an AC-3 frame without its sync word");
  const version = new BitReader(bytes.subarray(5)).bits(5);
  return version > 10 ? decodeEnhanced(bytes) : decodePlain(bytes);
}

function decodePlain(bytes: Uint8Array): DolbyFrame {
  const bits = new BitReader(bytes);
  bits.skip(32); // sync word, crc1
  const rateCode = bits.bits(2);
  const sizeCode = bits.bits(6);
  const version = bits.bits(5);
  const mode = bits.bits(3);
  const channelMode = bits.bits(3);
  if ((channelMode & 1) !== 0 && channelMode !== 1) bits.skip(2); // cmixlev
  if ((channelMode & 4) !== 0) bits.skip(2); // surmixlev
  if (channelMode === 2) bits.skip(2); // dsurmod
  return {
    isEnhanced: false,
    isDependent: false,
    substreamId: 0,
    lengthBytes: 0,
    rateCode,
    bitrateCode: sizeCode >> 1,
    version,
    mode,
    channelMode,
    hasLowFrequency: bits.flag(),
    blocks: 6,
    channelMap: 0,
  };
}

const BLOCKS: readonly number[] = [1, 2, 3, 6];

function decodeEnhanced(bytes: Uint8Array): DolbyFrame {
  const bits = new BitReader(bytes);
  bits.skip(16);
  const isDependent = bits.bits(2) === 1;
  const substreamId = bits.bits(3);
  const lengthBytes = (bits.bits(11) + 1) * 2;
  const rateCode = bits.bits(2);
  const blockCode = bits.bits(2); // half the rates, where the rate code is 3
  const channelMode = bits.bits(3);
  const hasLowFrequency = bits.flag();
  const version = bits.bits(5);
  for (let programs = channelMode === 0 ? 2 : 1; programs > 0; programs--) {
    bits.skip(5); // dialnorm
    if (bits.flag()) bits.skip(8); // compr
  }
  return {
    isEnhanced: true,
    isDependent,
    substreamId,
    lengthBytes,
    rateCode,
    bitrateCode: 0,
    version,
    mode: 0,
    channelMode,
    hasLowFrequency,
    blocks: rateCode === 3 ? 6 : (BLOCKS[blockCode] ?? 6),
    channelMap: isDependent && bits.flag() ? bits.bits(16) : 0,
  };
}

/** Those that stand behind a frame of an independent substream, up to the next one. */
function dependentsOf(frames: readonly DolbyFrame[], independent: DolbyFrame): DolbyFrame[] {
  const after = frames.slice(frames.indexOf(independent) + 1);
  const next = after.findIndex(({ isDependent }) => !isDependent);
  return after.slice(0, next < 0 ? after.length : next);
}

/**
 * chan_loc has a bit for each pair of loudspeakers from Lc/Rc on: nine bits of the channel map, whose order is turned
 * round. ETSI TS 102 366 tables E.1.4 and F.6.1.
 */
function locationsOf(channelMap: number): number {
  let locations = 0;
  for (let bit = 0; bit < CHANNEL_MAP_BITS.length; bit++) {
    if ((channelMap & (0x8000 >> (CHANNEL_MAP_BITS[bit] ?? 0))) !== 0) locations |= 1 << bit;
  }
  return locations;
}

/** By bit of chan_loc: Lc/Rc, Lrs/Rrs, Cs, Ts, Lsd/Rsd, Lw/Rw, Vhl/Vhr, Vhc, LFE2; where it stands in the map. */
const CHANNEL_MAP_BITS: readonly number[] = [5, 6, 7, 8, 9, 10, 11, 12, 14];
