import { formatAddress } from "./address.ts";

/**
 * The schemes and their default ports: `s` is TLS, `e` encrypts in the handshake, `t` tunnels through HTTP, and `ws` is
 * the same bytes in a WebSocket.
 */
const DEFAULT_PORTS = {
  rtmp: 1935,
  rtmps: 443,
  rtmpe: 1935,
  rtmpt: 80,
  rtmpts: 443,
  rtmpte: 80,
  ws: 80,
  wss: 443,
} as const;
export type RtmpScheme = keyof typeof DEFAULT_PORTS;

/** Every scheme. */
export const RTMP_SCHEMES: readonly RtmpScheme[] = Object.keys(DEFAULT_PORTS) as RtmpScheme[];

/** Where a stream is: `scheme://[user[:password]@]host[:port]/app/key?query`. */
export type RtmpUrl = {
  readonly scheme: RtmpScheme;
  /** A name or an address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** Percent-decoded. */
  readonly user?: string;
  readonly password?: string;
  /** May have several parts, `live/instance`, and a query where the URL has no key. Not percent-decoded. */
  readonly app: string;
  /** The stream's name with its query, as it stands in the URL; empty when the path has one part only. */
  readonly key: string;
};

/** For servers that split the path otherwise: what is given is taken, the rest of the path is the other. */
export type AppAndKeyOverride = { readonly app?: string; readonly key?: string };

/** The port of URLs that name none. */
export function defaultPortOf(scheme: RtmpScheme): number {
  return DEFAULT_PORTS[scheme];
}

/** Whether the way begins with a TLS handshake, and so needs a certificate. */
export function isTlsScheme(scheme: RtmpScheme): boolean {
  return scheme === "rtmps" || scheme === "rtmpts" || scheme === "wss";
}

/** For names in lower case. */
export function isRtmpScheme(text: string): text is RtmpScheme {
  return Object.hasOwn(DEFAULT_PORTS, text);
}

/** Throws a TypeError that says what is wrong with the URL. */
export function parseRtmpUrl(text: string, override: AppAndKeyOverride = {}): RtmpUrl {
  const parts = /^([^:/?#]+):\/\/([^/?]*)(.*)$/s.exec(text.trim());
  if (parts === null) throw new TypeError(`not a URL: ${text}. Write rtmp://host/app/key`);
  const [, schemeText = "", authority = "", path = ""] = parts;
  const scheme = parseScheme(schemeText);
  const hostStart = authority.lastIndexOf("@") + 1;
  return {
    scheme,
    ...parseHostAndPort(authority.slice(hostStart), DEFAULT_PORTS[scheme]),
    ...(hostStart > 0 && parseCredentials(authority.slice(0, hostStart - 1))),
    ...splitAppAndKey(path, override),
  };
}

/** The whole URL, the port only where it is not the scheme's. Holds password and key: not for logs. */
export function formatRtmpUrl(url: RtmpUrl): string {
  const path = [url.app, url.key].filter((part) => part !== "").join("/");
  return `${url.scheme}://${formatCredentials(url)}${formatHost(url)}/${path}`;
}

/** The `tcUrl` of a `connect` command: scheme, host and app, without user and key. */
export function formatTcUrl(url: RtmpUrl): string {
  return `${url.scheme}://${formatHost(url)}/${url.app}`;
}

/**
 * The last part of the path is the key, together with the query; all before it is the app. A single part is the app.
 * Slashes at either end of the path do not count.
 */
export function splitAppAndKey(
  path: string,
  override: AppAndKeyOverride = {},
): { readonly app: string; readonly key: string } {
  const { app, key } = override;
  const queryStart = path.includes("?") ? path.indexOf("?") : path.length;
  const names = path.slice(0, queryStart).replaceAll(/^\/+|\/+$/g, "");
  const query = path.slice(queryStart);
  if (key !== undefined) return { app: app ?? names + query, key };
  if (app !== undefined && (names === app || names.startsWith(`${app}/`))) {
    return { app, key: names.slice(app.length + 1) + query };
  }
  const split = names.lastIndexOf("/");
  if (split < 0) return app === undefined ? { app: names + query, key: "" } : { app, key: names + query };
  return { app: app ?? names.slice(0, split), key: names.slice(split + 1) + query };
}

function parseScheme(text: string): RtmpScheme {
  const scheme = text.toLowerCase();
  if (isRtmpScheme(scheme)) return scheme;
  throw new TypeError(`unknown scheme ${text}://. Known are ${RTMP_SCHEMES.join(", ")}`);
}

function parseHostAndPort(text: string, defaultPort: number): { readonly host: string; readonly port: number } {
  const parts = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d*))?$/.exec(text);
  if (parts === null) {
    const reason = text === "" ? "the host is missing" : `not a host and port: ${text}`;
    throw new TypeError(`${reason}. Write host, host:port, or [address]:port for IPv6`);
  }
  const [, address, name, digits = ""] = parts;
  const port = digits === "" ? defaultPort : Number(digits);
  if (port < 1 || port > 65_535) throw new TypeError(`port ${digits} is not in 1 to 65535`);
  return { host: address ?? name ?? "", port };
}

/** The first colon ends the user: the password may have more of them. */
function parseCredentials(text: string): { readonly user: string; readonly password?: string } {
  const colon = text.indexOf(":");
  if (colon < 0) return { user: percentDecode(text) };
  return { user: percentDecode(text.slice(0, colon)), password: percentDecode(text.slice(colon + 1)) };
}

/** Text with a stray percent sign is taken as it is. */
function percentDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function formatCredentials({ user, password }: RtmpUrl): string {
  if (user === undefined) return "";
  const name = encodeURIComponent(user);
  return password === undefined ? `${name}@` : `${name}:${encodeURIComponent(password)}@`;
}

function formatHost({ scheme, host, port }: RtmpUrl): string {
  const address = formatAddress(host, port);
  return port === DEFAULT_PORTS[scheme] ? address.slice(0, address.lastIndexOf(":")) : address;
}
