import { ByteReader } from "../../bytes/byte-reader.ts";
import type { MediaMessage } from "./media-message.ts";

/** The type of an FLV tag, which is also the type of the RTMP message. FLV 10.1 section E.4.1, Enhanced RTMP v2. */
export const TagType = { Audio: 8, Video: 9, ScriptAmf3: 15, Script: 18 } as const;
export type TagType = (typeof TagType)[keyof typeof TagType];

/** The header of a tag; behind its data stand four more bytes, the size of both. */
export const TAG_HEADER_BYTES = 11;
export const TAG_TRAILER_BYTES = 4;
/** What the 24-bit size of a tag can say. */
export const MAX_TAG_DATA_BYTES = 0xff_ffff;

export type TagHeader = {
  /** A `TagType`, or any other number to 31. */
  readonly type: number;
  /** The data is encrypted behind its codec header: pass it through unread. FLV 10.1 Annex F. */
  readonly isEncrypted: boolean;
  readonly dataBytes: number;
  /** Decode time in ms, signed 32 bits. */
  readonly timestamp: number;
  /** 0 in every file that follows the specification. */
  readonly streamId: number;
};

/** Returns undefined when `bytes` ends before the header does. FLV 10.1 section E.4.1. */
export function decodeTagHeader(bytes: Uint8Array): TagHeader | undefined {
  if (bytes.length < TAG_HEADER_BYTES) return undefined;
  const reader = new ByteReader(bytes);
  const first = reader.u8();
  const dataBytes = reader.u24();
  const timestamp = reader.u24() | (reader.u8() << 24);
  return { type: first & 0x1f, isEncrypted: (first & 0x20) !== 0, dataBytes, timestamp, streamId: reader.u24() };
}

/**
 * Writes a tag header in place, for those who put tags together in a buffer of their own. Returns where the data goes.
 * The timestamp may be signed or unsigned 32 bits. A RangeError where there is no room.
 */
export function writeTagHeader(
  target: Uint8Array,
  at: number,
  type: number,
  dataBytes: number,
  timestamp: number,
): number {
  checkRoom(target, at, TAG_HEADER_BYTES);
  target[at] = type;
  target[at + 1] = dataBytes >>> 16;
  target[at + 2] = dataBytes >>> 8;
  target[at + 3] = dataBytes;
  target[at + 4] = timestamp >>> 16;
  target[at + 5] = timestamp >>> 8;
  target[at + 6] = timestamp;
  target[at + 7] = timestamp >>> 24;
  target.fill(0, at + 8, at + TAG_HEADER_BYTES);
  return at + TAG_HEADER_BYTES;
}

/** Writes the four bytes behind a tag's data. Returns where the next tag goes. A RangeError where there is no room. */
export function writeTagTrailer(target: Uint8Array, at: number, dataBytes: number): number {
  checkRoom(target, at, TAG_TRAILER_BYTES);
  const size = TAG_HEADER_BYTES + dataBytes;
  target[at] = size >>> 24;
  target[at + 1] = size >>> 16;
  target[at + 2] = size >>> 8;
  target[at + 3] = size;
  return at + TAG_TRAILER_BYTES;
}

/** The tag type of a media message. */
export function tagTypeOf(kind: MediaMessage["kind"]): TagType {
  if (kind === "audio") return TagType.Audio;
  return kind === "video" ? TagType.Video : TagType.Script;
}

/** The kind of message in a tag; undefined for a type without a meaning. */
export function kindOfTagType(type: number): MediaMessage["kind"] | undefined {
  if (type === TagType.Audio) return "audio";
  if (type === TagType.Video) return "video";
  return type === TagType.Script || type === TagType.ScriptAmf3 ? "data" : undefined;
}

function checkRoom(target: Uint8Array, at: number, length: number): void {
  if (at + length > target.length) throw new RangeError(`${length} bytes at ${at} do not fit into ${target.length}`);
}
