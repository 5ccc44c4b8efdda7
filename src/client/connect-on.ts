import { parseRtmpUrl } from "../transport/rtmp-url.ts";
import type { NetConnection } from "./net-connection.ts";
import { openConnection } from "./open-connection.ts";
import type { ConnectOptions } from "./options.ts";
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
  return await openConnection(platform, target, options, { isForOneStream: false, publishes: false });
}

/** `publishTo` on a platform: the last part of the path is the key, and the connection is closed with the stream. */
export async function publishOn(
  platform: ClientPlatform,
  url: string,
  options: ConnectOptions & { readonly publish?: PublishStreamOptions } = {},
): Promise<PublishStream> {
  return await openStream(platform, url, options, true, (connection, key) => connection.publish(key, options.publish));
}

/** `playFrom` on a platform: the last part of the path is the key, and the connection is closed with the stream. */
export async function playOn(
  platform: ClientPlatform,
  url: string,
  options: ConnectOptions & { readonly play?: PlayStreamOptions } = {},
): Promise<PlayStream> {
  return await openStream(platform, url, options, false, (connection, key) => connection.play(key, options.play));
}

async function openStream<Stream>(
  platform: ClientPlatform,
  url: string,
  options: ConnectOptions,
  publishes: boolean,
  start: (connection: NetConnection, key: string) => Promise<Stream>,
): Promise<Stream> {
  const { app } = options;
  const target = parseRtmpUrl(url, app === undefined ? {} : { app });
  const connection = await openConnection(platform, target, options, { isForOneStream: true, publishes });
  try {
    return await start(connection, target.key);
  } catch (error) {
    void connection.close();
    throw error;
  }
}
