import { connect, type Socket } from "node:net";
import type { ByteStream } from "./byte-stream.ts";
import { type ConnectDeadline, type ConnectLimits, untilConnected, withDeadline } from "./connect-deadline.ts";
import { connectError, tcpTimeoutError } from "./network-errors.ts";
import { socketStream } from "./socket-stream.ts";
import { KEEP_ALIVE_MS } from "./tcp-listener.ts";

/** Of the whole time, what each address of a host but the last may take: Node drops an attempt before it starts the next. */
const SHARE_OF_AN_ADDRESS = 1 / 4;

export type TcpTarget = {
  /** A name, or an address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** The address of this machine to connect from. @default the system's choice */
  readonly localAddress?: string;
};

export type TcpConnectOptions = TcpTarget & ConnectLimits;

/** Tries the addresses of a host in turn, IPv6 and IPv4. Rejects with an error that says what to do. */
export async function connectTcp(options: TcpConnectOptions): Promise<ByteStream> {
  const { host, port } = options;
  const timeoutError = (timeoutMs: number): Error => tcpTimeoutError(host, port, timeoutMs);
  return socketStream(await withDeadline(options, timeoutError, (deadline) => connectTcpSocket(options, deadline)));
}

/** One step of a connection: rejects with the signal's reason when that aborts. */
export async function connectTcpSocket(
  { host, port, localAddress }: TcpTarget,
  { signal, timeoutMs }: ConnectDeadline,
): Promise<Socket> {
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
  await untilConnected(socket, "connect", signal, (error) => connectError(error, host, port));
  return socket;
}
