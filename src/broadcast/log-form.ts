import { TAG_HEADER_BYTES, TAG_TRAILER_BYTES, writeTagHeader, writeTagTrailer } from "../formats/flv/tag.ts";
import { encodeStandalone, standaloneLength } from "../rtmp/chunk/standalone-message.ts";
import { chunkStreamIdOf } from "../rtmp/message/message.ts";

/** The message stream id that stands in a log's bytes: the first that `createStream` gives. */
export const LOG_STREAM_ID = 1;

/** How the messages of a log stand in bytes: each for itself, so that a viewer may begin and skip at any of them. */
export type LogForm = {
  /** Bytes of a message with all that belongs to it. The timestamp may exceed 32 bits. */
  lengthOf(type: number, timestamp: number, payloadLength: number): number;
  /** Writes a message of `lengthOf` bytes at `at`, its payload copied. */
  write(target: Uint8Array, at: number, type: number, timestamp: number, payload: Uint8Array): void;
  /** The payload of the message that begins at `at`: a view where it lies in one piece, otherwise a copy. */
  payloadOf(bytes: Uint8Array, at: number, timestamp: number, payloadLength: number): Uint8Array;
  /** Puts another message stream id into the message that begins at `at`. */
  setStreamId(bytes: Uint8Array, at: number, streamId: number): void;
};

/** Where the message stream id stands in a type 0 header with a one-byte basic header. */
const STREAM_ID_AT = 8;

/** RTMP chunks: a type 0 header with absolute timestamp, and continuations where the payload is longer than a chunk. */
export function rtmpForm(chunkSize: number): LogForm {
  return {
    lengthOf: (type, timestamp, payloadLength) =>
      standaloneLength(payloadLength, timestamp, chunkSize, chunkStreamIdOf(type, LOG_STREAM_ID)),
    write: (target, at, type, timestamp, payload) => {
      const message = { type, timestamp, streamId: LOG_STREAM_ID, payload };
      encodeStandalone(target, at, message, chunkStreamIdOf(type, LOG_STREAM_ID), chunkSize);
    },
    payloadOf: (bytes, messageAt, timestamp, payloadLength) => {
      const extendedLength = timestamp >>> 0 >= 0xffffff ? 4 : 0;
      let at = messageAt + 12 + extendedLength;
      if (payloadLength <= chunkSize) return bytes.subarray(at, at + payloadLength);
      const payload = new Uint8Array(payloadLength);
      for (let done = 0; done < payload.length; ) {
        const length = Math.min(chunkSize, payload.length - done);
        payload.set(bytes.subarray(at, at + length), done);
        done += length;
        at += length + 1 + extendedLength;
      }
      return payload;
    },
    setStreamId: (bytes, at, streamId) => {
      for (let index = 0; index < 4; index++) bytes[at + STREAM_ID_AT + index] = (streamId >>> (8 * index)) & 0xff;
    },
  };
}

/** FLV tags, each with the size behind it. Types of messages are types of tags; a tag belongs to no message stream. */
export const FLV_FORM: LogForm = {
  lengthOf: (_type, _timestamp, payloadLength) => TAG_HEADER_BYTES + payloadLength + TAG_TRAILER_BYTES,
  write: (target, at, type, timestamp, payload) => {
    const payloadAt = writeTagHeader(target, at, type, payload.length, timestamp);
    target.set(payload, payloadAt);
    writeTagTrailer(target, payloadAt + payload.length, payload.length);
  },
  payloadOf: (bytes, at, _timestamp, payloadLength) =>
    bytes.subarray(at + TAG_HEADER_BYTES, at + TAG_HEADER_BYTES + payloadLength),
  setStreamId: () => {},
};
