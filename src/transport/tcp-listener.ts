import { createServer, type Server, type Socket } from "node:net";
import { listenError } from "./network-errors.ts";
import { prepareSharedReads } from "./shared-read-buffer.ts";

/** Idle time after which the kernel asks whether the peer is still there. */
export const KEEP_ALIVE_MS = 30_000;

/** Enough for a burst of reconnecting viewers; the kernel may allow less. */
const DEFAULT_BACKLOG = 1024;

export type TcpListenerOptions = {
  /** An address or name of this machine. @default every address, IPv6 and IPv4 */
  readonly host?: string;
  /** 0 lets the kernel choose. */
  readonly port: number;
  /**
   * Others may listen there, too, and connections are spread over all: `first` makes sure that nobody does so yet, so
   * that no port is shared with another program. @default nobody else may
   */
  readonly sharing?: "first" | "further";
  /** Connections that wait to be accepted. @default 1024 */
  readonly backlog?: number;
  /** Told when the system could not accept a connection, say for want of file descriptors. Listening goes on. */
  readonly onAcceptError?: (error: Error) => void;
};

export type TcpListener = {
  /** The address without the port: `::` or `0.0.0.0` for all. */
  readonly address: string;
  readonly port: number;
  /** Accepts no more; open connections live on. */
  close(): void;
};

/** Hands each accepted socket to `onSocket`, which owns it. Rejects with an error that says what to do. */
export async function listenTcp(options: TcpListenerOptions, onSocket: (socket: Socket) => void): Promise<TcpListener> {
  await prepareSharedReads();
  if (options.sharing === "first" && options.port !== 0) await probe(options);
  const server = createServer(
    { allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS },
    onSocket,
  );
  await listening(server, options);
  server.on("error", (error) => options.onAcceptError?.(error));
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("the listener has no port");
  return {
    address: bound.address,
    port: bound.port,
    close(): void {
      server.close();
    },
  };
}

/** Rejects where somebody listens, sharing the port or not. */
async function probe({ sharing: _, ...alone }: TcpListenerOptions): Promise<void> {
  const server = createServer();
  await listening(server, alone);
  await new Promise((resolve) => server.close(resolve));
}

function listening(
  server: Server,
  { host, port, backlog = DEFAULT_BACKLOG, sharing }: TcpListenerOptions,
): Promise<void> {
  const isShared = sharing !== undefined;
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void => reject(listenError(error, host ?? "::", port));
    server.once("error", onError);
    // Node throws at once for a port outside 0-65535.
    server.listen({ port, backlog, ...(host !== undefined && { host }), ...(isShared && { reusePort: true }) }, () => {
      server.off("error", onError);
      resolve();
    });
  });
}
