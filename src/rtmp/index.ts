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
export {
  type ClientHandshakeForm,
  type ClientHandshakeOptions,
  createClientHandshake,
} from "./handshake/client-handshake.ts";
export type { CipherPair, Handshake, HandshakeCrypto, HandshakeResult } from "./handshake/handshake.ts";
export { createServerHandshake, type ServerHandshakeOptions } from "./handshake/server-handshake.ts";
export {
  encodeSwfVerificationResponse,
  type Inflate,
  identifySwf,
  SWF_VERIFICATION_REQUEST,
  type SwfIdentity,
  verifySwfResponse,
} from "./handshake/swf-verification.ts";
export { decodeAggregate, encodeAggregate } from "./message/aggregate.ts";
export { type Command, decodeCommand, encodeCommand, type OutgoingCommand } from "./message/command.ts";
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
export { type DataMessage, decodeData, encodeData } from "./message/data.ts";
export { chunkStreamIdOf, type Message, MessageType, Priority, priorityOf } from "./message/message.ts";
export type {
  CallEndedEvent,
  CallErrorEvent,
  CallEvent,
  CallResultEvent,
  CloseEvent,
  UnsupportedEvent,
} from "./session/call-events.ts";
export {
  type Capabilities,
  canReceive,
  type ExtendedCapabilities,
  type FourCcAbilities,
  NO_CAPABILITIES,
  RELAY_CAPABILITIES,
} from "./session/capabilities.ts";
export { CLIENT_CAPABILITIES, type ConnectOptions } from "./session/client-connect.ts";
export type {
  BandwidthEvent,
  ClientDataEvent,
  ClientEvent,
  ClientMediaEvent,
  ClientUserControlEvent,
  ConnectedEvent,
  ConnectRejectedEvent,
  ReconnectRequestEvent,
  StatusEvent,
  StreamCreatedEvent,
} from "./session/client-events.ts";
export { ClientSession, type ClientSessionOptions, type PlayOptions } from "./session/client-session.ts";
export type { ConnectAnswer, ConnectRefusal } from "./session/connect-answers.ts";
export { describeClientEvent, describeServerEvent } from "./session/describe-events.ts";
export {
  NEXT_CONNECTION_STATE,
  type NetConnectionAction,
  type NetConnectionState,
} from "./session/net-connection-state.ts";
export { NEXT_STREAM_STATE, type NetStreamAction, type NetStreamState } from "./session/net-stream-state.ts";
export type {
  BufferLengthEvent,
  ConnectEvent,
  DataClearEvent,
  DataSetEvent,
  MediaEvent,
  PauseEvent,
  Play2Event,
  PlayEvent,
  PublishEvent,
  PublishType,
  ReceiveEvent,
  SeekEvent,
  ServerEvent,
  StopPlayEvent,
  SwfVerificationEvent,
  UnpublishEvent,
} from "./session/server-events.ts";
export { ServerSession, type ServerSessionOptions } from "./session/server-session.ts";
export type { SessionCounters } from "./session/session-counters.ts";
export { DEFAULT_SESSION_LIMITS, type SessionLimits } from "./session/session-limits.ts";
export {
  createStatus,
  decodeStatus,
  levelOf,
  STATUS_LEVEL,
  type Status,
  type StatusCode,
  type StatusLevel,
  type StatusObject,
} from "./session/status.ts";
export type { PlayAnswer, PlayCompletion, StreamRefusal } from "./session/stream-answers.ts";
export { normalizePath, parseQuery, splitQuery } from "./session/stream-name.ts";
export { MAX_CONTROL_REPLIES, Wire, type WireOptions } from "./session/wire.ts";

// Remote shared objects: their messages, the server's side (one directory for each application instance), the client's.

export {
  encodeSharedObject,
  encodeSharedObjectEvent,
  joinSharedObject,
  type SharedObjectHeader,
} from "./message/encode-shared-object.ts";
export {
  DEFAULT_SHARED_OBJECT_MESSAGE_LIMITS,
  decodeSharedObject,
  describeSharedObjectEvent,
  SHARED_OBJECT_LIMITS_OF_CLIENTS,
  type SharedObjectDecodeOptions,
  type SharedObjectEvent,
  SharedObjectEventType,
  type SharedObjectMessage,
  type SharedObjectMessageLimits,
} from "./message/shared-object.ts";
export type {
  ConflictMode,
  SharedObjectCall,
  SharedObjectOutcome,
  SyncEntry,
} from "./shared-object/client-request.ts";
export type { SharedObjectListener } from "./shared-object/listener.ts";
export type { OutgoingEvent } from "./shared-object/outgoing-event.ts";
export {
  RemoteSharedObject,
  type RemoteSharedObjectOptions,
  type RemoteSharedObjectState,
  type RemoteSharedObjectUpdate,
} from "./shared-object/remote-shared-object.ts";
export type { SharedObject, SharedObjectOptions } from "./shared-object/shared-object.ts";
export type {
  SharedObjectAccess,
  SharedObjectConnection,
  UsedObject,
} from "./shared-object/shared-object-connection.ts";
export {
  SharedObjectDirectory,
  type SharedObjectOpening,
  type SharedObjectReceived,
  type UnsavedSharedObject,
} from "./shared-object/shared-object-directory.ts";
export { DEFAULT_SHARED_OBJECT_LIMITS, type SharedObjectLimits } from "./shared-object/shared-object-limits.ts";
export { SharedObjectMemory } from "./shared-object/shared-object-memory.ts";
export type { SharedObjectRefusal } from "./shared-object/slot-change.ts";
export {
  checkSharedObjectSnapshot,
  decodeSharedObjectSnapshot,
  type SharedObjectSnapshot,
} from "./shared-object/snapshot.ts";
export type { SharedObjectStorage } from "./shared-object/storage.ts";
export { TokenBucket } from "./shared-object/token-bucket.ts";
