/** What one peer may make a chunk decoder hold. Each limit ends the connection with a `ProtocolError` one beyond it. */
export type ChunkLimits = {
  /** Longest message in bytes (`chunk.message-limit`). @default 16 MiB */
  readonly maxMessageBytes: number;
  /** Chunk streams that a connection may use (`chunk.stream-limit`). @default 64 */
  readonly maxChunkStreams: number;
  /** Bytes held in unfinished messages of all chunk streams together (`chunk.partial-limit`). @default 16 MiB */
  readonly maxPartialBytes: number;
  /**
   * How far eight times the header bytes of continuation chunks may run ahead of the payload bytes
   * (`chunk.overhead`). Chunks of 56 bytes and more never come near it, chunks of one byte reach it after about
   * 150 kB. @default 1 MiB
   */
  readonly maxHeaderOverheadBytes: number;
};

const KIB = 1024;
const MIB = 1024 * KIB;

export const DEFAULT_CHUNK_LIMITS: ChunkLimits = {
  maxMessageBytes: 16 * MIB,
  maxChunkStreams: 64,
  maxPartialBytes: 16 * MIB,
  maxHeaderOverheadBytes: MIB,
};

/** For a peer that nobody has accepted yet: enough for `connect`, and little to hold for strangers. */
export const CHUNK_LIMITS_BEFORE_CONNECT: ChunkLimits = {
  maxMessageBytes: 64 * KIB,
  maxChunkStreams: 64,
  maxPartialBytes: 256 * KIB,
  maxHeaderOverheadBytes: 256 * KIB,
};
