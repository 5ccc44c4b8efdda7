import type { ByteWriter } from "../bytes/byte-writer.ts";
import { decodeAv1Config, findAv1SequenceHeader } from "../formats/codecs/av1-config.ts";
import { decodeVvcConfig } from "../formats/codecs/vvc-config.ts";
import { avcConfig } from "./avc.ts";
import { type Colours, writeColours } from "./colours.ts";
import { hevcConfig } from "./hevc.ts";
import { encodeVisualEntry } from "./sample-entry.ts";
import type { TrackConfig } from "./track.ts";
import { vpConfig } from "./vp.ts";
import { writeBox, writeFullBox } from "./write-box.ts";

/** What one codec's configuration means for MP4. */
export type VideoFormat = {
  readonly codecString: string;
  /** Of the sample entry: "avc1", … */
  readonly entryType: string;
  readonly width: number;
  readonly height: number;
  /** Writes the codec's own box. */
  readonly writeConfig: (writer: ByteWriter) => void;
};

/** What is known of a track when its next keyframe comes. */
export type VideoSource = {
  readonly trackId: number;
  readonly codec: string;
  /** Body of the sequence header; undefined where the publisher sent none. */
  readonly record: Uint8Array | undefined;
  readonly keyframe: Uint8Array;
  readonly colours: Colours | undefined;
};

/** Ticks in a second: the usual 90 kHz, in which a millisecond is 90. */
export const VIDEO_TIMESCALE = 90_000;

/**
 * The configuration of a track from its sequence header and a keyframe. Undefined while they do not tell enough. Throws
 * `bytes.truncated` or `media.header`.
 */
export function createVideoConfig(source: VideoSource): TrackConfig | undefined {
  const format = formatOf(source);
  if (format === undefined) return undefined;
  const { codecString, entryType, width, height, writeConfig } = format;
  const { colours } = source;
  const sampleEntry = encodeVisualEntry(entryType, width, height, (writer) => {
    writeConfig(writer);
    if (colours !== undefined) writeColours(writer, colours);
  });
  return {
    kind: "video",
    trackId: source.trackId,
    codec: source.codec,
    codecString,
    timescale: VIDEO_TIMESCALE,
    width,
    height,
    sampleRate: 0,
    channels: 0,
    sampleEntry,
  };
}

function formatOf({ codec, record, keyframe }: VideoSource): VideoFormat | undefined {
  switch (codec) {
    case "avc":
      return avcConfig(record, keyframe);
    case "hevc":
      return record === undefined ? undefined : hevcConfig(record);
    case "vvc":
      return record === undefined ? undefined : vvcConfig(record);
    case "av1":
      return record === undefined ? undefined : av1Config(record, keyframe);
    case "vp8":
    case "vp9":
      return vpConfig(codec, record, keyframe);
    default:
      return undefined;
  }
}

/** "AV1 Codec ISO Media File Format Binding", sections 2.2 and 5. */
function av1Config(record: Uint8Array, keyframe: Uint8Array): VideoFormat | undefined {
  const { profile, levelIndex, isHighTier, bitDepth, size: recordSize } = decodeAv1Config(record);
  const size = recordSize ?? findAv1SequenceHeader(keyframe)?.size;
  if (size === undefined) return undefined;
  const level = String(levelIndex).padStart(2, "0");
  return {
    codecString: `av01.${profile}.${level}${isHighTier ? "H" : "M"}.${String(bitDepth).padStart(2, "0")}`,
    entryType: "av01",
    ...size,
    writeConfig: (writer) => writeBox(writer, "av1C", () => writer.bytes(record)),
  };
}

/** ISO/IEC 14496-15 section 11.2.4 and Annex E. */
function vvcConfig(record: Uint8Array): VideoFormat | undefined {
  const { format } = decodeVvcConfig(record);
  if (format === undefined) return undefined;
  const { profileIdc, isHighTier, levelIdc, width, height } = format;
  // Some publishers send the record with the version and flags that it has as a box.
  const plain = record[0] === 0 ? record.subarray(4) : record;
  return {
    codecString: `vvc1.${profileIdc}.${isHighTier ? "H" : "L"}${levelIdc}`,
    entryType: "vvc1",
    width,
    height,
    writeConfig: (writer) => writeFullBox(writer, "vvcC", 0, 0, () => writer.bytes(plain)),
  };
}
