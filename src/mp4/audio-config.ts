import { ByteReader } from "../bytes/byte-reader.ts";
import type { ByteWriter } from "../bytes/byte-writer.ts";
import { ProtocolError } from "../errors.ts";
import { type AacConfig, decodeAacConfig } from "../formats/codecs/aac-config.ts";
import { decodeAc3Frame } from "../formats/codecs/ac3-frame.ts";
import { decodeFlacConfig } from "../formats/codecs/flac-config.ts";
import { decodeMp3Header } from "../formats/codecs/mp3-header.ts";
import { decodeOpusHead, opusPacketChannels } from "../formats/codecs/opus-head.ts";
import { flacSamples, mp3Samples, opusSamples } from "./audio-frames.ts";
import { decodeDolbyFrames, dolbySamples, writeDac3, writeDec3 } from "./dolby.ts";
import { ObjectType, writeEsds } from "./esds.ts";
import { encodeAudioEntry } from "./sample-entry.ts";
import type { TrackConfig } from "./track.ts";
import { writeBox, writeFullBox } from "./write-box.ts";

/** A track of sound, and how long its frames last. */
export type AudioFormat = {
  readonly config: TrackConfig;
  /** Ticks of a frame; never throws. */
  readonly ticksOf: (frame: Uint8Array) => number;
};

/** What is known of a track when a frame comes. */
export type AudioSource = {
  readonly trackId: number;
  readonly codec: string;
  /** Body of the sequence header; undefined where the publisher sent none. */
  readonly record: Uint8Array | undefined;
  readonly frame: Uint8Array;
  /** Of the multichannel configuration; undefined where none came. */
  readonly channels: number | undefined;
};

/**
 * The format of a track from its sequence header, or from a frame for codecs that have none. Undefined while they do not
 * tell enough. Throws `bytes.truncated` or `media.header`.
 */
export function createAudioFormat(source: AudioSource): AudioFormat | undefined {
  switch (source.codec) {
    case "aac":
      return aacFormat(source);
    case "mp3":
      return mp3Format(source);
    case "opus":
      return opusFormat(source);
    case "flac":
      return flacFormat(source);
    case "ac3":
    case "eac3":
      return dolbyFormat(source);
    default:
      return undefined;
  }
}

type Parts = {
  readonly entryType: string;
  readonly codecString: string;
  readonly timescale: number;
  /** As it is heard; the timescale where it is not told. */
  readonly sampleRate?: number;
  readonly channels: number;
  readonly bitsPerSample?: number;
  readonly writeConfig: (writer: ByteWriter) => void;
  readonly ticksOf: (frame: Uint8Array) => number;
};

function formatOf(source: AudioSource, parts: Parts): AudioFormat {
  const { codecString, timescale, ticksOf } = parts;
  const channels = source.channels ?? parts.channels;
  const { trackId, codec } = source;
  const sampleEntry = encodeAudioEntry(
    parts.entryType,
    channels,
    timescale,
    parts.bitsPerSample ?? 16,
    parts.writeConfig,
  );
  const sampleRate = parts.sampleRate ?? timescale;
  return {
    config: {
      kind: "audio",
      trackId,
      codec,
      codecString,
      timescale,
      width: 0,
      height: 0,
      sampleRate,
      channels,
      sampleEntry,
    },
    ticksOf,
  };
}

/** ISO/IEC 14496-14 section 5.6; the codec string as in RFC 6381 section 3.3. */
function aacFormat(source: AudioSource): AudioFormat | undefined {
  const { record } = source;
  if (record === undefined) return undefined;
  const aac = decodeAacConfig(record);
  const samples = aacSamples(aac);
  return formatOf(source, {
    entryType: "mp4a",
    codecString: `mp4a.40.${aacObjectType(aac)}`,
    timescale: aac.sampleRate,
    sampleRate: aac.sbrSampleRate ?? aac.sampleRate,
    channels: aac.hasParametricStereo ? 2 : (aac.channels ?? 2),
    writeConfig: (writer) => writeEsds(writer, ObjectType.Aac, record),
    ticksOf: () => samples,
  });
}

function aacObjectType(aac: AacConfig): number {
  if (aac.hasParametricStereo) return 29;
  return aac.sbrSampleRate === undefined ? aac.objectType : 5;
}

/** AAC-LD and AAC-ELD have half as many as the others. */
function aacSamples({ objectType, frameSamples }: AacConfig): number {
  return objectType === 23 || objectType === 39 ? frameSamples / 2 : frameSamples;
}

