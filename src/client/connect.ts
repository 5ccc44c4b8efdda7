import { connectOn, type PlayFromOptions, type PublishToOptions, playOn, publishOn } from "./connect-on.ts";
import type { NetConnection } from "./net-connection.ts";
import { nodePlatform } from "./node-platform.ts";
import type { ConnectOptions } from "./options.ts";
import type { PlayStream } from "./play-stream.ts";
import type { PublishStream } from "./publish-stream.ts";

/**
 * Connects to an application: `rtmp://host[:port]/app[/instance]`, the whole path being the app. The scheme says how:
 * `rtmp` by TCP, `rtmps` by TLS, `rtmpe` encrypted by RTMPE, `rtmpt`, `rtmpts` and `rtmpte` in HTTP requests, `ws` and
 * `wss` in a WebSocket. Rejects with a `StatusError` when the server refuses, and otherwise with an error that says what
 * to do. User and password in the URL are for servers that ask who you are.
 */
export async function connect(url: string, options: ConnectOptions = {}): Promise<NetConnection> {
  return await connectOn(nodePlatform, url, options);
}

/** Connects and publishes: the last part of the path is the key. The connection is closed with the stream. */
export async function publishTo(url: string, options: PublishToOptions = {}): Promise<PublishStream> {
  return await publishOn(nodePlatform, url, options);
}

/** Connects and plays: the last part of the path is the key. The connection is closed with the stream. */
export async function playFrom(url: string, options: PlayFromOptions = {}): Promise<PlayStream> {
  return await playOn(nodePlatform, url, options);
}
