import { hex } from "../../src/bytes/hex.ts";
import { createAudioPacket, encodeAudioHeader } from "../../src/formats/flv/audio-header.ts";
import { classifyMedia } from "../../src/formats/flv/classify.ts";
import type { MediaMessage } from "../../src/formats/flv/media-message.ts";
import { createVideoPacket, encodeVideoHeader } from "../../src/formats/flv/video-header.ts";

/** A sequence header of H.264 High 1.2, 320 × 180. */
export const AVC_CONFIG: Uint8Array = hex`
  17 00 000000
  01 64000c ff e1 0018 6764000cacd305067e7c0440000003004000000c83c50a4e 01 0004 68ef8fcb fdf8f800
`;
/** The same at level 3.0: another configuration. */
export const OTHER_AVC_CONFIG: Uint8Array = hex`
  17 00 000000
  01 64001e ff e1 0018 6764001eacd305067e7c0440000003004000000c83c50a4e 01 0004 68ef8fcb fdf8f800
`;
/** AAC-LC, 44.1 kHz, stereo. */
export const AAC_CONFIG: Uint8Array = hex`af 00 1210 56e500`;

const AAC_FRAME_MS = 1024 / 44.1;

export type PublishedMedia = {
  readonly fromMs: number;
  readonly toMs: number;
  /** Pictures in a second; 0 for none. */
  readonly frameRate?: number;
  readonly gopMs?: number;
  readonly hasAudio?: boolean;
  /** Bytes of a picture. */
  readonly pictureBytes?: number;
};

/** Pictures and sound in the order of their times, as an encoder sends them; without configurations. */
export function mediaMessages(media: PublishedMedia): MediaMessage[] {
  const { fromMs, toMs, frameRate = 25, gopMs = 2000, hasAudio = true, pictureBytes = 200 } = media;
  const messages: MediaMessage[] = [];
  const pictures = frameRate === 0 ? 0 : Math.floor(((toMs - fromMs) * frameRate) / 1000);
  let nextKeyframeMs = fromMs;
  for (let index = 0; index < pictures; index++) {
    const timestamp = fromMs + Math.round((index * 1000) / frameRate);
    const isKeyframe = timestamp >= nextKeyframeMs;
    if (isKeyframe) nextKeyframeMs += gopMs;
    messages.push(picture(timestamp, isKeyframe, pictureBytes));
  }
  const frames = hasAudio ? Math.floor((toMs - fromMs) / AAC_FRAME_MS) : 0;
  for (let index = 0; index < frames; index++) messages.push(sound(fromMs + Math.round(index * AAC_FRAME_MS)));
  return messages.sort((one, other) => one.timestamp - other.timestamp);
}

export function configMessages(timestamp = 0): MediaMessage[] {
  return [classifyMedia("video", timestamp, AVC_CONFIG), classifyMedia("audio", timestamp, AAC_CONFIG)];
}

/** A picture of H.264 with one slice of zeros. */
export function picture(timestamp: number, isKeyframe: boolean, byteLength = 200): MediaMessage {
  const payload = new Uint8Array(5 + 4 + byteLength);
  payload.set([isKeyframe ? 0x17 : 0x27, 1, 0, 0, 0]);
  new DataView(payload.buffer).setUint32(5, byteLength);
  payload[9] = isKeyframe ? 0x65 : 0x41;
  return classifyMedia("video", timestamp, payload);
}

export function sound(timestamp: number): MediaMessage {
  return classifyMedia("audio", timestamp, hex`af 01 210049900219002380`);
}

/** The same message on another track, in the form of Enhanced RTMP. */
export function onTrack(trackId: number, message: MediaMessage): MediaMessage {
  const { kind, timestamp, payload, isKeyframe, isConfig } = message;
  if (kind === "audio") {
    const packetType = isConfig ? "sequence-start" : "frames";
    const packet = createAudioPacket({ codec: "aac", body: payload.subarray(2), trackId, packetType });
    return classifyMedia("audio", timestamp, encodeAudioHeader(packet));
  }
  const packetType = isConfig ? "sequence-start" : "frames";
  const frameType = isKeyframe || isConfig ? 1 : 2;
  const packet = createVideoPacket({ codec: "avc", body: payload.subarray(5), trackId, packetType, frameType });
  return classifyMedia("video", timestamp, encodeVideoHeader(packet));
}

/** What FLV1 looks like: no codec of MP4. */
export function flv1Picture(timestamp: number): MediaMessage {
  return classifyMedia("video", timestamp, hex`12 00008400 816a 0000000000`);
}
