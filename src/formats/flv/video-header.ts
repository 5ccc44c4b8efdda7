import { ByteReader } from "../../bytes/byte-reader.ts";
import { ByteWriter } from "../../bytes/byte-writer.ts";
import { codecOfVideoCodecId, FrameType, VideoCodecId, videoCodecIdOf } from "./codec-ids.ts";
import {
  ExVideoPacketType,
  type Multitrack,
  multitrackOf,
  readModEx,
  readSingleTrack,
  readTracks,
  type TrackBody,
  writeModEx,
  writeTracks,
} from "./enhanced.ts";

/** What the body of a video tag says, legacy or enhanced. FLV 10.1 section E.4.3, Enhanced RTMP v2 "Enhanced Video". */
export type VideoHeader =
  | VideoPacket
  | {
      /** Frame type 5: no picture. */
      readonly kind: "command";
      readonly isEnhanced: boolean;
      /** Of the legacy form; undefined in the enhanced one, which names none. */
      readonly codec: string | undefined;
      /** 0 start of a seek, 1 its end. */
      readonly command: number;
    }
  /** A packet type without a meaning yet: drop the message. */
  | { readonly kind: "reserved"; readonly isEnhanced: boolean; readonly packetType: number }
  /** A body of no bytes: ignore it. */
  | { readonly kind: "empty" };

export type VideoPacket = {
  readonly kind: "packet";
  readonly isEnhanced: boolean;
  /** One of `FrameType`, or another number to 15 (legacy) or 7 (enhanced). Without a meaning for metadata. */
  readonly frameType: number;
  readonly packetType: VideoPacketType;
  /** Added to the presentation time, 0 to 999 999 ns; 0 when it is not told. */
  readonly timestampOffsetNanoseconds: number;
  /** Undefined for a message that names no tracks: it has one, with id 0. */
  readonly multitrack: Multitrack | undefined;
  readonly tracks: readonly VideoTrack[];
};

export type VideoPacketType = "sequence-start" | "frames" | "sequence-end" | "metadata" | "mpeg2ts-sequence-start";

export type VideoTrack = TrackBody & {
  /** Presentation minus decode time, in ms, -8 388 608 to 8 388 607; 0 where the form has none. */
  readonly compositionTimeMs: number;
};

/** Bodies are views of `payload`. Throws `bytes.truncated` or `media.header`. */
export function decodeVideoHeader(payload: Uint8Array): VideoHeader {
  if (payload.length === 0) return { kind: "empty" };
  const reader = new ByteReader(payload);
  const first = reader.u8();
  return (first & 0x80) === 0 ? decodeLegacy(reader, first) : decodeEnhanced(reader, first);
}

/** The whole tag body, the reverse of `decodeVideoHeader`. A TypeError for what the form cannot say. */
export function encodeVideoHeader(header: VideoHeader): Uint8Array {
  const writer = new ByteWriter(64);
  if (header.kind === "packet" && header.isEnhanced) writeEnhanced(writer, header);
  else if (header.kind === "packet") writeLegacy(writer, header);
  else if (header.kind === "command") writeCommand(writer, header);
  else if (header.kind === "reserved") throw new TypeError("a reserved video packet cannot be written");
  return writer.take();
}

/** A packet of one track from its parts; by default an enhanced inter frame of track 0, and track 0 names no track. */
export function createVideoPacket(
  parts: Pick<VideoTrack, "codec" | "body"> & Partial<VideoTrack> & Partial<Omit<VideoPacket, "kind" | "tracks">>,
): VideoPacket {
  const { codec, body, trackId = 0, compositionTimeMs = 0 } = parts;
  return {
    kind: "packet",
    isEnhanced: parts.isEnhanced ?? true,
    frameType: parts.frameType ?? FrameType.Inter,
    packetType: parts.packetType ?? "frames",
    timestampOffsetNanoseconds: parts.timestampOffsetNanoseconds ?? 0,
    multitrack: parts.multitrack ?? (trackId === 0 ? undefined : "one-track"),
    tracks: [{ trackId, codec, body, compositionTimeMs }],
  };
}

/**
 * True for codec ids whose legacy form has a packet type and a composition time: AVC, the vendors' ids that follow it,
 * and MPEG-4, which FFmpeg writes in the same way (docs/interop.md).
 */
export function hasAvcPacketType(codecId: number): boolean {
  switch (codecId) {
    case VideoCodecId.Avc:
    case VideoCodecId.Mpeg4:
    case VideoCodecId.Hevc:
    case VideoCodecId.Av1:
      return true;
    default:
      return false;
  }
}

/** AVCPacketType by number. FLV 10.1 section E.4.3.1. */
const LEGACY_PACKET_TYPES: readonly VideoPacketType[] = ["sequence-start", "frames", "sequence-end"];

const ENHANCED_PACKET_TYPES: readonly (VideoPacketType | undefined)[] = [
  "sequence-start",
  "frames",
  "sequence-end",
  "frames", // CodedFramesX
  "metadata",
  "mpeg2ts-sequence-start",
];

/** Codecs whose CodedFrames start with a composition time. */
const CODECS_WITH_COMPOSITION_TIME = new Set(["avc", "hevc", "vvc"]);

