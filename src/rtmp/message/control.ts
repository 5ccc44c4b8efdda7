import { ByteReader } from "../../bytes/byte-reader.ts";
import { ByteWriter } from "../../bytes/byte-writer.ts";
import { ProtocolError } from "../../errors.ts";
import { type Message, MessageType } from "./message.ts";

/** How a Set Peer Bandwidth wants its window taken. RTMP 1.0 section 5.4.5. */
export const PeerBandwidthLimit = { Hard: 0, Soft: 1, Dynamic: 2 } as const;
export type PeerBandwidthLimit = (typeof PeerBandwidthLimit)[keyof typeof PeerBandwidthLimit];

export type PeerBandwidth = {
  /** The most unacknowledged bytes that the receiver of this message may have in flight. */
  readonly windowBytes: number;
  /** A `PeerBandwidthLimit`, or another number that a peer sent. */
  readonly limit: number;
};

/** A message of the connection itself, on message stream 0. Receivers ignore its timestamp. */
export function controlMessage(type: number, payload: Uint8Array): Message {
  return { type, timestamp: 0, streamId: 0, payload };
}

/**
 * The most payload bytes that one chunk carries from here on. Throws `message.body` when it is too short and `chunk.size`
 * outside 1 to 0x7fffffff: going on would lose the chunk borders. RTMP 1.0 section 5.4.1.
 */
export function decodeSetChunkSize(payload: Uint8Array): number {
  const size = decodeU32(payload);
  if (size === undefined) throw new ProtocolError("message.body", `a Set Chunk Size of ${payload.length} bytes`);
  // Some senders set the reserved top bit by mistake; without it they mean what they say.
  const withoutTopBit = size & 0x7fffffff;
  if (withoutTopBit === 0) throw new ProtocolError("chunk.size", `a chunk size of ${size}`);
  return withoutTopBit;
}

/** The chunk stream whose unfinished message is dropped; undefined when the body is too short. RTMP 1.0 section 5.4.2. */
export function decodeAbort(payload: Uint8Array): number | undefined {
  return decodeU32(payload);
}

/** Bytes that the peer has received so far, modulo 2^32; undefined when the body is too short. RTMP 1.0 section 5.4.3. */
export function decodeAcknowledgement(payload: Uint8Array): number | undefined {
  return decodeU32(payload);
}

/** After how many bytes the peer wants an Acknowledgement; undefined when the body is too short. RTMP 1.0 section 5.4.4. */
export function decodeWindowAcknowledgementSize(payload: Uint8Array): number | undefined {
  return decodeU32(payload);
}

/** Undefined when the body is too short. RTMP 1.0 section 5.4.5. */
export function decodeSetPeerBandwidth(payload: Uint8Array): PeerBandwidth | undefined {
  if (payload.length < 5) return undefined;
  const reader = new ByteReader(payload);
  return { windowBytes: reader.u32(), limit: reader.u8() };
}

export function encodeSetChunkSize(chunkSize: number): Message {
  return controlMessage(MessageType.SetChunkSize, encodeU32(chunkSize));
}

export function encodeAbort(chunkStreamId: number): Message {
  return controlMessage(MessageType.Abort, encodeU32(chunkStreamId));
}

/** Takes any count of bytes: it goes out modulo 2^32. */
export function encodeAcknowledgement(receivedBytes: number): Message {
  return controlMessage(MessageType.Acknowledgement, encodeU32(receivedBytes));
}

export function encodeWindowAcknowledgementSize(windowBytes: number): Message {
  return controlMessage(MessageType.WindowAcknowledgementSize, encodeU32(windowBytes));
}

export function encodeSetPeerBandwidth(windowBytes: number, limit: PeerBandwidthLimit): Message {
  const writer = new ByteWriter(5);
  writer.u32(windowBytes);
  writer.u8(limit);
  return controlMessage(MessageType.SetPeerBandwidth, writer.take());
}

/** Numbers of user control events. RTMP 1.0 section 7.1.7; those from 26 on are used but not specified. */
export const UserControlEvent = {
  StreamBegin: 0,
  StreamEof: 1,
  StreamDry: 2,
  SetBufferLength: 3,
  StreamIsRecorded: 4,
  PingRequest: 6,
  PingResponse: 7,
  SwfVerifyRequest: 26,
  SwfVerifyResponse: 27,
  BufferEmpty: 31,
  BufferReady: 32,
} as const;

/** An event that says something of one message stream. */
type StreamEventKind =
  | "stream-begin"
  | "stream-eof"
  | "stream-dry"
  | "stream-is-recorded"
  | "buffer-empty"
  | "buffer-ready";

const STREAM_EVENTS: Readonly<Record<StreamEventKind, number>> = {
  "stream-begin": UserControlEvent.StreamBegin,
  "stream-eof": UserControlEvent.StreamEof,
  "stream-dry": UserControlEvent.StreamDry,
  "stream-is-recorded": UserControlEvent.StreamIsRecorded,
  "buffer-empty": UserControlEvent.BufferEmpty,
  "buffer-ready": UserControlEvent.BufferReady,
};

