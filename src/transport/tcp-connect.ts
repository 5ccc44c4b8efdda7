import { connect, type Socket } from "node:net";
import { formatAddress } from "./address.ts";
import type { ByteStream } from "./byte-stream.ts";
import { connectError } from "./network-errors.ts";
import { socketStream } from "./socket-stream.ts";
import { KEEP_ALIVE_MS } from "./tcp-listener.ts";

const DEFAULT_CONNECT_TIMEOUT_MS = 10_000;
/** Of the whole time, what each address of a host but the last may take: Node drops an attempt before it starts the next. */
const SHARE_OF_AN_ADDRESS = 1 / 4;

export type TcpConnectOptions = {
  /** A name, or an address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** Gives up when aborted: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** For looking up the name and connecting together. @default 10_000 */
  readonly timeoutMs?: number;
  /** The address of this machine to connect from. @default the system's choice */
  readonly localAddress?: string;
};

/** Tries the addresses of a host in turn, IPv6 and IPv4. Rejects with an error that says what to do. */
export async function connectTcp(options: TcpConnectOptions): Promise<ByteStream> {
  options.signal?.throwIfAborted();
  const { host, port, localAddress, timeoutMs = DEFAULT_CONNECT_TIMEOUT_MS } = options;
  const socket = connect({
    host,
    port,
    allowHalfOpen: true,
    autoSelectFamily: true,
    // Node's 250 ms are shorter than a distant server, or one lost packet, takes.
    autoSelectFamilyAttemptTimeout: Math.max(1, Math.round(timeoutMs * SHARE_OF_AN_ADDRESS)),
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
    ...(localAddress !== undefined && { localAddress }),
  });
  return connected(socket, options);
}

function connected(socket: Socket, options: TcpConnectOptions): Promise<ByteStream> {
  const { host, port, signal, timeoutMs = DEFAULT_CONNECT_TIMEOUT_MS } = options;
  return new Promise((resolve, reject) => {
    const fail = (reason: unknown): void => {
      settle();
      socket.destroy();
      reject(reason);
    };
    const onAbort = (): void => fail(signal?.reason);
    // Stays after a failure, when one more error may come, and harms nobody then.
    const onError = (error: Error): void => fail(connectError(error, host, port));
    const timer = setTimeout(() => {
      const address = formatAddress(host, port);
      fail(new Error(`cannot connect to ${address} within ${timeoutMs} ms. Check the address and the firewall.`));
    }, timeoutMs);
    const settle = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    socket.on("error", onError);
    socket.once("connect", () => {
      settle();
      const stream = socketStream(socket);
      socket.off("error", onError);
      resolve(stream);
    });
  });
}
