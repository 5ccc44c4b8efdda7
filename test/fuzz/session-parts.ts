import { basicHeaderLengthOf, chunkStreamIdAt, formatOf } from "../../src/rtmp/chunk/basic-header.ts";
import { messageHeaderLength, u24At } from "../../src/rtmp/chunk/message-header.ts";

const HANDSHAKE_LENGTH = 3073;

/** A recorded side of a connection, taken apart. */
export type SessionParts = {
  readonly handshake: Uint8Array;
  /** Each with its header; what is no whole chunk at the end is left out. */
  readonly chunks: readonly Uint8Array[];
};

type Stream = { length: number; received: number; type: number; isExtended: boolean };

/** Takes a whole recording apart at its chunks. Only for what is well formed: it is no decoder. */
export function splitSession(bytes: Uint8Array): SessionParts {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const streams = new Map<number, Stream>();
  const chunks: Uint8Array[] = [];
  let chunkSize = 128;
  for (let at = HANDSHAKE_LENGTH; at < bytes.length; ) {
    const first = view.getUint8(at);
    const format = formatOf(first);
    const header = basicHeaderLengthOf(first) + messageHeaderLength(format);
    if (at + header > bytes.length) break;
    const id = chunkStreamIdAt(view, at);
    const stream = streams.get(id) ?? { length: 0, received: 0, type: 0, isExtended: false };
    streams.set(id, stream);
    const fields = at + basicHeaderLengthOf(first);
    if (format < 2) {
      stream.length = u24At(view, fields + 3);
      stream.type = view.getUint8(fields + 6);
    }
    if (format < 3) stream.isExtended = u24At(view, fields) === 0xffffff;
    const payload = at + header + (stream.isExtended ? 4 : 0);
    const end = payload + Math.min(chunkSize, stream.length - stream.received);
    if (end > bytes.length) break;
    stream.received += end - payload;
    if (stream.received >= stream.length) {
      if (stream.type === 1) chunkSize = view.getUint32(payload);
      stream.received = 0;
    }
    chunks.push(bytes.subarray(at, end));
    at = end;
  }
  return { handshake: bytes.subarray(0, HANDSHAKE_LENGTH), chunks };
}
