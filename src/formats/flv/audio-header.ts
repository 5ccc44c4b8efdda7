import { ByteReader } from "../../bytes/byte-reader.ts";
import { ByteWriter } from "../../bytes/byte-writer.ts";
import { codecOfSoundFormat, SoundFormat } from "./codec-ids.ts";
import {
  ExAudioPacketType,
  type Multitrack,
  multitrackOf,
  readModEx,
  readSingleTrack,
  readTracks,
  type TrackBody,
  writeModEx,
  writeTracks,
} from "./enhanced.ts";

/** What the body of an audio tag says, legacy or enhanced. FLV 10.1 section E.4.2, Enhanced RTMP v2 "Enhanced Audio". */
export type AudioHeader =
  | AudioPacket
  /** A packet type without a meaning yet: drop the message. */
  | { readonly kind: "reserved"; readonly isEnhanced: boolean; readonly packetType: number }
  /** A body of no bytes, which Flash sends when the microphone is silent: play out, and expect no audio for now. */
  | { readonly kind: "silence" }
  /** The one byte of an AAC header without its packet type: ignore it. */
  | { readonly kind: "empty" };

export type AudioPacket = {
  readonly kind: "packet";
  readonly packetType: AudioPacketType;
  /** What the first byte of the legacy form says; undefined in the enhanced form. */
  readonly sound: Sound | undefined;
  /** Added to the presentation time, 0 to 999 999 ns; 0 when it is not told. */
  readonly timestampOffsetNanoseconds: number;
  /** Undefined for a message that names no tracks: it has one, with id 0. */
  readonly multitrack: Multitrack | undefined;
  readonly tracks: readonly TrackBody[];
};

export type AudioPacketType = "sequence-start" | "frames" | "sequence-end" | "multichannel-config";

/** The first byte of a legacy body. Many codecs have a fixed or another rate than it can say: see `describeCodec`. */
export type Sound = {
  /** One of `SoundFormat`, or another number to 15. */
  readonly format: number;
  /** Hz: 5512, 11025, 22050 or 44100. */
  readonly sampleRate: number;
  readonly bitsPerSample: 8 | 16;
  readonly channels: 1 | 2;
};

/** Bodies are views of `payload`. Throws `bytes.truncated` or `media.header`. */
export function decodeAudioHeader(payload: Uint8Array): AudioHeader {
  if (payload.length === 0) return { kind: "silence" };
  const reader = new ByteReader(payload);
  const first = reader.u8();
  return first >> 4 === SoundFormat.Enhanced ? decodeEnhanced(reader, first) : decodeLegacy(reader, first);
}

/** The whole tag body, the reverse of `decodeAudioHeader`. A TypeError for what the form cannot say. */
export function encodeAudioHeader(header: AudioHeader): Uint8Array {
  const writer = new ByteWriter(64);
  if (header.kind === "reserved") throw new TypeError("a reserved audio packet cannot be written");
  if (header.kind === "empty") writer.u8(AAC_FIRST_BYTE);
  if (header.kind === "packet") {
    if (header.sound === undefined) writeEnhanced(writer, header);
    else writeLegacy(writer, header, header.sound);
  }
  return writer.take();
}

/** A packet of one track from its parts; by default enhanced frames of track 0, and track 0 names no track. */
export function createAudioPacket(
  parts: Pick<TrackBody, "codec" | "body"> & Partial<TrackBody> & Partial<Omit<AudioPacket, "kind" | "tracks">>,
): AudioPacket {
  const { codec, body, trackId = 0 } = parts;
  return {
    kind: "packet",
    packetType: parts.packetType ?? "frames",
    sound: parts.sound,
    timestampOffsetNanoseconds: parts.timestampOffsetNanoseconds ?? 0,
    multitrack: parts.multitrack ?? (trackId === 0 ? undefined : "one-track"),
    tracks: [{ trackId, codec, body }],
  };
}

