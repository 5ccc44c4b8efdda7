import { ByteWriter } from "../../bytes/byte-writer.ts";
import type { MediaMessage } from "./media-message.ts";
import {
  MAX_TAG_DATA_BYTES,
  TAG_HEADER_BYTES,
  TAG_TRAILER_BYTES,
  tagTypeOf,
  writeTagHeader,
  writeTagTrailer,
} from "./tag.ts";

/** Of the header that `encodeFlvHeader` gives, the first empty tag trailer included: the first tag stands behind it. */
export const FLV_HEADER_BYTES = 13;

/** The start of a file or an HTTP response. Readers should not trust the two flags. FLV 10.1 section E.2. */
export function encodeFlvHeader(tracks: { readonly hasAudio: boolean; readonly hasVideo: boolean }): Uint8Array {
  const writer = new ByteWriter(FLV_HEADER_BYTES);
  writer.utf8("FLV");
  writer.u8(1); // version
  writer.u8((tracks.hasAudio ? 4 : 0) | (tracks.hasVideo ? 1 : 0));
  writer.u32(9); // bytes so far
  writer.u32(0); // size of the tag before the first
  return writer.take();
}

/**
 * A whole tag with its trailer. `type` is a `TagType`; the timestamp in ms may be signed or unsigned 32 bits.
 * A RangeError for data that is longer than a tag can be (16 MiB).
 */
export function encodeFlvTag(type: number, timestamp: number, data: Uint8Array): Uint8Array {
  if (data.length > MAX_TAG_DATA_BYTES) throw new RangeError(`${data.length} bytes do not fit into an FLV tag`);
  const tag = new Uint8Array(TAG_HEADER_BYTES + data.length + TAG_TRAILER_BYTES);
  const at = writeTagHeader(tag, 0, type, data.length, timestamp);
  tag.set(data, at);
  writeTagTrailer(tag, at + data.length, data.length);
  return tag;
}

/** The tag of a media message; data becomes an AMF0 script tag. */
export function encodeMediaTag(message: Pick<MediaMessage, "kind" | "timestamp" | "payload">): Uint8Array {
  return encodeFlvTag(tagTypeOf(message.kind), message.timestamp, message.payload);
}
