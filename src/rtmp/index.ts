/** `millrace/rtmp`: the protocol without sockets, clock or randomness, for both roles. */
export { ProtocolError, type ProtocolErrorCode } from "../errors.ts";
export {
  type BasicHeader,
  type ChunkFormat,
  decodeBasicHeader,
  encodeBasicHeader,
} from "./chunk/basic-header.ts";
export { ChunkDecoder, type ChunkDecoderOptions } from "./chunk/chunk-decoder.ts";
export { ChunkEncoder, type ChunkEncoderOptions } from "./chunk/chunk-encoder.ts";
export { CHUNK_LIMITS_BEFORE_CONNECT, type ChunkLimits, DEFAULT_CHUNK_LIMITS } from "./chunk/chunk-limits.ts";
export { decodeMessageHeader, encodeMessageHeader, type MessageHeader } from "./chunk/message-header.ts";
export {
  DEFAULT_MAX_QUEUED_BYTES,
  type Interleave,
  OutboundScheduler,
  type OutboundSchedulerOptions,
} from "./chunk/outbound-scheduler.ts";
export { encodeStandalone, standaloneLength } from "./chunk/standalone-message.ts";
export { describeMessage } from "./describe.ts";
export type { CipherPair, Handshake, HandshakeCrypto, HandshakeResult } from "./handshake/handshake.ts";
export { decodeAggregate, encodeAggregate } from "./message/aggregate.ts";
export {
  decodeAbort,
  decodeAcknowledgement,
  decodeSetChunkSize,
  decodeSetPeerBandwidth,
  decodeUserControl,
  decodeWindowAcknowledgementSize,
  encodeAbort,
  encodeAcknowledgement,
  encodeSetChunkSize,
  encodeSetPeerBandwidth,
  encodeUserControl,
  encodeWindowAcknowledgementSize,
  type PeerBandwidth,
  PeerBandwidthLimit,
  type UserControl,
  UserControlEvent,
} from "./message/control.ts";
export { chunkStreamIdOf, type Message, MessageType, Priority, priorityOf } from "./message/message.ts";
export { MAX_CONTROL_REPLIES, Wire, type WireOptions } from "./session/wire.ts";
