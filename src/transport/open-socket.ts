import type { Socket } from "node:net";
import { formatAddress } from "./address.ts";
import type { ClientTlsOptions } from "./client-tls-options.ts";
import type { ConnectDeadline } from "./connect-deadline.ts";
import { connectThroughProxy, connectToProxy } from "./http-proxy-connect.ts";
import type { HttpProxy } from "./proxy-settings.ts";
import { connectTcpSocket } from "./tcp-connect.ts";
import { startTls } from "./tls-connect.ts";

export type SocketTarget = {
  /** A name, or an address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  readonly isSecure: boolean;
  readonly tls?: ClientTlsOptions;
  readonly proxy?: HttpProxy;
  /** Without TLS, the proxy is asked for each request instead of a connection to the server. @default false */
  readonly isForwarded?: boolean;
};

/** By TCP, with TLS or without, through a proxy or not. One step of a connection. */
export async function openSocket(target: SocketTarget, deadline: ConnectDeadline): Promise<Socket> {
  const { proxy, host, port } = target;
  if (proxy !== undefined && isAskedForRequests(target)) return await connectToProxy(proxy, deadline);
  const plain =
    proxy === undefined
      ? await connectTcpSocket({ host, port }, deadline)
      : await connectThroughProxy({ proxy, host, port }, deadline);
  return target.isSecure ? await startTls(plain, target, deadline) : plain;
}

/** Whether requests are sent to the proxy, which hands them on: their targets are whole URLs then. */
export function isAskedForRequests({ isSecure, proxy, isForwarded = false }: SocketTarget): boolean {
  return proxy !== undefined && isForwarded && !isSecure;
}

/** For one attempt to open what a socket carries. */
export function openTimeoutError({ host, port, proxy }: SocketTarget, what: string, timeoutMs: number): Error {
  const way = proxy === undefined ? "" : ` through the HTTP proxy ${formatAddress(proxy.host, proxy.port)}`;
  return new Error(
    `no ${what} with ${formatAddress(host, port)}${way} within ${timeoutMs} ms. Check the address, the port and the firewall.`,
  );
}
