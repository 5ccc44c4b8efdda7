import type { Duplex } from "node:stream";
import type { AddressList } from "./address-list.ts";
import type { ListenerWay } from "./ways-in.ts";

/** How an accepted socket came in: what its listener, and a PROXY protocol header, say of it. */
export type SocketOrigin = {
  /** `address:port` of the client, IPv6 in brackets; not the balancer's where it named the client. */
  readonly remoteAddress: string;
  /** The ways in that the listener takes. */
  readonly accept: ReadonlySet<ListenerWay>;
  /** Proxies whose `X-Forwarded-For` is believed. */
  readonly forwardedFrom: AddressList;
};

const origins = new WeakMap<Duplex, SocketOrigin>();

/** Remembers it for the layers above the socket: HTTP hands on the socket only. */
export function setOrigin(socket: Duplex, origin: SocketOrigin): void {
  origins.set(socket, origin);
}

/** Undefined for a socket that no listener of ours accepted. */
export function originOf(socket: Duplex): SocketOrigin | undefined {
  return origins.get(socket);
}
