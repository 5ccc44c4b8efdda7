import { FrameType, SoundFormat } from "./codec-ids.ts";
import { ExAudioPacketType, ExVideoPacketType, MAX_MODEX_BLOCKS, MultitrackType } from "./enhanced.ts";
import type { MediaMessage } from "./media-message.ts";
import { scriptName } from "./script-name.ts";
import { hasAvcPacketType } from "./video-header.ts";

/**
 * What a broadcast must know of a message, from the first bytes of its body alone. Every message of every publisher
 * passes here, so it reads bytes in place and allocates nothing but the result. Never throws: a body that is too short
 * or makes no sense is neither key frame nor configuration nor disposable, and belongs to track 0.
 */
export function classifyMedia(kind: MediaMessage["kind"], timestamp: number, payload: Uint8Array): MediaMessage {
  const traits = traitsOf(kind, payload);
  return {
    kind,
    timestamp,
    payload,
    isKeyframe: (traits & KEYFRAME) !== 0,
    isConfig: (traits & CONFIG_MASK) !== 0,
    isDisposable: (traits & DISPOSABLE) !== 0,
    trackId: (traits >> TRACK_SHIFT) & 0xff,
  };
}

/**
 * Names what a newer configuration replaces: a message with `isConfig` takes the place of the one kept for the same
 * slot. Sequence headers, multichannel configurations and colour information have one slot for each track, data one
 * for each name. A message with many tracks has a slot of its own, since it may not name all that others named.
 */
export function configSlot(message: Pick<MediaMessage, "kind" | "payload">): string | number {
  if (message.kind === "data") return dataSlot(scriptName(message.payload) ?? "");
  const slot = traitsOf(message.kind, message.payload) & (CONFIG_MASK | MANY_TRACKS | (0xff << TRACK_SHIFT));
  return message.kind === "video" ? slot | VIDEO_SLOT : slot;
}

/** The slot of stored data, such as `onMetaData`. */
export function dataSlot(name: string): string {
  return `data ${name}`;
}

// What a message is, packed into one number so that no object is made on the way.
const KEYFRAME = 1 << 0;
const DISPOSABLE = 1 << 1;
const SEQUENCE_HEADER = 1 << 2;
const MULTICHANNEL_CONFIG = 1 << 3;
const COLOUR_INFO = 1 << 4;
const METADATA = 1 << 5;
const MANY_TRACKS = 1 << 6;
const VIDEO_SLOT = 1 << 7;
const TRACK_SHIFT = 8;
const CONFIG_MASK = SEQUENCE_HEADER | MULTICHANNEL_CONFIG | COLOUR_INFO | METADATA;

function traitsOf(kind: MediaMessage["kind"], payload: Uint8Array): number {
  const first = payload[0];
  if (first === undefined) return 0;
  if (kind === "video") return (first & 0x80) === 0 ? legacyVideo(payload, first) : enhancedVideo(payload, first);
  if (kind === "data") return scriptName(payload) === "onMetaData" ? METADATA : 0;
  if (first >> 4 === SoundFormat.Enhanced) return enhancedAudio(payload, first);
  return first >> 4 === SoundFormat.Aac && payload[1] === 0 && payload.length > 2 ? SEQUENCE_HEADER : 0;
}

/** Before the configuration or the NAL units of AVC: a body without any is a keep-alive. */
const AVC_HEADER_BYTES = 5;

function legacyVideo(payload: Uint8Array, first: number): number {
  const frameType = first >> 4;
  if (frameType === FrameType.Command) return 0;
  if (!hasAvcPacketType(first & 15)) return payload.length > 1 ? frameTraits(frameType) : 0;
  if (payload.length <= AVC_HEADER_BYTES) return 0;
  if (payload[1] === 0) return SEQUENCE_HEADER;
  return payload[1] === 1 ? frameTraits(frameType) : 0;
}

function frameTraits(frameType: number): number {
  if (frameType === FrameType.Key) return KEYFRAME;
  return frameType === FrameType.DisposableInter ? DISPOSABLE : 0;
}

