import { readFileSync } from "node:fs";

/** One tag of an FLV file: the oracle's view, read without any code of src. */
export type FlvTag = {
  readonly type: "audio" | "video" | "script";
  /** Milliseconds, signed 32 bits. */
  readonly timestamp: number;
  readonly payload: Uint8Array;
};

/** A tag of the given type with its role in the stream. */
export type FlvTagRole = "configuration" | "keyframe" | "frame" | "end" | "script";

const TYPES: Readonly<Record<number, FlvTag["type"]>> = { 8: "audio", 9: "video", 15: "script", 18: "script" };

/** Reads the tags of an FLV file. A last tag that is cut, as after a kill, is left out. */
export function flvTags(file: string): FlvTag[] {
  return parseFlv(readFileSync(file));
}

export function parseFlv(bytes: Uint8Array): FlvTag[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length === 0) return [];
  if (bytes.length < 13 || view.getUint32(0) >>> 8 !== 0x464c56) throw new Error("not an FLV file");
  const tags: FlvTag[] = [];
  let offset = view.getUint32(5) + 4;
  while (offset + 15 <= bytes.length) {
    const size = view.getUint32(offset) & 0xffffff;
    const next = offset + 11 + size + 4;
    if (next > bytes.length) break;
    const type = TYPES[view.getUint8(offset) & 0x1f];
    if (type === undefined) throw new Error(`unknown FLV tag type ${view.getUint8(offset)} at byte ${offset}`);
    if (view.getUint32(next - 4) !== 11 + size) throw new Error(`wrong size after the FLV tag at byte ${offset}`);
    const timestamp = (view.getUint32(offset + 4) >>> 8) | (view.getUint8(offset + 7) << 24);
    tags.push({ type, timestamp, payload: bytes.subarray(offset + 11, offset + 11 + size) });
    offset = next;
  }
  return tags;
}

/** Configurations and end marks are repeated and re-timed by servers and players; frames are not. */
export function roleOf(tag: FlvTag): FlvTagRole {
  if (tag.type === "script") return "script";
  return tag.type === "audio" ? audioRole(tag.payload) : videoRole(tag.payload);
}

function audioRole(payload: Uint8Array): FlvTagRole {
  const format = (payload[0] ?? 0) >> 4;
  if (format === 10) return payload[1] === 0 ? "configuration" : "frame";
  if (format !== 9) return "frame";
  // Enhanced RTMP: 0 sequence start, 2 sequence end, 4 channel layout, 5 several tracks with the type in the next byte
  const isMultitrack = ((payload[0] ?? 0) & 15) === 5;
  const packetType = (payload[isMultitrack ? 1 : 0] ?? 0) & 15;
  if (packetType === 0 || packetType === 4) return "configuration";
  return packetType === 2 ? "end" : "frame";
}

function videoRole(payload: Uint8Array): FlvTagRole {
  const first = payload[0] ?? 0;
  const frame = ((first >> 4) & 7) === 1 ? "keyframe" : "frame";
  if (first & 0x80) return enhancedVideoRole((first & 15) === 6 ? (payload[1] ?? 0) & 15 : first & 15, frame);
  const codec = first & 15;
  // GStreamer ends every codec's stream with a header that nothing follows.
  if (codec !== 7 && codec !== 12) return payload.length > 1 ? frame : "end";
  if (payload[1] === 2) return "end";
  return payload[1] === 0 ? "configuration" : frame;
}

function enhancedVideoRole(packetType: number, frame: FlvTagRole): FlvTagRole {
  if (packetType === 0 || packetType === 4 || packetType === 5) return "configuration";
  return packetType === 2 ? "end" : frame;
}
