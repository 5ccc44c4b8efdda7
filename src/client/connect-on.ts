import { formatTcUrl, parseRtmpUrl, type RtmpUrl } from "../transport/rtmp-url.ts";
import { isLibrtmpLine, type LibrtmpLine, parseLibrtmpLine } from "./librtmp-line.ts";
import type { NetConnection } from "./net-connection.ts";
import { openConnection, withCredentials } from "./open-connection.ts";
import type { ConnectOptions } from "./options.ts";
import type { ClientPlatform } from "./platform.ts";
import type { PlayStream, PlayStreamOptions } from "./play-stream.ts";
import type { PublishStream, PublishStreamOptions } from "./publish-stream.ts";
import { type ReconnectOptions, resolveReconnectOptions } from "./reconnect-options.ts";
import { ReconnectingPlayStream } from "./reconnecting-play-stream.ts";
import { ReconnectingPublishStream } from "./reconnecting-publish-stream.ts";
import { rejectOnAbort } from "./reject-on-abort.ts";
import { resolvePlace } from "./resolve-place.ts";
import type { OpenedStream, Place } from "./stream-keeper.ts";

/** Options of a connection for one stream. */
export type StreamConnectOptions = ConnectOptions & {
  /** Goes on over another connection when this one is lost. Not with `stream`. @default false */
  readonly reconnect?: boolean | ReconnectOptions;
};
export type PublishToOptions = StreamConnectOptions & { readonly publish?: PublishStreamOptions };
export type PlayFromOptions = StreamConnectOptions & { readonly play?: PlayStreamOptions };

/** `connect` on a platform; the whole path of the URL is the app. */
export async function connectOn(
  platform: ClientPlatform,
  url: string,
  options: ConnectOptions = {},
): Promise<NetConnection> {
  const { target, options: all } = isLibrtmpLine(url)
    ? readTarget(url, options)
    : { target: parseRtmpUrl(url, { key: "", ...appOf(options) }), options };
  const purpose = { isForOneStream: false, publishes: false, mayMove: true };
  return (await openConnection(platform, withCredentials(target, all), all, purpose)).connection;
}

/** `publishTo` on a platform: the last part of the path is the key, and the connection is closed with the stream. */
export async function publishOn(
  platform: ClientPlatform,
  url: string,
  options: PublishToOptions = {},
): Promise<PublishStream> {
  const opening = openingOf<PublishStream>(platform, url, options, true, (connection, key) =>
    connection.publish(key, options.publish),
  );
  const { reconnect = false, signal } = options;
  if (reconnect === false) return (await openStream(opening)).stream;
  checkReconnecting(options);
  const stream = new ReconnectingPublishStream({
    options: resolveReconnectOptions(reconnect),
    clock: platform.clock,
    signal,
    open: (place, abort) => openStream(opening, place, abort),
  });
  return await stream.start();
}

/** `playFrom` on a platform: the last part of the path is the key, and the connection is closed with the stream. */
export async function playOn(
  platform: ClientPlatform,
  url: string,
  options: PlayFromOptions = {},
): Promise<PlayStream> {
  const opening = (play: PlayStreamOptions | undefined): Opening<PlayStream> =>
    openingOf(platform, url, options, false, (connection, key, line) => {
      for (const { name, args } of line?.calls ?? []) connection.notify(name, ...args);
      return connection.play(key, { ...line?.play, ...play });
    });
  const { reconnect = false, signal, play = {} } = options;
  if (reconnect === false) return (await openStream(opening(play))).stream;
  checkReconnecting(options);
  const needs = {
    options: resolveReconnectOptions(reconnect),
    clock: platform.clock,
    signal,
    open: (place: Place | undefined, playOptions: PlayStreamOptions, abort: AbortSignal) =>
      openStream(opening(playOptions), place, abort),
  };
  return await new ReconnectingPlayStream(needs, play).start();
}

/** How to open a stream, wherever. */
type Opening<Stream> = {
  readonly platform: ClientPlatform;
  readonly target: RtmpUrl;
  readonly options: ConnectOptions;
  readonly publishes: boolean;
  start(connection: NetConnection, key: string): Promise<Stream>;
};

type Start<Stream> = (connection: NetConnection, key: string, line: LibrtmpLine | undefined) => Promise<Stream>;

function openingOf<Stream>(
  platform: ClientPlatform,
  url: string,
  given: ConnectOptions,
  publishes: boolean,
  start: Start<Stream>,
): Opening<Stream> {
  const { target, options, line } = readTarget(url, given);
  const signedIn = withCredentials(target, options);
  return { platform, target: signedIn, options, publishes, start: (connection, key) => start(connection, key, line) };
}

/** A URL, or a line of librtmp; what the options say counts more than what the line says. */
function readTarget(
  text: string,
  options: ConnectOptions,
): { readonly target: RtmpUrl; readonly options: ConnectOptions; readonly line?: LibrtmpLine } {
  if (!isLibrtmpLine(text)) return { target: parseRtmpUrl(text, appOf(options)), options };
  const line = parseLibrtmpLine(text);
  const { members, timeouts } = line.options;
  return {
    target: parseRtmpUrl(line.url, { app: line.app, key: line.key, ...appOf(options) }),
    options: {
      ...line.options,
      ...options,
      members: { ...members, ...options.members },
      timeouts: { ...timeouts, ...options.timeouts },
    },
    line,
  };
}

function appOf({ app }: ConnectOptions): { readonly app?: string } {
  return app === undefined ? {} : { app };
}

/** `signal`, of a stream that reconnects, gives up as long as the stream does not stand. */
async function openStream<Stream>(
  { platform, target, options, publishes, start }: Opening<Stream>,
  place?: Place,
  signal?: AbortSignal,
): Promise<OpenedStream<Stream>> {
  const url = place === undefined ? target : resolvePlace(place.from, place.reference);
  const moveRequest = Promise.withResolvers<string>();
  let isServerClosing = false;
  const opening = new AbortController();
  const stopListening = rejectOnAbort(signal, (error) => opening.abort(error));
  const { app: _, tcUrl: __, ...elsewhere } = options;
  const given = place === undefined ? options : elsewhere;
  const connectOptions: ConnectOptions = {
    ...given,
    signal: options.signal === undefined ? opening.signal : AbortSignal.any([options.signal, opening.signal]),
    onStatus(status) {
      const { code, info } = status;
      const tcUrl = info?.get("tcUrl");
      if (code === "NetConnection.Connect.AppShutdown") isServerClosing = true;
      if (code === "NetConnection.Connect.ReconnectRequest")
        moveRequest.resolve(typeof tcUrl === "string" ? tcUrl : "");
      options.onStatus?.(status);
    },
  };
  try {
    const mayMove = signal !== undefined || options.onStatus !== undefined;
    const purpose = { isForOneStream: true, publishes, mayMove };
    const opened = await openConnection(platform, url, connectOptions, purpose);
    const stream = await startOn(opened.connection, url.key, start);
    return {
      stream,
      url: formatTcUrl(opened.url),
      isServerClosing: () => isServerClosing,
      moveRequest: moveRequest.promise.then((reference) => ({ from: opened.url, reference })),
    };
  } finally {
    stopListening();
  }
}

async function startOn<Stream>(
  connection: NetConnection,
  key: string,
  start: (connection: NetConnection, key: string) => Promise<Stream>,
): Promise<Stream> {
  try {
    return await start(connection, key);
  } catch (error) {
    void connection.close();
    throw error;
  }
}

function checkReconnecting({ stream }: ConnectOptions): void {
  if (stream !== undefined) throw new TypeError("`reconnect` makes connections of its own: leave `stream` out");
}
