import { type Message, MessageType } from "../../src/rtmp/message/message.ts";

const VIDEO_MESSAGES = 30;
const AUDIO_MESSAGES = 43;
const VIDEO_BYTES = 10_000;
const AUDIO_BYTES = 370;

/** A second of 2.6 Mbit/s: 73 messages in the order of time, the first one a keyframe. */
export function secondOfMedia(): Message[] {
  const video = Array.from({ length: VIDEO_MESSAGES }, (_, index) => {
    const payload = new Uint8Array(VIDEO_BYTES).fill(0x5a);
    payload.set([index === 0 ? 0x17 : 0x27, 1, 0, 0, 0, 0, 0, 0x27, 7, index === 0 ? 0x65 : 0x41]);
    return { type: MessageType.Video, timestamp: Math.floor((index * 1000) / VIDEO_MESSAGES), streamId: 1, payload };
  });
  const audio = Array.from({ length: AUDIO_MESSAGES }, (_, index) => {
    const payload = new Uint8Array(AUDIO_BYTES).fill(0xa5);
    payload.set([0xaf, 1]);
    return { type: MessageType.Audio, timestamp: Math.floor((index * 1000) / AUDIO_MESSAGES), streamId: 1, payload };
  });
  return [...video, ...audio].sort((left, right) => left.timestamp - right.timestamp);
}

export function payloadBytes(messages: readonly Message[]): number {
  return messages.reduce((sum, { payload }) => sum + payload.length, 0);
}

/** Copies pieces one behind the other into memory that is there: the least that anybody does with bytes. */
export function copier(pieces: readonly Uint8Array[]): () => Uint8Array {
  const target = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  return () => {
    let at = 0;
    for (const piece of pieces) {
      target.set(piece, at);
      at += piece.length;
    }
    return target;
  };
}
