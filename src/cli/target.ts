import { isLibrtmpLine, type LibrtmpLine, parseLibrtmpLine } from "../client/librtmp-line.ts";
import type { ConnectOptions } from "../client/options.ts";
import type { PlayStreamOptions } from "../client/play-stream.ts";
import type { AmfEncodable } from "../formats/amf/amf-value.ts";
import { formatTcUrl, parseRtmpUrl } from "../transport/rtmp-url.ts";
import type { Reporter } from "./reporter.ts";

/** What the command line says of the connection. */
export type ConnectionOptions = {
  readonly app?: string;
  readonly tcUrl?: string;
  readonly swfUrl?: string;
  readonly pageUrl?: string;
  readonly flashVersion?: string;
  readonly connectMember?: Readonly<Record<string, AmfEncodable>>;
  readonly connectArg?: readonly AmfEncodable[];
  readonly amf3?: boolean;
  readonly caFile?: string;
  readonly insecure?: boolean;
  /** False for none. */
  readonly proxy?: string | false;
  /** In ms. */
  readonly timeout?: number;
};

/** What the command line says of what is told. */
export type OutputOptions = {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
};

/** Where a command goes. */
export type Target = {
  /** With user and password, where they were given. */
  readonly url: string;
  /** The stream's name; empty where the URL has none. */
  readonly key: string;
  readonly options: ConnectOptions;
  readonly play: Pick<PlayStreamOptions, "startMs" | "durationMs" | "bufferMs">;
  /** What is called ahead of `play`, without an answer. */
  readonly calls: LibrtmpLine["calls"];
  /** Without user, password and key. */
  readonly shown: string;
  /** What is not to be shown. */
  readonly secrets: readonly string[];
};

/**
 * A URL or a line of librtmp. Throws a TypeError that says what is wrong with it. `hasKey`: whether the last part of the
 * path is a stream.
 */
export function parseTarget(text: string, options: ConnectionOptions, hasKey: boolean): Target {
  const override = { ...(options.app !== undefined && { app: options.app }), ...(!hasKey && { key: "" }) };
  const line = isLibrtmpLine(text) ? parseLibrtmpLine(text) : undefined;
  const url = line === undefined ? parseRtmpUrl(text, override) : parseRtmpUrl(line.url, { ...line, ...override });
  const { app, key, password = "" } = url;
  return {
    url: text,
    key,
    options: connectOptionsOf(options, app),
    play: line?.play ?? {},
    calls: line?.calls ?? [],
    shown: formatTcUrl({ ...url, app: withoutQuery(app) }),
    secrets: [
      password,
      key,
      withoutQuery(key),
      queryOf(key),
      queryOf(app),
      ...(line === undefined ? [] : secretsOf(line)),
    ],
  };
}

function withoutQuery(path: string): string {
  return path.split("?", 1)[0] ?? "";
}

function queryOf(path: string): string {
  return path.slice(withoutQuery(path).length + 1);
}

/** Tokens, and whatever else an application is told. */
function secretsOf({ options, calls }: LibrtmpLine): string[] {
  const told = [options.secureToken, ...(options.args ?? []), ...calls.flatMap(({ args }) => args)];
  return told.filter((value) => typeof value === "string");
}

/** What the options say, and how the reporter is told what the library does. */
export function withReporter(target: Target, reporter: Reporter): ConnectOptions {
  return { ...target.options, log: reporter.log };
}

function connectOptionsOf(options: ConnectionOptions, app: string): ConnectOptions {
  const { swfUrl, pageUrl, tcUrl, flashVersion, connectArg, caFile, insecure, proxy, timeout, amf3 } = options;
  const members = { ...(swfUrl && { swfUrl }), ...(pageUrl && { pageUrl }), ...options.connectMember };
  return {
    app,
    members,
    ...(tcUrl !== undefined && { tcUrl }),
    ...(flashVersion !== undefined && { flashVersion }),
    ...(connectArg !== undefined && { args: connectArg }),
    ...(amf3 === true && { objectEncoding: 3 }),
    tls: { ...(caFile !== undefined && { caFile }), ...(insecure === true && { insecure }) },
    ...(proxy !== undefined && { httpProxy: proxy }),
    ...(timeout !== undefined && { timeouts: { connectMs: timeout, handshakeMs: timeout, answerMs: timeout } }),
  };
}