function enhancedVideo(payload: Uint8Array, first: number): number {
  const frameType = (first >> 4) & 7;
  const at = skipModEx(payload);
  if (at < 0) return 0;
  const packetType = (payload[at] ?? 0) & 15;
  if (frameType === FrameType.Command && packetType !== ExVideoPacketType.Metadata) return 0;
  if (packetType !== ExVideoPacketType.Multitrack) {
    const bodyAt = at + 1 + FOURCC_BYTES + compositionTimeBytes(payload, at + 1, packetType);
    return bodyAt < payload.length ? enhancedVideoTraits(packetType, frameType) : 0;
  }
  const tracks = trackTraits(payload, at + 1);
  if (tracks < 0) return 0;
  const innerType = (payload[at + 1] ?? 0) & 15;
  const bodyAt = at + 2 + FOURCC_BYTES + 1 + compositionTimeBytes(payload, at + 2, innerType);
  // Of many tracks, some may have nothing to say.
  const hasBody = (tracks & MANY_TRACKS) !== 0 || bodyAt < payload.length;
  return hasBody ? tracks | enhancedVideoTraits(innerType, frameType) : tracks;
}

/** Between FourCC and picture: a frame that ends there is a keep-alive, as it is in the legacy form. */
function compositionTimeBytes(payload: Uint8Array, fourCcAt: number, packetType: number): number {
  if (packetType !== ExVideoPacketType.CodedFrames) return 0;
  const isVc1 = payload[fourCcAt + 1] === 0x76 && payload[fourCcAt + 2] === 0x63 && payload[fourCcAt + 3] === 0x31;
  if (!isVc1) return 0;
  switch (payload[fourCcAt]) {
    case 0x61: // avc1
    case 0x68: // hvc1
    case 0x76: // vvc1
      return 3;
    default:
      return 0;
  }
}

function enhancedVideoTraits(packetType: number, frameType: number): number {
  switch (packetType) {
    case ExVideoPacketType.SequenceStart:
    case ExVideoPacketType.Mpeg2TsSequenceStart:
      return SEQUENCE_HEADER;
    case ExVideoPacketType.Metadata:
      return COLOUR_INFO;
    case ExVideoPacketType.CodedFrames:
    case ExVideoPacketType.CodedFramesX:
      return frameTraits(frameType);
    default:
      return 0;
  }
}

function enhancedAudio(payload: Uint8Array, first: number): number {
  const at = (first & 15) === ExAudioPacketType.ModEx ? skipModEx(payload) : 0;
  if (at < 0) return 0;
  const packetType = (payload[at] ?? 0) & 15;
  if (packetType !== ExAudioPacketType.Multitrack) {
    return at + FOURCC_BYTES < payload.length ? enhancedAudioTraits(packetType) : 0;
  }
  const tracks = trackTraits(payload, at + 1);
  return tracks < 0 ? 0 : tracks | enhancedAudioTraits((payload[at + 1] ?? 0) & 15);
}

function enhancedAudioTraits(packetType: number): number {
  if (packetType === ExAudioPacketType.SequenceStart) return SEQUENCE_HEADER;
  return packetType === ExAudioPacketType.MultichannelConfig ? MULTICHANNEL_CONFIG : 0;
}

const FOURCC_BYTES = 4;

/** Where the byte stands whose low half is the packet type behind all ModEx blocks; -1 for blocks without an end. */
function skipModEx(payload: Uint8Array): number {
  let at = 0;
  for (let blocks = 0; blocks <= MAX_MODEX_BLOCKS; blocks++) {
    const types = payload[at];
    if (types === undefined) return -1;
    if ((types & 15) !== ExVideoPacketType.ModEx) return at;
    let size = (payload[at + 1] ?? 0) + 1;
    at += 2;
    if (size === 256) {
      size = ((payload[at] ?? 0) << 8) + (payload[at + 1] ?? 0) + 1;
      at += 2;
    }
    at += size;
  }
  return -1;
}

/** Track id and form of a message with a multitrack byte at `at`; -1 for a reserved form or one that is cut. */
function trackTraits(payload: Uint8Array, at: number): number {
  const form = (payload[at] ?? 0xff) >> 4;
  if (form > MultitrackType.ManyTracksManyCodecs) return -1;
  const trackId = payload[at + 1 + FOURCC_BYTES];
  if (trackId === undefined) return -1;
  return form === MultitrackType.OneTrack ? trackId << TRACK_SHIFT : MANY_TRACKS;
}
