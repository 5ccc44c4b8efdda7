/**
 * `millrace/client`: connects to RTMP servers. `publishTo(url)` and `playFrom(url)` give one stream; `connect(url)` gives
 * a `NetConnection` with calls in both directions and any number of streams.
 */

export { ProtocolError } from "../errors.ts";
export type { AmfEncodable, AmfValue } from "../formats/amf/amf-value.ts";
export { type AmfClass, classAlias } from "../formats/amf/class-alias.ts";
export type { MediaMessage } from "../formats/flv/media-message.ts";
export type { Credentials } from "../rtmp/authentication/client-authentication.ts";
export type { Capabilities } from "../rtmp/session/capabilities.ts";
export type { Status } from "../rtmp/session/status.ts";
export type { AnySlots, SharedObjectChange, SlotName } from "../rtmp/shared-object/slot-view.ts";
export type { ByteStream } from "../transport/byte-stream.ts";
export type { ClientTlsOptions } from "../transport/client-tls-options.ts";
export type { Bandwidth } from "./bandwidth.ts";
export type { ClientLimits } from "./client-limits.ts";
export { clientMethods } from "./client-methods.ts";
export type { CloseReason, StreamEnd } from "./close-reason.ts";
export { connect, playFrom, publishTo } from "./connect.ts";
export * from "./flex/index.ts";
export type { ClientLog } from "./log.ts";
export type { CallOptions, ConnectionStatistics, NetConnection, ProtocolInfo, ServerInfo } from "./net-connection.ts";
export type { ClientMethod, ClientTimeouts, ConnectOptions } from "./options.ts";
export type { DataHandler, PlayStream, PlayStreamOptions, StreamCallOptions } from "./play-stream.ts";
export type { OutgoingMedia, PublishStream, PublishStreamOptions } from "./publish-stream.ts";
export type { ReconnectEvent, ReconnectOptions } from "./reconnect-options.ts";
export type { RemoteMethods } from "./remote-methods.ts";
export type { HandshakeInfo } from "./session-driver.ts";
export type {
  ClientSharedObject,
  SharedObjectHandler,
  SharedObjectOpenOptions,
  SharedObjectStatus,
} from "./shared-object.ts";
export { StatusError } from "./status-error.ts";
export type { StreamStatistics } from "./stream-counter.ts";
