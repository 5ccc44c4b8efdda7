import { ProtocolError } from "../../errors.ts";
import { decodeAudioHeader } from "./audio-header.ts";
import { type CodecDescription, NO_CODEC } from "./codec-description.ts";
import { describeAudioTrack } from "./describe-audio.ts";
import { describeVideoTrack } from "./describe-video.ts";
import type { MediaMessage } from "./media-message.ts";
import { decodeVideoHeader } from "./video-header.ts";

export type { CodecDescription } from "./codec-description.ts";

/**
 * A track in words, from its configuration message or, where the codec has none, from a (first, key) frame: "H.264 High
 * 4.1 1920×1080", "AAC-LC 44.1 kHz stereo". Of a message with several tracks it is the first. Never throws: what cannot
 * be read is undefined, and what is no media has an empty codec.
 */
export function describeCodec(payload: Uint8Array, kind: MediaMessage["kind"]): CodecDescription {
  try {
    return describe(payload, kind);
  } catch (error) {
    if (error instanceof ProtocolError) return NO_CODEC;
    throw error;
  }
}

function describe(payload: Uint8Array, kind: MediaMessage["kind"]): CodecDescription {
  if (kind === "audio") {
    const header = decodeAudioHeader(payload);
    const [track] = header.kind === "packet" ? header.tracks : [];
    return header.kind === "packet" && track !== undefined
      ? describeAudioTrack(track, header.packetType, header.sound)
      : NO_CODEC;
  }
  if (kind === "data") return NO_CODEC;
  const header = decodeVideoHeader(payload);
  const [track] = header.kind === "packet" ? header.tracks : [];
  return header.kind === "packet" && track !== undefined ? describeVideoTrack(track, header.packetType) : NO_CODEC;
}
