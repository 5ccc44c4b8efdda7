import type { ChunkFormat } from "./basic-header.ts";

/** The part of a chunk's header that describes its message. RTMP 1.0 section 5.3.1.2. */
export type MessageHeader = {
  readonly format: ChunkFormat;
  /** Milliseconds: absolute in format 0, since the message before in formats 1 and 2; undefined in format 3. */
  readonly timestamp: number | undefined;
  /** Bytes of the whole message; undefined in formats 2 and 3. */
  readonly length: number | undefined;
  /** A `MessageType` or any other 8-bit number; undefined in formats 2 and 3. */
  readonly type: number | undefined;
  /** The message stream; undefined in all formats but 0. */
  readonly streamId: number | undefined;
};

/** In the three bytes of a timestamp: the value follows as four bytes. RTMP 1.0 section 5.3.1.3. */
export const EXTENDED_TIMESTAMP = 0xffffff;
/** The length field has 24 bits. */
export const MAX_MESSAGE_LENGTH = 0xffffff;

/** Bytes of the message header by format, without the extended timestamp. */
const LENGTHS = [11, 7, 3, 0] as const;

/** Bytes of the message header, without the four of an extended timestamp. */
export function messageHeaderLength(format: ChunkFormat): number {
  return LENGTHS[format];
}

/**
 * Returns undefined when `bytes` ends before the header does. An extended timestamp is taken in; that of a format 3
 * chunk is not, since the header does not tell whether it is there.
 */
export function decodeMessageHeader(
  format: ChunkFormat,
  bytes: Uint8Array,
): (MessageHeader & { readonly byteLength: number }) | undefined {
  const shortLength = messageHeaderLength(format);
  if (bytes.length < shortLength) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const field = format === 3 ? undefined : u24At(view, 0);
  const byteLength = field === EXTENDED_TIMESTAMP ? shortLength + 4 : shortLength;
  if (bytes.length < byteLength) return undefined;
  return {
    format,
    timestamp: field === EXTENDED_TIMESTAMP ? view.getUint32(shortLength) : field,
    length: format < 2 ? u24At(view, 3) : undefined,
    type: format < 2 ? view.getUint8(6) : undefined,
    streamId: format === 0 ? view.getUint32(7, true) : undefined,
    byteLength,
  };
}

/** The inverse of `decodeMessageHeader`; fields that the format does not carry are left out. */
export function encodeMessageHeader(header: MessageHeader): Uint8Array {
  const { format, timestamp = 0, length = 0, type = 0, streamId = 0 } = header;
  const target = new Uint8Array(15);
  return target.subarray(0, writeMessageHeader(target, 0, format, timestamp, length, type, streamId));
}

/** Writes the header with its extended timestamp, if it needs one, at `at`; returns the position behind it. */
export function writeMessageHeader(
  target: Uint8Array,
  at: number,
  format: ChunkFormat,
  timestamp: number,
  length: number,
  type: number,
  streamId: number,
): number {
  if (format === 3) return at;
  const isExtended = timestamp >= EXTENDED_TIMESTAMP;
  writeU24(target, at, isExtended ? EXTENDED_TIMESTAMP : timestamp);
  if (format < 2) {
    writeU24(target, at + 3, length);
    target[at + 6] = type;
  }
  if (format === 0) writeU32LittleEndian(target, at + 7, streamId);
  const end = at + messageHeaderLength(format);
  return isExtended ? writeU32(target, end, timestamp) : end;
}

/** Writes four bytes, big-endian, and returns the position behind them. */
export function writeU32(target: Uint8Array, at: number, value: number): number {
  target[at] = value >>> 24;
  target[at + 1] = value >>> 16;
  target[at + 2] = value >>> 8;
  target[at + 3] = value;
  return at + 4;
}

/** Three bytes, big-endian. */
export function u24At(view: DataView, at: number): number {
  return (view.getUint16(at) << 8) | view.getUint8(at + 2);
}

function writeU24(target: Uint8Array, at: number, value: number): void {
  target[at] = value >>> 16;
  target[at + 1] = value >>> 8;
  target[at + 2] = value;
}

function writeU32LittleEndian(target: Uint8Array, at: number, value: number): void {
  target[at] = value;
  target[at + 1] = value >>> 8;
  target[at + 2] = value >>> 16;
  target[at + 3] = value >>> 24;
}
