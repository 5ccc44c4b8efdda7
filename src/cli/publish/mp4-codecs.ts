import { encodeAv1Config } from "../../formats/codecs/av1-config.ts";
import { encodeVpConfig } from "../../formats/codecs/vp-config.ts";
import {
  AAC_SOUND,
  type AudioPacketType,
  createAudioPacket,
  encodeAudioHeader,
  type Sound,
} from "../../formats/flv/audio-header.ts";
import { codecName } from "../../formats/flv/codec-description.ts";
import { FrameType, fourCcOf, SoundFormat, VideoCodecId } from "../../formats/flv/codec-ids.ts";
import { createVideoPacket, encodeVideoHeader, type VideoPacketType } from "../../formats/flv/video-header.ts";

/** Makes message bodies of the samples of one track. */
export type VideoBodies = {
  /** For onMetaData. */
  readonly codecId: number;
  readonly config: Uint8Array | undefined;
  frame(sample: Uint8Array, isKeyframe: boolean, compositionTimeMs: number): Uint8Array;
};

export type AudioBodies = {
  readonly codecId: number;
  readonly config: Uint8Array | undefined;
  frame(sample: Uint8Array): Uint8Array;
};

/** What the file says of a track. */
export type VideoTrackFacts = {
  readonly codec: string;
  /** As in HTML: `avc1.64001f`, `av01.0.04M.08`. */
  readonly codecString: string;
  /** The decoder configuration record of H.264 and HEVC. */
  readonly description: Uint8Array | undefined;
  readonly firstSample: Uint8Array;
};

export type AudioTrackFacts = {
  readonly codec: string;
  /** AudioSpecificConfig, OpusHead, or FLAC's first blocks. */
  readonly description: Uint8Array | undefined;
  readonly sampleRate: number;
  readonly channels: number;
};

/** H.264 in the old form, which everybody reads, all else by Enhanced RTMP; undefined for what RTMP cannot carry. */
export function videoBodies(facts: VideoTrackFacts): VideoBodies | undefined {
  const record = videoRecord(facts);
  if (record === undefined) return undefined;
  const { codec } = facts;
  const isEnhanced = codec !== "avc";
  const body = (packetType: VideoPacketType, isKeyframe: boolean, sample: Uint8Array, compositionTimeMs: number) => {
    const frameType = isKeyframe ? FrameType.Key : FrameType.Inter;
    return encodeVideoHeader(
      createVideoPacket({ codec, body: sample, packetType, frameType, isEnhanced, compositionTimeMs }),
    );
  };
  return {
    codecId: isEnhanced ? fourCcOf(codec) : VideoCodecId.Avc,
    config: body("sequence-start", true, record, 0),
    frame: (sample, isKeyframe, compositionTimeMs) => body("frames", isKeyframe, sample, compositionTimeMs),
  };
}

function videoRecord({ codec, codecString, description, firstSample }: VideoTrackFacts): Uint8Array | undefined {
  switch (codec) {
    case "avc":
    case "hevc":
      return description;
    case "av1":
      return av1Record(codecString, firstSample);
    case "vp8":
    case "vp9":
      return vpRecord(codecString);
    default:
      return undefined;
  }
}

/** `av01.profile.level+tier.depth[.monochrome.chroma…]`. "Codecs Parameter String" of the AV1 binding for MP4. */
function av1Record(codecString: string, firstSample: Uint8Array): Uint8Array {
  const [, profile = "0", level = "00M", depth = "8", monochrome = "0", chroma = "110"] = codecString.split(".");
  const [x = 1, y = 1, position = 0] = Array.from(chroma, Number);
  const format = {
    profile: Number(profile),
    levelIndex: Number.parseInt(level, 10),
    isHighTier: level.endsWith("H"),
    bitDepth: Number(depth),
    isMonochrome: monochrome === "1",
    chroma: [x, y, position],
  } as const;
  return encodeAv1Config(format, firstSample);
}

/** `vp09.profile.level.depth[.chroma.primaries.transfer.matrix.range]`, or only `vp8`. */
function vpRecord(codecString: string): Uint8Array {
  const [, ...numbers] = codecString.split(".").map(Number);
  const [profile = 0, level = 0, bitDepth = 8, chromaSubsampling = 1, primaries = 2, transfer = 2, matrix = 2, range] =
    numbers;
  const config = { profile, level, bitDepth, chromaSubsampling, isFullRange: range === 1 };
  return encodeVpConfig(config, { primaries, transfer, matrix });
}

/** AAC, MP3 and G.711 in the old form where it can say their rate, all else by Enhanced RTMP; undefined otherwise. */
export function audioBodies(facts: AudioTrackFacts): AudioBodies | undefined {
  const { codec } = facts;
  const sound = legacySound(facts);
  if (sound === undefined && !ENHANCED_AUDIO.has(codec)) return undefined;
  const record = audioRecord(facts);
  if (record === undefined && CODECS_WITH_RECORD.has(codec)) return undefined;
  const name = sound === undefined ? codec : (LEGACY_NAMES[codec] ?? codec);
  const body = (packetType: AudioPacketType, sample: Uint8Array): Uint8Array =>
    encodeAudioHeader(createAudioPacket({ codec: name, body: sample, packetType, sound }));
  return {
    codecId: sound === undefined ? fourCcOf(codec) : sound.format,
    config: record === undefined ? undefined : body("sequence-start", record),
    frame: (sample) => body("frames", sample),
  };
}

const ENHANCED_AUDIO = new Set(["aac", "opus", "mp3", "flac", "ac3", "eac3"]);
const CODECS_WITH_RECORD = new Set(["aac", "opus", "flac"]);
const LEGACY_NAMES: Record<string, string> = { alaw: "g711-alaw", ulaw: "g711-mulaw" };
/** Those that the old form can say. */
const LEGACY_MP3_RATES = new Set([11025, 22050, 44100]);

function legacySound({ codec, sampleRate, channels }: AudioTrackFacts): Sound | undefined {
  if (codec === "aac") return AAC_SOUND;
  if (channels !== 1 && channels !== 2) return undefined;
  if (codec === "mp3" && LEGACY_MP3_RATES.has(sampleRate)) {
    return { format: SoundFormat.Mp3, sampleRate, bitsPerSample: 16, channels };
  }
  // G.711 is at 8 kHz, and says 5.5.
  if ((codec === "alaw" || codec === "ulaw") && sampleRate === 8000) {
    const format = codec === "alaw" ? SoundFormat.G711ALaw : SoundFormat.G711MuLaw;
    return { format, sampleRate: 5512, bitsPerSample: 16, channels };
  }
  return undefined;
}

/** "fLaC", the header of a block, and STREAMINFO. */
const FLAC_RECORD_BYTES = 4 + 4 + 34;
const LAST_FLAC_BLOCK = 0x80;

function audioRecord({ codec, description }: AudioTrackFacts): Uint8Array | undefined {
  if (!CODECS_WITH_RECORD.has(codec) || codec !== "flac" || description === undefined) return description;
  // What follows are tags and pictures.
  const record = description.slice(0, FLAC_RECORD_BYTES);
  record[4] = LAST_FLAC_BLOCK;
  return record;
}

/** How people call a codec of the file's reader: "ProRes" for "prores", "pcm-s16" as it is. */
export function mp4CodecName(codec: string | null): string {
  return codec === null ? "of an unknown codec" : codecName(codec);
}
