/** Which message header follows the basic header: 0 (11 bytes), 1 (7), 2 (3) or 3 (none). */
export type ChunkFormat = 0 | 1 | 2 | 3;

/** The first 1-3 bytes of every chunk. RTMP 1.0 section 5.3.1.1. */
export type BasicHeader = {
  readonly format: ChunkFormat;
  /** 2 to 65599; 2 is for protocol control messages. */
  readonly chunkStreamId: number;
  /** How many bytes the basic header took: 1, 2 or 3. */
  readonly byteLength: number;
};

export const MIN_CHUNK_STREAM_ID = 2;
export const MAX_CHUNK_STREAM_ID = 65599;

/** Returns undefined when `bytes` ends before the header does. */
export function decodeBasicHeader(bytes: Uint8Array): BasicHeader | undefined {
  const first = bytes[0];
  if (first === undefined) return undefined;
  const byteLength = basicHeaderLengthOf(first);
  if (bytes.length < byteLength) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { format: formatOf(first), chunkStreamId: chunkStreamIdAt(view, 0), byteLength };
}

/** The shortest form of the header: what every peer reads. */
export function encodeBasicHeader(format: ChunkFormat, chunkStreamId: number): Uint8Array {
  const bytes = new Uint8Array(basicHeaderLength(chunkStreamId));
  writeBasicHeader(bytes, 0, format, chunkStreamId);
  return bytes;
}

/** How long the shortest header for this chunk stream is: 1 byte up to 63, 2 up to 319, else 3. */
export function basicHeaderLength(chunkStreamId: number): number {
  if (chunkStreamId < MIN_CHUNK_STREAM_ID || chunkStreamId > MAX_CHUNK_STREAM_ID) {
    throw new RangeError(`chunk stream ${chunkStreamId} is outside 2 to 65599`);
  }
  if (chunkStreamId < 64) return 1;
  return chunkStreamId < 320 ? 2 : 3;
}

/** Writes the header at `at` and returns the position behind it. */
export function writeBasicHeader(target: Uint8Array, at: number, format: ChunkFormat, chunkStreamId: number): number {
  const formatBits = format << 6;
  switch (basicHeaderLength(chunkStreamId)) {
    case 1:
      target[at] = formatBits | chunkStreamId;
      return at + 1;
    case 2:
      target[at] = formatBits;
      target[at + 1] = chunkStreamId - 64;
      return at + 2;
    default:
      target[at] = formatBits | 1;
      // Little-endian, unlike nearly all of RTMP.
      target[at + 1] = chunkStreamId - 64;
      target[at + 2] = (chunkStreamId - 64) >> 8;
      return at + 3;
  }
}

/** The format that the first byte of a chunk names. */
export function formatOf(firstByte: number): ChunkFormat {
  return (firstByte >> 6) as ChunkFormat;
}

/** How long the basic header is that begins with this byte: 1, 2 or 3. */
export function basicHeaderLengthOf(firstByte: number): number {
  const id = firstByte & 0x3f;
  return id < 2 ? id + 2 : 1;
}

/** The chunk stream of the basic header at `at`, all of whose bytes must be there. Makes no object: for the hot path. */
export function chunkStreamIdAt(view: DataView, at: number): number {
  const id = view.getUint8(at) & 0x3f;
  if (id >= 2) return id;
  return 64 + (id === 0 ? view.getUint8(at + 1) : view.getUint16(at + 1, true));
}
