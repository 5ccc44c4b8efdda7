/**
 * `millrace/browser`: the client in a web page. `publishTo(url)`, `playFrom(url)` and `connect(url)` as in
 * `millrace/client`, over `ws://` and `wss://`. Imports nothing of Node and no package.
 */

import { browserPlatform } from "./browser-platform.ts";
import { connectOn, type PlayFromOptions, type PublishToOptions, playOn, publishOn } from "./connect-on.ts";
import type { NetConnection } from "./net-connection.ts";
import type { ConnectOptions } from "./options.ts";
import type { PlayStream } from "./play-stream.ts";
import type { PublishStream } from "./publish-stream.ts";

export { ProtocolError } from "../errors.ts";
export type { AmfEncodable, AmfValue } from "../formats/amf/amf-value.ts";
export { type AmfClass, classAlias } from "../formats/amf/class-alias.ts";
export type { MediaMessage } from "../formats/flv/media-message.ts";
export type { Credentials } from "../rtmp/authentication/client-authentication.ts";
export type { Capabilities } from "../rtmp/session/capabilities.ts";
export type { Status } from "../rtmp/session/status.ts";
export type { AnySlots, SharedObjectChange, SlotName } from "../rtmp/shared-object/slot-view.ts";
export type { ByteStream } from "../transport/byte-stream.ts";
export type { Bandwidth } from "./bandwidth.ts";
export type { ClientLimits } from "./client-limits.ts";
export { clientMethods } from "./client-methods.ts";
export type { CloseReason, StreamEnd } from "./close-reason.ts";
export type { ClientLog } from "./log.ts";
export type { CallOptions, ConnectionStatistics, NetConnection, ProtocolInfo, ServerInfo } from "./net-connection.ts";
export type { ClientMethod, ClientTimeouts } from "./options.ts";
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

/** The options of `millrace/client` that a browser leaves to programs: proxy, trust and encryption are its own affair. */
export type BrowserConnectOptions = Omit<ConnectOptions, "tls" | "httpProxy" | "handshake" | "swf">;

/**
 * Connects to an application: `wss://host[:port]/app[/instance]`, the whole path being the app, and what is asked for by
 * HTTP as well. A page that came by HTTPS may use `wss://` only. Rejects with a `StatusError` when the server refuses, and
 * otherwise with an error that says what to do.
 */
export async function connect(url: string, options: BrowserConnectOptions = {}): Promise<NetConnection> {
  return await connectOn(browserPlatform, url, options);
}

/** Connects and publishes: the last part of the path is the key. The connection is closed with the stream. */
export async function publishTo(
  url: string,
  options: BrowserConnectOptions & Pick<PublishToOptions, "publish" | "reconnect"> = {},
): Promise<PublishStream> {
  return await publishOn(browserPlatform, url, options);
}

/**
 * Connects and plays: the last part of the path is the key. The connection is closed with the stream. What is not taken in
 * time costs the connection, as a browser goes on receiving: about 20 MiB may wait.
 */
export async function playFrom(
  url: string,
  options: BrowserConnectOptions & Pick<PlayFromOptions, "play" | "reconnect"> = {},
): Promise<PlayStream> {
  return await playOn(browserPlatform, url, options);
}
