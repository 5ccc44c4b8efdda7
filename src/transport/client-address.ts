import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { formatAddress } from "./address.ts";
import type { AddressList } from "./address-list.ts";
import { originOf } from "./socket-origin.ts";
import { remoteAddressOf } from "./socket-stream.ts";

/**
 * `address:port` of whoever sent a request, IPv6 in brackets: that of its connection, or, where a proxy that the listener
 * believes (`forwardedFrom`) sent it, the last address in `X-Forwarded-For` that is not such a proxy's. The port is 0
 * unless the header names one.
 */
export function clientAddressOf(request: IncomingMessage): string {
  const { socket } = request;
  const origin = originOf(socket);
  const own = origin?.remoteAddress ?? remoteAddressOf(socket);
  const header = request.headers["x-forwarded-for"];
  if (origin === undefined || header === undefined) return own;
  return forwardedAddress(String(header), own, origin.forwardedFrom);
}

/** Read from its end, for every proxy adds whom it saw, and only what believed ones have added can be believed. */
export function forwardedAddress(header: string, own: string, forwardedFrom: AddressList): string {
  let nearest = own;
  for (const entry of header.split(",").reverse()) {
    if (!forwardedFrom.has(hostOf(nearest))) return nearest;
    const further = parseEntry(entry.trim());
    if (further === undefined) return nearest;
    nearest = further;
  }
  return nearest;
}

function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(":")).replaceAll(/[[\]]/g, "");
}

/** An address, with a port where a proxy adds it: `192.0.2.7:50000`, `[2001:db8::1]:50000`. Undefined for a name. */
function parseEntry(text: string): string | undefined {
  const [, bracketed, plain, port = "0"] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = bracketed ?? plain ?? text;
  return isIP(host) === 0 ? undefined : formatAddress(host, Number(port));
}
