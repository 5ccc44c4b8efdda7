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
  /** Without user, password and key. */
  readonly shown: string;
  /** What is not to be shown. */
  readonly secrets: readonly string[];
};

/** Throws a TypeError that says what is wrong with the URL. `hasKey`: whether the last part of the path is a stream. */
export function parseTarget(text: string, options: ConnectionOptions, hasKey: boolean): Target {
  const override = { ...(options.app !== undefined && { app: options.app }), ...(!hasKey && { key: "" }) };
  const url = parseRtmpUrl(text, override);
  const { app, key, password = "" } = url;
  const query = key.indexOf("?");
  return {
    url: text,
    key,
    options: connectOptionsOf(options, app),
    play: {},
    shown: formatTcUrl({ ...url, app: app.split("?", 1)[0] ?? "" }),
    secrets: [password, key, ...(query < 0 ? [] : [key.slice(0, query), key.slice(query + 1)])],
  };
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
