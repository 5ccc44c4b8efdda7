import { ByteWriter } from "../bytes/byte-writer.ts";
import { fourCcNumber } from "../formats/flv/codec-ids.ts";
import type { TrackConfig } from "./track.ts";
import { writeBox, writeFullBox, writeZeros } from "./write-box.ts";

/**
 * ftyp and moov for fragments of these tracks, which get the ids 1, 2, … in their order. ISO/IEC 14496-12 section 8,
 * with the brands of CMAF (ISO/IEC 23000-19). A TypeError without a track.
 */
export function encodeInitSegment(tracks: readonly TrackConfig[]): Uint8Array {
  if (tracks.length === 0) throw new TypeError("an init segment without a track");
  const writer = new ByteWriter(1024);
  writeBox(writer, "ftyp", () => {
    writer.u32(fourCcNumber("iso6"));
    writer.u32(0);
    for (const brand of ["iso6", "cmfc", "mp41"]) writer.u32(fourCcNumber(brand));
  });
  writeBox(writer, "moov", () => {
    writeMovieHeader(writer, tracks.length);
    for (const [index, track] of tracks.entries()) writeTrack(writer, track, index + 1);
    writeBox(writer, "mvex", () => {
      for (const index of tracks.keys()) writeTrackExtends(writer, index + 1);
    });
  });
  return writer.take();
}

/** Ticks of the movie's own times, of which a fragmented file has none. */
const MOVIE_TIMESCALE = 1000;
const UNITY_MATRIX: readonly number[] = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000];

function writeMovieHeader(writer: ByteWriter, trackCount: number): void {
  writeFullBox(writer, "mvhd", 0, 0, () => {
    writeZeros(writer, 8); // creation and modification time
    writer.u32(MOVIE_TIMESCALE);
    writer.u32(0); // duration: in the fragments
    writer.u32(0x10000); // rate 1
    writer.u16(0x100); // volume 1
    writeZeros(writer, 10);
    for (const value of UNITY_MATRIX) writer.u32(value);
    writeZeros(writer, 24);
    writer.u32(trackCount + 1); // next_track_ID
  });
}

function writeTrack(writer: ByteWriter, track: TrackConfig, id: number): void {
  const isVideo = track.kind === "video";
  writeBox(writer, "trak", () => {
    // Enabled, in the movie
    writeFullBox(writer, "tkhd", 0, 3, () => {
      writeZeros(writer, 8);
      writer.u32(id);
      writeZeros(writer, 4 + 4 + 8); // reserved, duration, reserved
      writer.u16(0); // layer
      writer.u16(isVideo ? 0 : 1); // alternate_group
      writer.u16(isVideo ? 0 : 0x100); // volume
      writer.u16(0);
      for (const value of UNITY_MATRIX) writer.u32(value);
      writer.u32(track.width * 0x10000);
      writer.u32(track.height * 0x10000);
    });
    writeBox(writer, "mdia", () => {
      writeMediaHeader(writer, track);
      writeBox(writer, "minf", () => writeMediaInformation(writer, track));
    });
  });
}

function writeMediaHeader(writer: ByteWriter, track: TrackConfig): void {
  writeFullBox(writer, "mdhd", 0, 0, () => {
    writeZeros(writer, 8);
    writer.u32(track.timescale);
    writer.u32(0);
    writer.u16(0x55c4); // language "und"
    writer.u16(0);
  });
  writeFullBox(writer, "hdlr", 0, 0, () => {
    writer.u32(0);
    writer.u32(fourCcNumber(track.kind === "video" ? "vide" : "soun"));
    writeZeros(writer, 12);
    writer.utf8(track.kind === "video" ? "VideoHandler\0" : "SoundHandler\0");
  });
}

function writeMediaInformation(writer: ByteWriter, track: TrackConfig): void {
  if (track.kind === "video") writeFullBox(writer, "vmhd", 0, 1, () => writeZeros(writer, 8));
  else writeFullBox(writer, "smhd", 0, 0, () => writeZeros(writer, 4));
  writeBox(writer, "dinf", () => {
    writeFullBox(writer, "dref", 0, 0, () => {
      writer.u32(1);
      writeFullBox(writer, "url ", 0, 1, () => {}); // the media is in this file
    });
  });
  writeBox(writer, "stbl", () => {
    writeFullBox(writer, "stsd", 0, 0, () => {
      writer.u32(1);
      writer.bytes(track.sampleEntry);
    });
    for (const type of ["stts", "stsc"]) writeFullBox(writer, type, 0, 0, () => writer.u32(0));
    writeFullBox(writer, "stsz", 0, 0, () => writeZeros(writer, 8));
    writeFullBox(writer, "stco", 0, 0, () => writer.u32(0));
  });
}

function writeTrackExtends(writer: ByteWriter, id: number): void {
  writeFullBox(writer, "trex", 0, 0, () => {
    writer.u32(id);
    writer.u32(1); // sample description
    writeZeros(writer, 12); // durations, sizes and flags are in the fragments
  });
}
