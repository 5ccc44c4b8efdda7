import { type IncomingMessage, request } from "node:http";
import type { Socket } from "node:net";
import { formatAddress } from "./address.ts";
import type { ConnectDeadline } from "./connect-deadline.ts";
import { httpAuthority } from "./http-authority.ts";
import type { HttpProxy } from "./proxy-settings.ts";
import { connectTcpSocket } from "./tcp-connect.ts";

export type ProxiedTarget = { readonly proxy: HttpProxy; readonly host: string; readonly port: number };

/** Connects to the proxy itself. One step of a connection. */
export async function connectToProxy(proxy: HttpProxy, deadline: ConnectDeadline): Promise<Socket> {
  try {
    return await connectTcpSocket(proxy, deadline);
  } catch (error) {
    if (deadline.signal.aborted) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`the HTTP proxy: ${reason} Or set httpProxy to false for none.`, { cause: error });
  }
}

/**
 * Has an HTTP proxy connect to a server (CONNECT, RFC 9110 section 9.3.6): what is written to the socket from then on
 * goes there. One step of a connection: rejects with the signal's reason when that aborts, and otherwise with an error
 * that says what to do.
 */
export async function connectThroughProxy(target: ProxiedTarget, deadline: ConnectDeadline): Promise<Socket> {
  const socket = await connectToProxy(target.proxy, deadline);
  try {
    await askToConnect(socket, target, deadline.signal);
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function askToConnect(socket: Socket, { proxy, host, port }: ProxiedTarget, signal: AbortSignal): Promise<void> {
  const place = formatAddress(proxy.host, proxy.port);
  const target = httpAuthority(host, port);
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const asked = request({
      createConnection: () => socket,
      method: "CONNECT",
      path: target,
      headers: { Host: target, "User-Agent": "millrace", ...proxyHeaders(proxy) },
    });
    const onAbort = (): void => fail(signal.reason);
    const fail = (reason: unknown): void => {
      signal.removeEventListener("abort", onAbort);
      asked.destroy();
      reject(reason);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    // Stays: one more error may come after a failure.
    asked.on("error", (cause) => {
      fail(new Error(`the HTTP proxy ${place} did not connect to ${target}: ${cause.message}`, { cause }));
    });
    asked.once("connect", (response: IncomingMessage, _: Socket, head: Buffer) => {
      const { statusCode = 0 } = response;
      if (statusCode < 200 || statusCode > 299) return fail(proxyRefusal(proxy, target, response));
      signal.removeEventListener("abort", onAbort);
      // A server that speaks first may already have spoken.
      if (head.length > 0) socket.unshift(head);
      resolve();
    });
    asked.end();
  });
}

export function proxyHeaders({ authorization }: HttpProxy): Readonly<Record<string, string>> {
  return authorization === undefined ? {} : { "Proxy-Authorization": authorization };
}

export function proxyRefusal(proxy: HttpProxy, target: string, { statusCode, statusMessage }: IncomingMessage): Error {
  const status = `${statusCode} ${statusMessage}`.trimEnd();
  const wasNamed = proxy.authorization !== undefined;
  const advice =
    statusCode === 407
      ? `It wants ${wasNamed ? "another" : "a"} user and password: http://user:password@${formatAddress(proxy.host, proxy.port)}.`
      : "Check whether it may go there, or set httpProxy to false for none.";
  return new Error(`the HTTP proxy ${formatAddress(proxy.host, proxy.port)} refused ${target}: ${status}. ${advice}`);
}
