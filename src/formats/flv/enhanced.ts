import type { ByteReader } from "../../bytes/byte-reader.ts";
import type { ByteWriter } from "../../bytes/byte-writer.ts";
import { ProtocolError } from "../../errors.ts";
import { codecOfFourCc, fourCcOf } from "./codec-ids.ts";

/** The packet type in an Enhanced RTMP video header. Enhanced RTMP v2, "Enhanced Video"; 8 to 15 are reserved. */
export const ExVideoPacketType = {
  SequenceStart: 0,
  CodedFrames: 1,
  SequenceEnd: 2,
  CodedFramesX: 3,
  Metadata: 4,
  Mpeg2TsSequenceStart: 5,
  Multitrack: 6,
  ModEx: 7,
} as const;

/** The packet type in an Enhanced RTMP audio header. Enhanced RTMP v2, "Enhanced Audio"; the others are reserved. */
export const ExAudioPacketType = {
  SequenceStart: 0,
  CodedFrames: 1,
  SequenceEnd: 2,
  MultichannelConfig: 4,
  Multitrack: 5,
  ModEx: 7,
} as const;

/** How several tracks stand in one message. Enhanced RTMP v2, AvMultitrackType. */
export const MultitrackType = { OneTrack: 0, ManyTracks: 1, ManyTracksManyCodecs: 2 } as const;

/** How a message names its tracks; undefined for the form without tracks, which means track 0. */
export type Multitrack = "one-track" | "many-tracks" | "many-tracks-many-codecs";

/** Most ModEx blocks before the packet type of one message: nobody needs more than one. */
export const MAX_MODEX_BLOCKS = 8;
/** Most tracks in one message: a track id is a byte. */
export const MAX_TRACKS = 256;

/** One track of a message, its body not yet looked into. */
export type TrackBody = {
  readonly trackId: number;
  /** "avc", "opus", …, or "fourcc:" and four characters. */
  readonly codec: string;
  /** A view of the message. */
  readonly body: Uint8Array;
};

/** Reads the ModEx blocks, if any, up to the packet type behind them. */
export function readModEx(
  reader: ByteReader,
  firstPacketType: number,
): { readonly packetType: number; readonly timestampOffsetNanoseconds: number } {
  let packetType = firstPacketType;
  let timestampOffsetNanoseconds = 0;
  for (let blocks = 1; packetType === ExVideoPacketType.ModEx; blocks++) {
    if (blocks > MAX_MODEX_BLOCKS) {
      throw new ProtocolError("media.header", `more than ${MAX_MODEX_BLOCKS} ModEx blocks`, {
        byteOffset: reader.offset,
      });
    }
    const shortSize = reader.u8() + 1;
    const data = reader.bytes(shortSize === 256 ? reader.u16() + 1 : shortSize);
    const types = reader.u8();
    packetType = types & 15;
    const [high, middle, low] = data;
    if (types >> 4 === TIMESTAMP_OFFSET_NANO && high !== undefined && middle !== undefined && low !== undefined) {
      timestampOffsetNanoseconds = (high << 16) | (middle << 8) | low;
    }
  }
  return { packetType, timestampOffsetNanoseconds };
}

/** Writes the first byte, with a ModEx block in front of the packet type when there is an offset to tell. */
export function writeModEx(
  writer: ByteWriter,
  firstByte: number,
  packetType: number,
  timestampOffsetNanoseconds: number,
): void {
  if (timestampOffsetNanoseconds === 0) {
    writer.u8(firstByte | packetType);
    return;
  }
  writer.u8(firstByte | ExVideoPacketType.ModEx);
  writer.u8(3 - 1);
  writer.u24(timestampOffsetNanoseconds);
  writer.u8((TIMESTAMP_OFFSET_NANO << 4) | packetType);
}

/** Reads FourCC and body of a message without multitrack. */
export function readSingleTrack(reader: ByteReader): TrackBody {
  return { trackId: 0, codec: codecOfFourCc(reader.u32()), body: reader.rest() };
}

/** The name of a multitrack type; undefined for a reserved one. */
export function multitrackOf(type: number): Multitrack | undefined {
  return MULTITRACKS[type];
}

/** Reads what follows the multitrack byte. */
export function readTracks(reader: ByteReader, multitrack: Multitrack): TrackBody[] {
  const common = multitrack === "many-tracks-many-codecs" ? undefined : codecOfFourCc(reader.u32());
  if (multitrack === "one-track") return [{ trackId: reader.u8(), codec: common ?? "", body: reader.rest() }];
  const tracks: TrackBody[] = [];
  while (reader.remaining > 0) {
    if (tracks.length === MAX_TRACKS) {
      throw new ProtocolError("media.header", `more than ${MAX_TRACKS} tracks`, { byteOffset: reader.offset });
    }
    const codec = common ?? codecOfFourCc(reader.u32());
    tracks.push({ trackId: reader.u8(), codec, body: reader.bytes(reader.u24()) });
  }
  return tracks;
}

/** Writes the tracks, behind the multitrack byte if there is one. A TypeError where the form does not allow them. */
export function writeTracks(
  writer: ByteWriter,
  multitrack: Multitrack | undefined,
  packetType: number,
  tracks: readonly TrackBody[],
): void {
  if (multitrack === undefined) return writeOnlyTrack(writer, tracks);
  writer.u8((MULTITRACKS.indexOf(multitrack) << 4) | packetType);
  const [first] = tracks;
  if (first === undefined) throw new TypeError("a multitrack message without a track");
  if (multitrack !== "many-tracks-many-codecs") writer.u32(fourCcOf(first.codec));
  if (multitrack === "one-track") {
    if (tracks.length > 1) throw new TypeError(`${tracks.length} tracks in a message for one`);
    writer.u8(first.trackId);
    writer.bytes(first.body);
    return;
  }
  for (const track of tracks) {
    if (multitrack === "many-tracks-many-codecs") writer.u32(fourCcOf(track.codec));
    else if (track.codec !== first.codec) throw new TypeError(`${track.codec} among tracks of ${first.codec}`);
    writer.u8(track.trackId);
    writer.u24(track.body.length);
    writer.bytes(track.body);
  }
}

function writeOnlyTrack(writer: ByteWriter, tracks: readonly TrackBody[]): void {
  const [track] = tracks;
  if (track === undefined || tracks.length > 1 || track.trackId !== 0) {
    throw new TypeError("a message without multitrack has exactly one track, with id 0");
  }
  writer.u32(fourCcOf(track.codec));
  writer.bytes(track.body);
}

/** The one ModEx type that is defined. */
const TIMESTAMP_OFFSET_NANO = 0;

const MULTITRACKS: readonly Multitrack[] = ["one-track", "many-tracks", "many-tracks-many-codecs"];
