import { isIP } from "node:net";
import { domainToASCII } from "node:url";
import { formatAddress } from "./address.ts";

/**
 * `host:port` as the Host header and CONNECT have it, the port only where it is not the default. Throws a TypeError for
 * a host that cannot stand there.
 */
export function httpAuthority(host: string, port: number, defaultPort?: number): string {
  const name = isIP(host) === 0 ? domainToASCII(host) : host;
  // Node takes the part before a slash for the name.
  if (name === "" || /[\s/\\?#@]/.test(host)) throw new TypeError(`not a host name: ${host}. Check the URL.`);
  const address = formatAddress(name, port);
  return port === defaultPort ? address.slice(0, address.lastIndexOf(":")) : address;
}
