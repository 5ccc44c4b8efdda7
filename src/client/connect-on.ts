import type { ClientHandshakeForm } from "../rtmp/handshake/client-handshake.ts";
import { formatTcUrl, parseRtmpUrl, type RtmpScheme, type RtmpUrl } from "../transport/rtmp-url.ts";
import { NetConnection } from "./net-connection.ts";
import { type ConnectOptions, resolveConnectOptions } from "./options.ts";
import type { ClientPlatform } from "./platform.ts";
import type { PlayStream, PlayStreamOptions } from "./play-stream.ts";
import type { PublishStream, PublishStreamOptions } from "./publish-stream.ts";

/** `connect` on a platform; the whole path of the URL is the app. */
export async function connectOn(
  platform: ClientPlatform,
  url: string,
  options: ConnectOptions = {},
): Promise<NetConnection> {
  const { app } = options;
  const target = parseRtmpUrl(url, { key: "", ...(app !== undefined && { app }) });
  return await open(platform, target, options, false);
}

/** `publishTo` on a platform: the last part of the path is the key, and the connection is closed with the stream. */
export async function publishOn(
  platform: ClientPlatform,
  url: string,
  options: ConnectOptions & { readonly publish?: PublishStreamOptions } = {},
): Promise<PublishStream> {
  return await openStream(platform, url, options, (connection, key) => connection.publish(key, options.publish));
}

/** `playFrom` on a platform: the last part of the path is the key, and the connection is closed with the stream. */
export async function playOn(
  platform: ClientPlatform,
  url: string,
  options: ConnectOptions & { readonly play?: PlayStreamOptions } = {},
): Promise<PlayStream> {
  return await openStream(platform, url, options, (connection, key) => connection.play(key, options.play));
}

async function openStream<Stream>(
  platform: ClientPlatform,
  url: string,
  options: ConnectOptions,
  start: (connection: NetConnection, key: string) => Promise<Stream>,
): Promise<Stream> {
  const { app } = options;
  const target = parseRtmpUrl(url, app === undefined ? {} : { app });
  const connection = await open(platform, target, options, true);
  try {
    return await start(connection, target.key);
  } catch (error) {
    void connection.close();
    throw error;
  }
}

async function open(
  platform: ClientPlatform,
  url: RtmpUrl,
  options: ConnectOptions,
  isForOneStream: boolean,
): Promise<NetConnection> {
  const { app, scheme } = url;
  const { handshake = defaultHandshakeOf(scheme) } = options;
  const resolved = resolveConnectOptions({ ...options, handshake });
  const { tcUrl = formatTcUrl(url) } = resolved;
  const stream = options.stream ?? (await platform.openStream(url, resolved));
  return await NetConnection.open(stream, { app, tcUrl, isForOneStream, crypto: platform.crypto }, resolved);
}

function defaultHandshakeOf(scheme: RtmpScheme): ClientHandshakeForm {
  return scheme === "rtmpe" || scheme === "rtmpte" ? "encrypted" : "plain";
}
