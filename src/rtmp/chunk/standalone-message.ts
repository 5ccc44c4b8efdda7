import type { Message } from "../message/message.ts";
import { basicHeaderLength, writeBasicHeader } from "./basic-header.ts";
import { EXTENDED_TIMESTAMP, writeMessageHeader, writeU32 } from "./message-header.ts";

/**
 * How many bytes `encodeStandalone` writes for a message. The timestamp may exceed 32 bits: it goes out modulo 2^32.
 */
export function standaloneLength(
  payloadLength: number,
  timestamp: number,
  chunkSize: number,
  chunkStreamId: number,
): number {
  const basicLength = basicHeaderLength(chunkStreamId);
  const extendedLength = timestamp >>> 0 >= EXTENDED_TIMESTAMP ? 4 : 0;
  const continuations = Math.max(0, Math.ceil(payloadLength / chunkSize) - 1);
  return (continuations + 1) * (basicLength + extendedLength) + 11 + payloadLength;
}

/**
 * Writes a message that refers to nothing before it, so that a reader may join at any such message: a format 0 header and
 * format 3 continuations. There must be room for `standaloneLength` bytes at `at`. Copies the payload once, and returns
 * the position behind the message. RTMP 1.0 section 5.3.1.
 */
export function encodeStandalone(
  target: Uint8Array,
  at: number,
  message: Message,
  chunkStreamId: number,
  chunkSize: number,
): number {
  const { type, streamId, payload } = message;
  const timestamp = message.timestamp >>> 0;
  let position = writeBasicHeader(target, at, 0, chunkStreamId);
  position = writeMessageHeader(target, position, 0, timestamp, payload.length, type, streamId);
  if (payload.length <= chunkSize) {
    target.set(payload, position);
    return position + payload.length;
  }
  for (let offset = 0; offset < payload.length; offset += chunkSize) {
    if (offset > 0) {
      position = writeBasicHeader(target, position, 3, chunkStreamId);
      if (timestamp >= EXTENDED_TIMESTAMP) position = writeU32(target, position, timestamp);
    }
    const piece = payload.subarray(offset, offset + chunkSize);
    target.set(piece, position);
    position += piece.length;
  }
  return position;
}
