import { decodeVpConfig, encodeVpConfig, type VpConfig } from "../formats/codecs/vp-config.ts";
import { decodeVp8FrameSize, decodeVp9Frame } from "../formats/codecs/vp-frame.ts";
import type { VideoFormat } from "./video-config.ts";
import { writeBox } from "./write-box.ts";

/**
 * VP8 and VP9: the size stands only in the keyframe, and the configuration may be missing. "VP Codec ISO Media File
 * Format Binding", section 2.
 */
export function vpConfig(
  codec: "vp8" | "vp9",
  record: Uint8Array | undefined,
  keyframe: Uint8Array,
): VideoFormat | undefined {
  const picture = codec === "vp9" ? decodeVp9Frame(keyframe) : decodeVp8Picture(keyframe);
  if (picture === undefined) return undefined;
  const { width, height, profile, bitDepth } = picture;
  const known = record === undefined || record.length === 0 ? undefined : decodeVpConfig(record);
  const config: VpConfig = known ?? { profile, level: 0, bitDepth, chromaSubsampling: 1, isFullRange: false };
  const level = config.level === 0 ? levelFor(width * height) : config.level;
  const entryType = codec === "vp9" ? "vp09" : "vp08";
  const box = encodeVpConfig({ ...config, level }, coloursOf(record));
  return {
    codecString: [entryType, config.profile, level, config.bitDepth].map(twoDigits).join("."),
    entryType,
    width,
    height,
    writeConfig: (writer) => writeBox(writer, "vpcC", () => writer.bytes(box)),
  };
}

function decodeVp8Picture(keyframe: Uint8Array): ReturnType<typeof decodeVp9Frame> {
  const size = decodeVp8FrameSize(keyframe);
  return size === undefined ? undefined : { profile: 0, bitDepth: 8, ...size };
}

function twoDigits(value: string | number): string {
  return String(value).padStart(2, "0");
}

/** The three bytes of the record behind its depth; unknown where there is none. */
function coloursOf(record: Uint8Array | undefined): { primaries: number; transfer: number; matrix: number } {
  // With the version and flags of a box in front, or without them.
  const at = record === undefined || record.length < 12 ? 3 : 7;
  return { primaries: record?.[at] ?? 2, transfer: record?.[at + 1] ?? 2, matrix: record?.[at + 2] ?? 2 };
}

/** Ten times the lowest level that allows pictures of so many pixels. VP9 levels and decoder testing, section 2. */
function levelFor(pixels: number): number {
  return LEVELS.find(([most]) => pixels <= most)?.[1] ?? 62;
}

const LEVELS: readonly (readonly [pixels: number, level: number])[] = [
  [36_864, 10],
  [73_728, 11],
  [122_880, 20],
  [245_760, 21],
  [552_960, 30],
  [983_040, 31],
  [2_228_224, 40],
  [8_912_896, 50],
  [35_651_584, 60],
];