export type UserControl =
  | { readonly kind: StreamEventKind; readonly streamId: number }
  /** How much a player keeps ahead. Sent with stream 0 as well. */
  | { readonly kind: "set-buffer-length"; readonly streamId: number; readonly bufferMs: number }
  /** The answer repeats the sender's clock, 32 bits. */
  | { readonly kind: "ping-request" | "ping-response"; readonly timestampMs: number }
  | { readonly kind: "swf-verify-request" | "swf-verify-response"; readonly data: Uint8Array }
  /** An event that nobody specified, or one whose data is too short: ignore it. */
  | { readonly kind: "unknown"; readonly event: number; readonly data: Uint8Array };

/** Data bytes by event, where there are any that must be. */
const DATA_LENGTHS = new Map<number, number>([
  ...Object.values(STREAM_EVENTS).map((event) => [event, 4] as const),
  [UserControlEvent.SetBufferLength, 8],
  [UserControlEvent.PingResponse, 4],
]);
const STREAM_EVENT_KINDS = new Map(
  Object.entries(STREAM_EVENTS).map(([kind, event]) => [event, kind as StreamEventKind]),
);

/** Never throws; undefined when not even the number of the event is there. `data` is a view of the payload. */
export function decodeUserControl(payload: Uint8Array): UserControl | undefined {
  if (payload.length < 2) return undefined;
  const reader = new ByteReader(payload);
  const event = reader.u16();
  if (reader.remaining < (DATA_LENGTHS.get(event) ?? 0)) return { kind: "unknown", event, data: reader.rest() };
  const streamEventKind = STREAM_EVENT_KINDS.get(event);
  if (streamEventKind !== undefined) return { kind: streamEventKind, streamId: reader.u32() };
  switch (event) {
    case UserControlEvent.SetBufferLength:
      return { kind: "set-buffer-length", streamId: reader.u32(), bufferMs: reader.u32() };
    case UserControlEvent.PingRequest:
      // Some peers send no time with it: docs/interop.md.
      return { kind: "ping-request", timestampMs: reader.remaining < 4 ? 0 : reader.u32() };
    case UserControlEvent.PingResponse:
      return { kind: "ping-response", timestampMs: reader.u32() };
    case UserControlEvent.SwfVerifyRequest:
      return { kind: "swf-verify-request", data: reader.rest() };
    case UserControlEvent.SwfVerifyResponse:
      return { kind: "swf-verify-response", data: reader.rest() };
    default:
      return { kind: "unknown", event, data: reader.rest() };
  }
}

export function encodeUserControl(control: UserControl): Message {
  const writer = new ByteWriter(16);
  writer.u16(userControlEventOf(control));
  writeData(writer, control);
  return controlMessage(MessageType.UserControl, writer.take());
}

/** One part of a line for traces. */
export function describeUserControl(control: UserControl): string {
  switch (control.kind) {
    case "set-buffer-length":
      return `set-buffer-length ${control.bufferMs} ms of stream ${control.streamId}`;
    case "ping-request":
    case "ping-response":
      return `${control.kind} ${control.timestampMs}`;
    case "swf-verify-request":
    case "swf-verify-response":
      return `${control.kind} of ${control.data.length} bytes`;
    case "unknown":
      return `unknown event ${control.event} with ${control.data.length} bytes`;
    default:
      return `${control.kind} ${control.streamId}`;
  }
}

function decodeU32(payload: Uint8Array): number | undefined {
  return payload.length < 4 ? undefined : new ByteReader(payload).u32();
}

function encodeU32(value: number): Uint8Array {
  const writer = new ByteWriter(4);
  writer.u32(value >>> 0);
  return writer.take();
}

function userControlEventOf(control: UserControl): number {
  switch (control.kind) {
    case "set-buffer-length":
      return UserControlEvent.SetBufferLength;
    case "ping-request":
      return UserControlEvent.PingRequest;
    case "ping-response":
      return UserControlEvent.PingResponse;
    case "swf-verify-request":
      return UserControlEvent.SwfVerifyRequest;
    case "swf-verify-response":
      return UserControlEvent.SwfVerifyResponse;
    case "unknown":
      return control.event;
    default:
      return STREAM_EVENTS[control.kind];
  }
}

function writeData(writer: ByteWriter, control: UserControl): void {
  switch (control.kind) {
    case "set-buffer-length":
      writer.u32(control.streamId);
      writer.u32(control.bufferMs);
      break;
    case "ping-request":
    case "ping-response":
      writer.u32(control.timestampMs >>> 0);
      break;
    case "swf-verify-request":
    case "swf-verify-response":
    case "unknown":
      writer.bytes(control.data);
      break;
    default:
      writer.u32(control.streamId);
  }
}
