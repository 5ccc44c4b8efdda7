import { type AmfLimits, DEFAULT_AMF_LIMITS } from "../formats/amf/amf-limits.ts";
import { type ChunkLimits, DEFAULT_CHUNK_LIMITS } from "../rtmp/chunk/chunk-limits.ts";
import { DEFAULT_SESSION_LIMITS, type SessionLimits } from "../rtmp/session/session-limits.ts";

/** What a server may make the client hold or do. One beyond a limit ends the connection, unless it says otherwise. */
export type ClientLimits = {
  /** Longest message. @default 16 MiB */
  readonly maxMessageBytes: number;
  /** Chunk streams. @default 64 */
  readonly maxChunkStreams: number;
  /** Bytes of unfinished messages. @default 16 MiB */
  readonly maxPartialBytes: number;
  /** Streams of one connection, those included that are asked for. One more rejects, and the connection lives on. @default 16 */
  readonly maxNetStreams: number;
  /** Calls without an answer yet, in each direction. One more of this side rejects, and the connection lives on. @default 100 */
  readonly maxPendingCalls: number;
  /** Commands and user control events of the server, on average; twice as many may come at once. @default 500 */
  readonly maxCommandsPerSecond: number;
  /** Containers inside each other in one call or data message; at most 512. Beyond it a call is answered by an error. @default 64 */
  readonly maxAmfDepth: number;
  /** Values in one call or data message, nested ones included; the same. @default 100_000 */
  readonly maxAmfValues: number;
};

/** The same for the parts that keep to them. */
export type PartLimits = {
  readonly chunks: ChunkLimits;
  readonly session: SessionLimits;
  readonly amf: AmfLimits;
};

/** Undefined counts as not given, and must not be no limit. */
export function resolveClientLimits(limits: Partial<ClientLimits> = {}): PartLimits {
  const [chunks, session, amf] = [DEFAULT_CHUNK_LIMITS, DEFAULT_SESSION_LIMITS, DEFAULT_AMF_LIMITS];
  return {
    chunks: {
      ...chunks,
      maxMessageBytes: limits.maxMessageBytes ?? chunks.maxMessageBytes,
      maxChunkStreams: limits.maxChunkStreams ?? chunks.maxChunkStreams,
      maxPartialBytes: limits.maxPartialBytes ?? chunks.maxPartialBytes,
    },
    session: {
      ...session,
      maxNetStreams: limits.maxNetStreams ?? session.maxNetStreams,
      maxPendingCalls: limits.maxPendingCalls ?? session.maxPendingCalls,
      maxCommandsPerSecond: limits.maxCommandsPerSecond ?? session.maxCommandsPerSecond,
    },
    amf: {
      ...amf,
      maxDepth: limits.maxAmfDepth ?? amf.maxDepth,
      maxValues: limits.maxAmfValues ?? amf.maxValues,
    },
  };
}
