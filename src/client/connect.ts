import { formatTcUrl, parseRtmpUrl, type RtmpUrl } from "../transport/rtmp-url.ts";
import { connectTcp } from "../transport/tcp-connect.ts";
import { NetConnection } from "./net-connection.ts";
import { type ConnectOptions, resolveConnectOptions } from "./options.ts";
import type { PlayStream, PlayStreamOptions } from "./play-stream.ts";
import type { PublishStream, PublishStreamOptions } from "./publish-stream.ts";

/**
 * Connects to an application: `rtmp://host[:port]/app[/instance]`, the whole path being the app. Rejects with a
 * `StatusError` when the server refuses, and otherwise with an error that says what to do. User and password in the URL
 * are not sent.
 */
export async function connect(url: string, options: ConnectOptions = {}): Promise<NetConnection> {
  const { app } = options;
  const target = parseRtmpUrl(url, { key: "", ...(app !== undefined && { app }) });
  return await open(target, options, false);
}

/** Connects and publishes: the last part of the path is the key. The connection is closed with the stream. */
export async function publishTo(
  url: string,
  options: ConnectOptions & { readonly publish?: PublishStreamOptions } = {},
): Promise<PublishStream> {
  return await openStream(url, options, (connection, key) => connection.publish(key, options.publish));
}

/** Connects and plays: the last part of the path is the key. The connection is closed with the stream. */
export async function playFrom(
  url: string,
  options: ConnectOptions & { readonly play?: PlayStreamOptions } = {},
): Promise<PlayStream> {
  return await openStream(url, options, (connection, key) => connection.play(key, options.play));
}

async function openStream<Stream>(
  url: string,
  options: ConnectOptions,
  start: (connection: NetConnection, key: string) => Promise<Stream>,
): Promise<Stream> {
  const { app } = options;
  const target = parseRtmpUrl(url, app === undefined ? {} : { app });
  const connection = await open(target, options, true);
  try {
    return await start(connection, target.key);
  } catch (error) {
    void connection.close();
    throw error;
  }
}

async function open(url: RtmpUrl, options: ConnectOptions, isForOneStream: boolean): Promise<NetConnection> {
  const { host, port, app, scheme } = url;
  if (scheme !== "rtmp" && options.stream === undefined) {
    throw new TypeError(`${scheme}:// cannot be connected to yet. Use rtmp://, or pass a stream of your own.`);
  }
  const resolved = resolveConnectOptions(options);
  const { signal, timeouts, tcUrl = formatTcUrl(url) } = resolved;
  const stream =
    options.stream ??
    (await connectTcp({ host, port, timeoutMs: timeouts.connectMs, ...(signal !== undefined && { signal }) }));
  return await NetConnection.open(stream, { app, tcUrl, isForOneStream }, resolved);
}