/** MPEG audio in an mp4a entry, as RFC 6381 and MP4RA list it. */
function mp3Format(source: AudioSource): AudioFormat {
  const { version, sampleRate, channels } = decodeMp3Header(source.frame);
  const objectType = version === "1" ? ObjectType.Mpeg1Audio : ObjectType.Mpeg2Audio;
  return formatOf(source, {
    entryType: "mp4a",
    codecString: "mp4a.40.34",
    timescale: sampleRate,
    channels,
    writeConfig: (writer) => writeEsds(writer, objectType, undefined),
    ticksOf: (frame) => orZero(() => mp3Samples(frame)),
  });
}

/** "Encapsulation of Opus in ISO Base Media File Format", section 4.3. A header may be empty: packets tell then. */
function opusFormat(source: AudioSource): AudioFormat | undefined {
  const { record, frame } = source;
  const hasHead = record !== undefined && record.length > 0;
  const channels = hasHead ? decodeOpusHead(record).channels : opusPacketChannels(frame);
  if (channels === undefined) return undefined;
  return formatOf(source, {
    entryType: "Opus",
    codecString: "Opus",
    timescale: OPUS_RATE,
    channels,
    writeConfig: (writer) => {
      writeBox(writer, "dOps", () => (hasHead ? writeOpusHead(writer, record) : writePlainOpusHead(writer, channels)));
    },
    ticksOf: opusSamples,
  });
}

const OPUS_RATE = 48_000;

/** The same as in the header, in big-endian order, and version 0. */
function writeOpusHead(writer: ByteWriter, record: Uint8Array): void {
  const reader = new ByteReader(record);
  reader.skip(9); // "OpusHead", version
  writer.u8(0);
  writer.u8(reader.u8());
  writer.u16(reader.u16LittleEndian());
  writer.u32(reader.u32LittleEndian());
  writer.u16(reader.u16LittleEndian());
  writer.bytes(reader.rest()); // mapping family and its table
}

function writePlainOpusHead(writer: ByteWriter, channels: number): void {
  writer.u8(0);
  writer.u8(channels);
  writer.u16(0); // pre-skip
  writer.u32(OPUS_RATE);
  writer.u16(0); // gain
  writer.u8(0); // mono or stereo
}

const STREAMINFO_BYTES = 34;

/** "Encapsulation of FLAC in ISO Base Media File Format", section 3.3. */
function flacFormat(source: AudioSource): AudioFormat | undefined {
  const { record } = source;
  if (record === undefined) return undefined;
  const { sampleRate, channels, bitsPerSample } = decodeFlacConfig(record);
  // Behind "fLaC" and the header of the block, unless it is the bare block
  const start = record.length === STREAMINFO_BYTES ? 0 : 8;
  const streamInfo = record.subarray(start, start + STREAMINFO_BYTES);
  return formatOf(source, {
    entryType: "fLaC",
    codecString: "fLaC",
    timescale: sampleRate,
    channels,
    bitsPerSample,
    writeConfig: (writer) => {
      writeFullBox(writer, "dfLa", 0, 0, () => {
        writer.u8(0x80); // the last block: STREAMINFO
        writer.u24(streamInfo.length);
        writer.bytes(streamInfo);
      });
    },
    ticksOf: flacSamples,
  });
}

/** ETSI TS 102 366 Annex F. What a message says it is does not matter: the frame does. */
function dolbyFormat(source: AudioSource): AudioFormat | undefined {
  const frames = decodeDolbyFrames(source.frame);
  const [first] = frames;
  if (first === undefined || first.isDependent) return undefined;
  const { sampleRate, channels } = decodeAc3Frame(source.frame);
  const samples = dolbySamples(frames);
  const bitrateKbps = samples === 0 ? 0 : Math.round((source.frame.length * 8 * sampleRate) / samples / 1000);
  return formatOf(source, {
    entryType: first.isEnhanced ? "ec-3" : "ac-3",
    codecString: first.isEnhanced ? "ec-3" : "ac-3",
    timescale: sampleRate,
    channels,
    writeConfig: (writer) => (first.isEnhanced ? writeDec3(writer, frames, bitrateKbps) : writeDac3(writer, first)),
    ticksOf: first.isEnhanced ? (frame) => orZero(() => dolbySamples(decodeDolbyFrames(frame))) : () => samples,
  });
}

function orZero(count: () => number): number {
  try {
    return count();
  } catch (error) {
    if (error instanceof ProtocolError) return 0;
    throw error;
  }
}
