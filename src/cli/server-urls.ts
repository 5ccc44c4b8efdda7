import type { ListenerInfo } from "../server/media-server.ts";
import { formatAddress } from "../transport/address.ts";
import { defaultPortOf, type RtmpScheme } from "../transport/rtmp-url.ts";

/** One address of this machine, as `os.networkInterfaces` tells them. */
export type NetworkAddress = {
  /** Of the interface: `eth0`. */
  readonly name: string;
  readonly address: string;
  readonly family: "IPv4" | "IPv6";
  readonly internal: boolean;
};

/** One way to reach the server. */
export type ServerUrl = {
  readonly scheme: RtmpScheme;
  /** What encoders call the server: `rtmp://127.0.0.1:1935/live`. */
  readonly server: string;
  /** Who can use it, in words. */
  readonly reach: string;
};

/** The simplest way in first. */
const BY_SIMPLICITY: readonly RtmpScheme[] = ["rtmp", "rtmps", "rtmpt", "rtmpts", "rtmpe", "rtmpte", "ws", "wss"];

/** All URLs of the simplest way in, then one of each other way. */
export function serverUrls(listeners: readonly ListenerInfo[], addresses: readonly NetworkAddress[]): ServerUrl[] {
  const [main, ...others] = BY_SIMPLICITY.filter((scheme) => listenerFor(scheme, listeners) !== undefined);
  if (main === undefined) return [];
  const mainUrls = listeners
    .filter(({ accepts }) => accepts.includes(main))
    .flatMap((listener) => urlsOf(main, listener, addresses));
  return [...uniqueUrls(mainUrls), ...others.flatMap((scheme) => localUrl(scheme, listeners))];
}

/** Where broadcasts are served by HTTP to whoever is on this machine: `http://127.0.0.1:1935`. */
export function httpUrl(listeners: readonly ListenerInfo[]): string | undefined {
  for (const way of ["http", "https"] as const) {
    const listener = listeners.find(({ accepts }) => accepts.includes(way));
    if (listener !== undefined) return `${way}://${formatAddress(reachableHost(listener.host), listener.port)}`;
  }
  return undefined;
}

/** Where the command's own client reaches the application `live`: in the simplest way that there is. */
export function loopbackUrl(listeners: readonly ListenerInfo[]): string | undefined {
  return BY_SIMPLICITY.flatMap((scheme) => localUrl(scheme, listeners))[0]?.server;
}

function urlsOf(scheme: RtmpScheme, listener: ListenerInfo, addresses: readonly NetworkAddress[]): ServerUrl[] {
  const local = {
    scheme,
    server: urlOf(scheme, reachableHost(listener.host), listener.port),
    reach: reachOf(listener.host),
  };
  if (!isWildcard(listener.host)) return [local];
  const isIPv6Only = (address: NetworkAddress): boolean => address.family === "IPv6" && listener.host !== "::";
  const others = addresses
    .filter((address) => !address.internal && !isIPv6Only(address) && !/^fe80:/i.test(address.address))
    .sort((left, right) => left.family.localeCompare(right.family))
    .map(({ name, address }) => ({
      scheme,
      server: urlOf(scheme, address, listener.port),
      reach: `from the network, by ${name}`,
    }));
  return [local, ...others];
}

/** One URL, or none if no listener takes that way. */
function localUrl(scheme: RtmpScheme, listeners: readonly ListenerInfo[]): ServerUrl[] {
  const listener = listenerFor(scheme, listeners);
  return listener === undefined ? [] : urlsOf(scheme, listener, []);
}

/** One on the usual port, if there is. */
function listenerFor(scheme: RtmpScheme, listeners: readonly ListenerInfo[]): ListenerInfo | undefined {
  const takers = listeners.filter(({ accepts }) => accepts.includes(scheme));
  return takers.find(({ port }) => port === defaultPortOf(scheme)) ?? takers[0];
}

function urlOf(scheme: RtmpScheme, host: string, port: number): string {
  return `${scheme}://${formatAddress(host, port)}/live`;
}

function uniqueUrls(urls: readonly ServerUrl[]): ServerUrl[] {
  return [...new Map(urls.map((url) => [url.server, url])).values()];
}

function isWildcard(host: string): boolean {
  return host === "::" || host === "0.0.0.0";
}

function reachableHost(host: string): string {
  return isWildcard(host) ? "127.0.0.1" : host;
}

function reachOf(host: string): string {
  const isLocal = isWildcard(host) || host === "::1" || host === "localhost" || host.startsWith("127.");
  return isLocal ? "on this machine" : "from the network";
}