function decodeLegacy(reader: ByteReader, first: number): VideoHeader {
  const frameType = first >> 4;
  const codecId = first & 15;
  const codec = codecOfVideoCodecId(codecId);
  if (frameType === FrameType.Command) return { kind: "command", isEnhanced: false, codec, command: reader.u8() };
  let packetType: VideoPacketType | undefined = "frames";
  let compositionTimeMs = 0;
  if (hasAvcPacketType(codecId)) {
    const number = reader.u8();
    packetType = LEGACY_PACKET_TYPES[number];
    if (packetType === undefined) return { kind: "reserved", isEnhanced: false, packetType: number };
    const time = reader.i24();
    if (packetType === "frames") compositionTimeMs = time;
  }
  return {
    kind: "packet",
    isEnhanced: false,
    frameType,
    packetType,
    timestampOffsetNanoseconds: 0,
    multitrack: undefined,
    tracks: [{ trackId: 0, codec, body: reader.rest(), compositionTimeMs }],
  };
}

function decodeEnhanced(reader: ByteReader, first: number): VideoHeader {
  const frameType = (first >> 4) & 7;
  const behind = readModEx(reader, first & 15);
  if (frameType === FrameType.Command && behind.packetType !== ExVideoPacketType.Metadata) {
    return { kind: "command", isEnhanced: true, codec: undefined, command: reader.u8() };
  }
  let number = behind.packetType;
  let multitrack: Multitrack | undefined;
  if (number === ExVideoPacketType.Multitrack) {
    const types = reader.u8();
    multitrack = multitrackOf(types >> 4);
    number = multitrack === undefined ? ExVideoPacketType.Multitrack : types & 15;
  }
  const packetType = ENHANCED_PACKET_TYPES[number];
  if (packetType === undefined) return { kind: "reserved", isEnhanced: true, packetType: number };
  const bodies = multitrack === undefined ? [readSingleTrack(reader)] : readTracks(reader, multitrack);
  return {
    kind: "packet",
    isEnhanced: true,
    frameType,
    packetType,
    timestampOffsetNanoseconds: behind.timestampOffsetNanoseconds,
    multitrack,
    tracks: bodies.map((track) => takeCompositionTime(track, number)),
  };
}

function takeCompositionTime(track: TrackBody, packetType: number): VideoTrack {
  if (packetType !== ExVideoPacketType.CodedFrames || !CODECS_WITH_COMPOSITION_TIME.has(track.codec)) {
    return { ...track, compositionTimeMs: 0 };
  }
  const reader = new ByteReader(track.body);
  const compositionTimeMs = reader.i24();
  return { ...track, body: reader.rest(), compositionTimeMs };
}

function writeCommand(writer: ByteWriter, header: VideoHeader & { readonly kind: "command" }): void {
  const type = FrameType.Command << 4;
  writer.u8(header.isEnhanced ? 0x80 | type | ExVideoPacketType.CodedFrames : type | legacyCodecId(header.codec ?? ""));
  writer.u8(header.command);
}

function writeLegacy(writer: ByteWriter, packet: VideoPacket): void {
  const [track] = packet.tracks;
  if (track === undefined || packet.tracks.length > 1 || track.trackId !== 0) {
    throw new TypeError("a legacy video message has exactly one track, with id 0");
  }
  const codecId = legacyCodecId(track.codec);
  writer.u8((packet.frameType << 4) | codecId);
  const packetType = LEGACY_PACKET_TYPES.indexOf(packet.packetType);
  if (hasAvcPacketType(codecId) && packetType >= 0) {
    writer.u8(packetType);
    writer.u24(track.compositionTimeMs & 0xffffff);
  } else if (packet.packetType !== "frames") {
    throw new TypeError(`no legacy ${packet.packetType} for the codec ${track.codec}`);
  }
  writer.bytes(track.body);
}

function legacyCodecId(codec: string): number {
  const codecId = videoCodecIdOf(codec);
  if (codecId === undefined) throw new TypeError(`no legacy video form for the codec ${codec}`);
  return codecId;
}

function writeEnhanced(writer: ByteWriter, packet: VideoPacket): void {
  const packetType = packetNumber(packet);
  const withTime = packetType === ExVideoPacketType.CodedFrames;
  const tracks = packet.tracks.map((track) => (withTime ? putCompositionTime(track) : track));
  const { multitrack, timestampOffsetNanoseconds } = packet;
  const outer = multitrack === undefined ? packetType : ExVideoPacketType.Multitrack;
  writeModEx(writer, 0x80 | (packet.frameType << 4), outer, timestampOffsetNanoseconds);
  writeTracks(writer, multitrack, packetType, tracks);
}

/** CodedFramesX, which leaves the composition times out, where all of them are 0. */
function packetNumber(packet: VideoPacket): number {
  const canLeaveOut = packet.tracks.every(
    (track) => CODECS_WITH_COMPOSITION_TIME.has(track.codec) && track.compositionTimeMs === 0,
  );
  if (packet.packetType === "frames" && canLeaveOut) return ExVideoPacketType.CodedFramesX;
  return ENHANCED_PACKET_TYPES.indexOf(packet.packetType);
}

function putCompositionTime(track: VideoTrack): TrackBody {
  if (!CODECS_WITH_COMPOSITION_TIME.has(track.codec)) return track;
  const writer = new ByteWriter(3 + track.body.length);
  writer.u24(track.compositionTimeMs & 0xffffff);
  writer.bytes(track.body);
  return { ...track, body: writer.take() };
}
