import { ByteReader } from "../../src/bytes/byte-reader.ts";
import { ByteWriter } from "../../src/bytes/byte-writer.ts";
import type { OutgoingMedia } from "../../src/client/publish-stream.ts";
import { SeededRandom } from "./seeded-random.ts";

/** What a publication sends. */
export type FrameProfile = {
  readonly messagesPerSecond: number;
  readonly messagesPerGop: number;
  readonly keyframeBytes: number;
  readonly interFrameBytes: number;
  readonly audioBytes: number;
};

/** 0.2 Mbit/s: so little that a kernel holds minutes of it. */
const LIGHT: FrameProfile = {
  messagesPerSecond: 20,
  messagesPerGop: 20,
  keyframeBytes: 6_000,
  interFrameBytes: 2_000,
  audioBytes: 300,
};

/** 4 Mbit/s: who does not read this is behind within seconds. */
const HEAVY: FrameProfile = {
  messagesPerSecond: 30,
  messagesPerGop: 60,
  keyframeBytes: 90_000,
  interFrameBytes: 30_000,
  audioBytes: 400,
};

/** One slot of so many sends heavy media. */
export const SLOTS_TO_ONE_HEAVY = 10;
const SESSIONS_OF_A_SLOT = 4096;

/** The number of a publication: it stands in each of its frames, and all bytes of these follow from it. */
export function sessionNumber(slot: number, count: number): number {
  return slot * SESSIONS_OF_A_SLOT + (count % SESSIONS_OF_A_SLOT);
}

export function profileOf(session: number): FrameProfile {
  return Math.floor(session / SESSIONS_OF_A_SLOT) % SLOTS_TO_ONE_HEAVY === 0 ? HEAVY : LIGHT;
}

/** 640 × 360, one track, and AAC in stereo at 44.1 kHz: sent in front. */
export const CONFIGS: readonly OutgoingMedia[] = [
  {
    kind: "video",
    timestamp: 0,
    payload: Uint8Array.from([
      ...[0x17, 0, 0, 0, 0, 1, 0x42, 0xc0, 0x1e, 0xff, 0xe1, 0, 12],
      ...[0x67, 0x42, 0xc0, 0x1e, 0xd9, 0x01, 0x40, 0x5f, 0xf3, 0x80, 0x88, 0x40, 1, 0, 4],
      ...[0x68, 0xcb, 0x83, 0xcb],
    ]),
  },
  { kind: "audio", timestamp: 0, payload: Uint8Array.of(0xaf, 0, 0x12, 0x10) },
];

/** Before session and sequence number: the head of an AVC frame with one NAL unit, and that of an AAC frame. */
const VIDEO_HEAD_BYTES = 10;
const AUDIO_HEAD_BYTES = 2;
const NUMBERS_BYTES = 8;

const noise = Uint8Array.from({ length: 256 * 1024 }, noiseByte(new SeededRandom(1)));

/** The frame with that number, from 0: even ones are video, every GOP begins with a keyframe, odd ones are audio. */
export function frameOf(session: number, sequence: number): OutgoingMedia {
  const profile = profileOf(session);
  const timestamp = Math.floor((sequence * 1000) / profile.messagesPerSecond);
  const isVideo = sequence % 2 === 0;
  const isKeyframe = sequence % profile.messagesPerGop === 0;
  const sizeBytes = isKeyframe ? profile.keyframeBytes : isVideo ? profile.interFrameBytes : profile.audioBytes;
  const mixed = Math.imul(session ^ Math.imul(sequence + 1, 0x9e37_79b1), 0x85eb_ca6b) >>> 0;
  // Half to all of it.
  const length = Math.max(VIDEO_HEAD_BYTES + NUMBERS_BYTES, Math.floor(sizeBytes * (0.5 + (mixed & 0xff) / 512)));
  const writer = new ByteWriter(length);
  if (isVideo) {
    writer.bytes(Uint8Array.of(isKeyframe ? 0x17 : 0x27, 1, 0, 0, 0));
    writer.u32(length - VIDEO_HEAD_BYTES + 1);
    writer.u8(isKeyframe ? 0x65 : 0x41);
  } else {
    writer.bytes(Uint8Array.of(0xaf, 1));
  }
  writer.u32(session);
  writer.u32(sequence);
  const noiseBytes = length - NUMBERS_BYTES - (isVideo ? VIDEO_HEAD_BYTES : AUDIO_HEAD_BYTES);
  const from = mixed % (noise.length - noiseBytes);
  writer.bytes(noise.subarray(from, from + noiseBytes));
  return { kind: isVideo ? "video" : "audio", timestamp, payload: writer.take() };
}

/** Undefined for what cannot be a frame of ours. */
export function frameNumbers(
  kind: "audio" | "video",
  payload: Uint8Array,
): { readonly session: number; readonly sequence: number } | undefined {
  const headBytes = kind === "video" ? VIDEO_HEAD_BYTES : AUDIO_HEAD_BYTES;
  if (payload.length < headBytes + NUMBERS_BYTES) return undefined;
  const reader = new ByteReader(payload.subarray(headBytes));
  return { session: reader.u32(), sequence: reader.u32() };
}

function noiseByte(random: SeededRandom): () => number {
  return () => random.below(256);
}
