import { classifyMedia } from "../formats/flv/classify.ts";
import { FlvReader } from "../formats/flv/flv-reader.ts";
import type { MediaMessage } from "../formats/flv/media-message.ts";
import { kindOfTagType } from "../formats/flv/tag.ts";

/** A recording that can be sent over and over. */
export type Clip = {
  /** In the order of their timestamps, the first at 0. */
  readonly messages: readonly MediaMessage[];
  /** From the start of one round to the start of the next. */
  readonly durationMs: number;
};

/** Makes a clip of an FLV file. Throws a `ProtocolError` for bytes that are none. */
export function readClip(bytes: Uint8Array): Clip {
  const reader = new FlvReader();
  reader.push(bytes);
  reader.end();
  const messages: MediaMessage[] = [];
  for (let tag = reader.next(); tag !== undefined; tag = reader.next()) {
    const kind = kindOfTagType(tag.type);
    if (kind !== undefined && !isEndOfSequence(kind, tag.data)) {
      messages.push(classifyMedia(kind, tag.timestamp, tag.data.slice()));
    }
  }
  return createClip(messages);
}

/** Makes a clip of recorded messages. Their payloads must stay as they are. */
export function createClip(recorded: readonly MediaMessage[]): Clip {
  const firstMs = recorded.reduce((first, { timestamp }) => Math.min(first, timestamp), Number.POSITIVE_INFINITY);
  const messages = recorded
    .map((message) => ({ ...message, timestamp: message.timestamp - firstMs }))
    .sort((left, right) => left.timestamp - right.timestamp);
  const durationMs = Math.max(endMs(messages, "audio"), endMs(messages, "video"));
  if (durationMs === 0) throw new Error("the clip holds no audio and no video");
  return { messages, durationMs };
}

/** Where the next frame of this kind would be: the last one and the usual distance between two. */
function endMs(messages: readonly MediaMessage[], kind: "audio" | "video"): number {
  const times = messages
    .filter((message) => message.kind === kind && !message.isConfig)
    .map(({ timestamp }) => timestamp);
  const first = times[0];
  const last = times.at(-1);
  if (first === undefined || last === undefined) return 0;
  const usualMs = times.length > 1 ? (last - first) / (times.length - 1) : 1;
  return Math.round(last + usualMs);
}

/** The last tag of most H.264 files. Between two rounds it would tell decoders to stop. FLV 10.1 section E.4.3.1. */
export function isEndOfSequence(kind: MediaMessage["kind"], data: Uint8Array): boolean {
  return kind === "video" && ((data[0] ?? 0) & 0x8f) === 7 && data[1] === 2;
}
