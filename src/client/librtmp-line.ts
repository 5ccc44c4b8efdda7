import { decodeUtf8 } from "../bytes/utf8.ts";
import { AmfEcmaArray, type AmfEncodable } from "../formats/amf/amf-value.ts";
import type { PlayOptions } from "../rtmp/session/client-session.ts";
import { nearest } from "../transport/nearest.ts";
import { formatRtmpUrl, parseRtmpUrl, type RtmpUrl } from "../transport/rtmp-url.ts";
import { parseConnOptions } from "./librtmp-conn.ts";
import type { ConnectOptions } from "./options.ts";

/** What a line of librtmp says: `rtmp://host/app playpath=key live=1 swfUrl=…`. */
export type LibrtmpLine = {
  readonly url: string;
  /** Given beside the URL, because lines may split it otherwise. */
  readonly app: string;
  readonly key: string;
  readonly options: ConnectOptions;
  readonly play: Pick<PlayOptions, "startMs" | "durationMs"> & { readonly bufferMs?: number };
  /** What is called ahead of `play`, without an answer. */
  readonly calls: readonly { readonly name: string; readonly args: readonly AmfEncodable[] }[];
};

/** librtmp's keys, in its spelling; their case does not count. `auth`, `swfHash` and `swfSize` are rtmpdump's. */
const KEYS = [
  ...["app", "tcUrl", "pageUrl", "swfUrl", "flashVer", "auth", "conn", "playpath", "playlist", "live", "subscribe"],
  ...["start", "stop", "buffer", "timeout", "token", "jtv", "swfVfy", "swfAge", "swfHash", "swfSize"],
  ...["pubUser", "pubPasswd", "socks"],
] as const;

type Key = (typeof KEYS)[number];
type Values = ReadonlyMap<Key, readonly string[]>;

/** Whether the text is more than a URL. */
export function isLibrtmpLine(text: string): boolean {
  return /\s/.test(text.trim());
}

/** A TypeError that says what is wrong with the line, and which key was probably meant. */
export function parseLibrtmpLine(text: string): LibrtmpLine {
  const [urlText = "", ...parts] = text.trim().split(/\s+/);
  const values = readValues(parts);
  refuseUnsupported(values);
  const url = parseRtmpUrl(urlText, { key: "" });
  const split = splitPath(url.app);
  const app = last(values, "app") ?? split.app;
  const key = last(values, "playpath") ?? split.key;
  const { user, password } = credentialsOf(values, url);
  return {
    url: formatRtmpUrl({ ...url, ...(user !== undefined && { user }), ...(password !== undefined && { password }) }),
    app,
    key,
    options: optionsOf(values),
    play: playOf(values),
    calls: callsOf(values, key),
  };
}

function readValues(parts: readonly string[]): Values {
  const values = new Map<Key, string[]>();
  for (const part of parts) {
    const at = part.indexOf("=");
    const word = at < 0 ? part : part.slice(0, at);
    const key = KEYS.find((known) => known.toLowerCase() === word.toLowerCase());
    if (key === undefined) {
      const meant = nearest(word, KEYS);
      throw new TypeError(`unknown key ${word}${meant === undefined ? "" : `: did you mean ${meant}?`}`);
    }
    if (at < 0) throw new TypeError(`${key} needs a value: ${key}=…`);
    values.set(key, [...(values.get(key) ?? []), unescapeValue(part.slice(at + 1))]);
  }
  return values;
}

/** A space is `\20`, a backslash `\5c`; more than one are bytes of UTF-8. */
function unescapeValue(text: string): string {
  return text.replaceAll(/(?:\\[0-9a-f]{2})+/gi, (escapes) => {
    const digits = escapes.split("\\").slice(1);
    return decodeUtf8(Uint8Array.from(digits, (pair) => Number.parseInt(pair, 16)));
  });
}

function refuseUnsupported(values: Values): void {
  if (values.has("socks")) throw new TypeError("there are no SOCKS proxies here: rtmpt:// goes through HTTP proxies");
  const wantsHash = isOn(values, "swfVfy") && !(values.has("swfHash") && values.has("swfSize"));
  if (wantsHash) throw new TypeError("swfVfy=1 would fetch the SWF file: give swfHash and swfSize, or the option swf");
}

/** As librtmp does it: up to three parts are the app, and a file's extension says what it is. */
function splitPath(path: string): { readonly app: string; readonly key: string } {
  const queryStart = path.includes("?") ? path.indexOf("?") : path.length;
  const parts = path.slice(0, queryStart).split("/");
  const query = path.slice(queryStart);
  if (parts.length === 1) return { app: path, key: "" };
  const appParts = parts[0] === "ondemand" ? 1 : Math.min(3, parts.length - 1);
  return { app: parts.slice(0, appParts).join("/"), key: playpathOf(parts.slice(appParts).join("/")) + query };
}

