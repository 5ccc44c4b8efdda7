import { ProtocolError } from "../errors.ts";
import type { ClientHandshakeForm } from "../rtmp/handshake/client-handshake.ts";
import { formatTcUrl, parseRtmpUrl, type RtmpScheme, type RtmpUrl } from "../transport/rtmp-url.ts";
import { NetConnection } from "./net-connection.ts";
import { type ConnectOptions, resolveConnectOptions } from "./options.ts";
import type { ClientPlatform } from "./platform.ts";
import type { PlayStream, PlayStreamOptions } from "./play-stream.ts";
import type { PublishStream, PublishStreamOptions } from "./publish-stream.ts";

/** One secret in 256 is short; the last is taken as it is. */
const MAX_KEY_EXCHANGES = 3;

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
  const { handshake = defaultHandshakeOf(scheme, options) } = options;
  const resolved = resolveConnectOptions({ ...options, handshake });
  const { tcUrl = formatTcUrl(url) } = resolved;
  const target = { app, tcUrl, isForOneStream, crypto: platform.crypto };
  if (options.stream !== undefined) return await NetConnection.open(options.stream, target, resolved);
  for (let tries = 1; ; tries++) {
    const stream = await platform.openStream(url, resolved);
    const refuseShortSecret = tries < MAX_KEY_EXCHANGES;
    try {
      return await NetConnection.open(stream, { ...target, refuseShortSecret }, resolved);
    } catch (error) {
      const isWorthAnother = error instanceof ProtocolError && error.code === "handshake.short-secret";
      if (!isWorthAnother) throw error;
    }
  }
}

function defaultHandshakeOf(scheme: RtmpScheme, { swf }: ConnectOptions): ClientHandshakeForm {
  if (scheme === "rtmpe" || scheme === "rtmpte") return "encrypted";
  return swf === undefined ? "plain" : "digest";
}
