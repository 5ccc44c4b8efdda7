import { ProtocolError } from "../../errors.ts";

/** Both directions start with it. RTMP 1.0 section 5.4.1. */
export const DEFAULT_CHUNK_SIZE = 128;
/** The first RTMP generation cut audio into smaller pieces than the rest. */
export const HISTORIC_AUDIO_CHUNK_SIZE = 64;
export const MAX_CHUNK_SIZE = 0x7fffffff;

/** The size itself, or `chunk.size` outside 1 to 0x7fffffff. */
export function checkChunkSize(chunkSize: number): number {
  if (Number.isInteger(chunkSize) && chunkSize >= 1 && chunkSize <= MAX_CHUNK_SIZE) return chunkSize;
  throw new ProtocolError("chunk.size", `a chunk size of ${chunkSize}`);
}