function playpathOf(name: string): string {
  const [, base = name, extension = ""] = /^(.*)\.(mp4|f4v|mp3|flv)$/.exec(name) ?? [];
  if (extension === "mp4" || extension === "f4v") return name.startsWith("mp4:") ? name : `mp4:${name}`;
  if (extension === "mp3") return base.startsWith("mp3:") ? base : `mp3:${base}`;
  return base;
}

function credentialsOf(values: Values, url: RtmpUrl): { readonly user?: string; readonly password?: string } {
  const user = last(values, "pubUser");
  const password = last(values, "pubPasswd");
  return user === undefined ? url : { user, ...(password !== undefined && { password }) };
}

function optionsOf(values: Values): ConnectOptions {
  const member = (key: Key): Record<string, string> => {
    const value = last(values, key);
    return value === undefined ? {} : { [key]: value };
  };
  const auth = last(values, "auth");
  const args = [...(auth === undefined ? [] : [true, auth]), ...parseConnOptions(values.get("conn") ?? [])];
  const members = { ...member("swfUrl"), ...member("pageUrl") };
  const [tcUrl, flashVersion, token] = [last(values, "tcUrl"), last(values, "flashVer"), last(values, "token")];
  const seconds = numberOf(values, "timeout");
  const timeoutMs = seconds === undefined ? undefined : seconds * 1000;
  const swf = swfOf(values);
  return {
    ...(tcUrl !== undefined && { tcUrl }),
    ...(flashVersion !== undefined && { flashVersion }),
    ...(token !== undefined && { secureToken: token }),
    ...(timeoutMs !== undefined && {
      timeouts: { connectMs: timeoutMs, handshakeMs: timeoutMs, answerMs: timeoutMs },
    }),
    ...(swf !== undefined && { swf }),
    ...(args.length > 0 && { args }),
    members,
  };
}

function swfOf(values: Values): ConnectOptions["swf"] {
  const hash = last(values, "swfHash");
  const byteLength = numberOf(values, "swfSize");
  if (hash === undefined && byteLength === undefined) return undefined;
  if (hash === undefined || byteLength === undefined || !/^[0-9a-f]{64}$/i.test(hash)) {
    throw new TypeError("swfHash has 64 hex digits, and swfSize goes with it");
  }
  const digits = hash.match(/../g) ?? [];
  return { hash: Uint8Array.from(digits, (digit) => Number.parseInt(digit, 16)), byteLength };
}

function playOf(values: Values): LibrtmpLine["play"] {
  const start = numberOf(values, "start");
  const stop = numberOf(values, "stop");
  const buffer = numberOf(values, "buffer");
  const startMs = isOn(values, "live") ? -1000 : start;
  return {
    ...(startMs !== undefined && { startMs }),
    ...(stop !== undefined && { durationMs: Math.max(0, stop - Math.max(0, start ?? 0)) }),
    ...(buffer !== undefined && { bufferMs: buffer }),
  };
}

function callsOf(values: Values, key: string): LibrtmpLine["calls"] {
  const token = last(values, "jtv");
  const subscribed = last(values, "subscribe") ?? (isOn(values, "live") ? key : undefined);
  const list = new AmfEcmaArray([["0", key]]);
  return [
    ...(token === undefined ? [] : [{ name: "NetStream.Authenticate.UsherToken", args: [token] }]),
    ...(subscribed === undefined ? [] : [{ name: "FCSubscribe", args: [subscribed] }]),
    ...(isOn(values, "playlist")
      ? [
          { name: "set_playlist", args: [list] },
          { name: "playlist_ready", args: [] },
        ]
      : []),
  ];
}

function last(values: Values, key: Key): string | undefined {
  return values.get(key)?.at(-1);
}

/** librtmp takes 1 and 0, and words. */
function isOn(values: Values, key: Key): boolean {
  const value = last(values, key)?.toLowerCase();
  if (value === undefined || ["0", "false", "off", "no"].includes(value)) return false;
  if (["1", "true", "on", "yes"].includes(value)) return true;
  throw new TypeError(`${key}=${value} is neither 0 nor 1`);
}

function numberOf(values: Values, key: Key): number | undefined {
  const value = last(values, key);
  if (value === undefined) return undefined;
  if (!/^-?\d+(?:\.\d+)?$/.test(value)) throw new TypeError(`${key}=${value} is no number`);
  return Number(value);
}
