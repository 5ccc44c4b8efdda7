import { ByteWriter } from "../bytes/byte-writer.ts";
import { fourCcNumber } from "../formats/flv/codec-ids.ts";
import type { TimedSample } from "./track.ts";
import { writeBoxHeader } from "./write-box.ts";

export type FragmentTrack = {
  /** The id in the init segment: 1 for its first track. */
  readonly trackId: number;
  /** Without a gap: each begins where the one before it ends. None: the track is left out. */
  readonly samples: readonly TimedSample[];
};

export type Fragment = {
  /** Counts up from 1 within a stream; 32 bits. */
  readonly sequenceNumber: number;
  readonly tracks: readonly FragmentTrack[];
  /** Writes styp first, as at the start of a segment. @default false */
  readonly isSegmentStart?: boolean;
};

/**
 * [styp] moof and mdat, in pieces: the first is new, the others are the bytes of the samples as they are, so nothing is
 * copied. The first sample's decode time is the fragment's. A TypeError without a sample, and for 4 GiB and more.
 * ISO/IEC 14496-12 section 8.8.
 */
export function encodeFragment({ sequenceNumber, tracks, isSegmentStart = false }: Fragment): Uint8Array[] {
  const present = tracks.filter(({ samples }) => samples.length > 0);
  const layouts = present.map(({ samples }) => layoutOf(samples));
  if (layouts.length === 0) throw new TypeError("a fragment without a sample");
  const moofBytes = layouts.reduce((sum, layout) => sum + layout.trafBytes, BOX_HEADER_BYTES + MFHD_BYTES);
  const mdatBytes = layouts.reduce((sum, layout) => sum + layout.mediaBytes, BOX_HEADER_BYTES);
  if (mdatBytes > MAX_BOX_BYTES) throw new TypeError(`a fragment of ${mdatBytes} bytes`);

  const writer = new ByteWriter(STYP_BYTES + moofBytes + BOX_HEADER_BYTES);
  if (isSegmentStart) writeSegmentType(writer);
  writeBoxHeader(writer, moofBytes, "moof");
  writeBoxHeader(writer, MFHD_BYTES, "mfhd");
  writer.u32(0);
  writer.u32(sequenceNumber);
  let dataOffset = moofBytes + BOX_HEADER_BYTES;
  const pieces: Uint8Array[] = [];
  for (const [index, track] of present.entries()) {
    const layout = layouts[index] ?? EMPTY_LAYOUT;
    writeTrackFragment(writer, track, layout, dataOffset);
    dataOffset += layout.mediaBytes;
    for (const sample of track.samples) pieces.push(sample.bytes);
  }
  writeBoxHeader(writer, mdatBytes, "mdat");
  pieces.unshift(writer.take());
  return pieces;
}

/** How long samples that follow each other last, in milliseconds. */
export function durationOfSamples(samples: readonly TimedSample[], timescale: number): number {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined) return 0;
  return ((last.decodeTime + last.duration - first.decodeTime) * 1000) / timescale;
}

/** Whether a player can start with these samples: INDEPENDENT=YES of a part. */
export function isIndependent(samples: readonly TimedSample[]): boolean {
  return samples[0]?.isKeyframe === true;
}

type Layout = {
  readonly trafBytes: number;
  readonly mediaBytes: number;
  /** Of trun: which fields its samples have. */
  readonly flags: number;
};

const EMPTY_LAYOUT: Layout = { trafBytes: 0, mediaBytes: 0, flags: 0 };

const BOX_HEADER_BYTES = 8;
const MFHD_BYTES = 16;
const STYP_BYTES = 24;
const TFHD_BYTES = 20;
const TFDT_BYTES = 20;
const TRUN_BYTES = 20;
const MAX_BOX_BYTES = 0xffff_ffff;

const DEFAULT_BASE_IS_MOOF = 0x020000;
const HAS_DEFAULT_FLAGS = 0x20;

const HAS_DATA_OFFSET = 0x1;
const HAS_DURATIONS = 0x100;
const HAS_SIZES = 0x200;
const HAS_FLAGS = 0x400;
const HAS_COMPOSITION_OFFSETS = 0x800;

/** ISO/IEC 14496-12 section 8.8.3.1: depends on no other sample; or depends on others, and is no sync sample. */
const KEYFRAME_FLAGS = 0x02000000;
const INTER_FRAME_FLAGS = 0x01010000;

function layoutOf(samples: readonly TimedSample[]): Layout {
  let mediaBytes = 0;
  let flags = HAS_DATA_OFFSET | HAS_DURATIONS | HAS_SIZES;
  let sampleBytes = 8;
  for (const sample of samples) {
    mediaBytes += sample.bytes.length;
    if (!sample.isKeyframe) flags |= HAS_FLAGS;
    if (sample.compositionOffset !== 0) flags |= HAS_COMPOSITION_OFFSETS;
  }
  if ((flags & HAS_FLAGS) !== 0) sampleBytes += 4;
  if ((flags & HAS_COMPOSITION_OFFSETS) !== 0) sampleBytes += 4;
  const trafBytes = BOX_HEADER_BYTES + TFHD_BYTES + TFDT_BYTES + TRUN_BYTES + samples.length * sampleBytes;
  return { trafBytes, mediaBytes, flags };
}

function writeSegmentType(writer: ByteWriter): void {
  writeBoxHeader(writer, STYP_BYTES, "styp");
  writer.u32(fourCcNumber("msdh"));
  writer.u32(0);
  for (const brand of ["msdh", "cmfs"]) writer.u32(fourCcNumber(brand));
}

function writeTrackFragment(writer: ByteWriter, track: FragmentTrack, layout: Layout, dataOffset: number): void {
  const { samples } = track;
  const { flags } = layout;
  writeBoxHeader(writer, layout.trafBytes, "traf");
  writeBoxHeader(writer, TFHD_BYTES, "tfhd");
  writer.u32(DEFAULT_BASE_IS_MOOF | HAS_DEFAULT_FLAGS);
  writer.u32(track.trackId);
  writer.u32(KEYFRAME_FLAGS);
  writeBoxHeader(writer, TFDT_BYTES, "tfdt");
  writer.u32(0x01000000); // version 1: 64 bits
  const decodeTime = samples[0]?.decodeTime ?? 0;
  writer.u32(Math.floor(decodeTime / 2 ** 32));
  writer.u32(decodeTime % 2 ** 32);
  writeBoxHeader(writer, layout.trafBytes - BOX_HEADER_BYTES - TFHD_BYTES - TFDT_BYTES, "trun");
  writer.u32(0x01000000 | flags); // version 1: composition offsets have a sign
  writer.u32(samples.length);
  writer.u32(dataOffset);
  for (const sample of samples) {
    writer.u32(sample.duration);
    writer.u32(sample.bytes.length);
    if ((flags & HAS_FLAGS) !== 0) writer.u32(sample.isKeyframe ? KEYFRAME_FLAGS : INTER_FRAME_FLAGS);
    if ((flags & HAS_COMPOSITION_OFFSETS) !== 0) writer.i32(sample.compositionOffset);
  }
}