/** What every legacy AAC message says, whatever the true rate and channels are. FLV 10.1 section E.4.2.1. */
export const AAC_SOUND: Sound = { format: SoundFormat.Aac, sampleRate: 44100, bitsPerSample: 16, channels: 2 };

const AAC_FIRST_BYTE = 0xaf;

/** By SoundRate. */
const SAMPLE_RATES: readonly number[] = [5512, 11025, 22050, 44100];

const PACKET_TYPES: readonly (AudioPacketType | undefined)[] = [
  "sequence-start",
  "frames",
  "sequence-end",
  undefined,
  "multichannel-config",
];

function decodeLegacy(reader: ByteReader, first: number): AudioHeader {
  const format = first >> 4;
  const sound: Sound = {
    format,
    sampleRate: SAMPLE_RATES[(first >> 2) & 3] ?? 0,
    bitsPerSample: (first & 2) === 0 ? 8 : 16,
    channels: (first & 1) === 0 ? 1 : 2,
  };
  let packetType: AudioPacketType = "frames";
  if (format === SoundFormat.Aac) {
    if (reader.remaining === 0) return { kind: "empty" };
    const number = reader.u8();
    if (number > 1) return { kind: "reserved", isEnhanced: false, packetType: number };
    if (number === 0) packetType = "sequence-start";
  }
  return createAudioPacket({ codec: codecOfSoundFormat(format), body: reader.rest(), packetType, sound });
}

function decodeEnhanced(reader: ByteReader, first: number): AudioHeader {
  const behind = readModEx(reader, first & 15);
  let number = behind.packetType;
  let multitrack: Multitrack | undefined;
  if (number === ExAudioPacketType.Multitrack) {
    const types = reader.u8();
    multitrack = multitrackOf(types >> 4);
    number = multitrack === undefined ? ExAudioPacketType.Multitrack : types & 15;
  }
  const packetType = PACKET_TYPES[number];
  if (packetType === undefined) return { kind: "reserved", isEnhanced: true, packetType: number };
  return {
    kind: "packet",
    packetType,
    sound: undefined,
    timestampOffsetNanoseconds: behind.timestampOffsetNanoseconds,
    multitrack,
    tracks: multitrack === undefined ? [readSingleTrack(reader)] : readTracks(reader, multitrack),
  };
}

function writeLegacy(writer: ByteWriter, packet: AudioPacket, sound: Sound): void {
  const [track] = packet.tracks;
  if (track === undefined || packet.tracks.length > 1 || track.trackId !== 0) {
    throw new TypeError("a legacy audio message has exactly one track, with id 0");
  }
  if (codecOfSoundFormat(sound.format) !== track.codec)
    throw new TypeError(`sound format ${sound.format} is no ${track.codec}`);
  const rate = SAMPLE_RATES.indexOf(sound.sampleRate);
  if (rate < 0) throw new TypeError(`no legacy audio form for ${sound.sampleRate} Hz`);
  const size = sound.bitsPerSample === 16 ? 2 : 0;
  writer.u8((sound.format << 4) | (rate << 2) | size | (sound.channels - 1));
  if (sound.format === SoundFormat.Aac && packet.packetType === "sequence-start") writer.u8(0);
  else if (packet.packetType !== "frames") throw new TypeError(`no legacy ${packet.packetType} for ${track.codec}`);
  else if (sound.format === SoundFormat.Aac) writer.u8(1);
  writer.bytes(track.body);
}

function writeEnhanced(writer: ByteWriter, packet: AudioPacket): void {
  const packetType = PACKET_TYPES.indexOf(packet.packetType);
  const { multitrack, timestampOffsetNanoseconds, tracks } = packet;
  const outer = multitrack === undefined ? packetType : ExAudioPacketType.Multitrack;
  writeModEx(writer, SoundFormat.Enhanced << 4, outer, timestampOffsetNanoseconds);
  writeTracks(writer, multitrack, packetType, tracks);
}
