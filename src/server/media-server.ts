import { BroadcastDirectory } from "../broadcast/directory.ts";
import type { ByteStream } from "../transport/byte-stream.ts";
import { socketStream } from "../transport/socket-stream.ts";
import { listenTcp, type TcpListener } from "../transport/tcp-listener.ts";
import { broadcastOptionsOf } from "./broadcast-options.ts";
import type { ServerContext } from "./context.ts";
import { Flusher } from "./flusher.ts";
import { silentLog } from "./log.ts";
import { networkOf } from "./network-of.ts";
import { type ListenAddress, type MediaServerOptions, resolveOptions } from "./options.ts";
import { RtmpConnection } from "./rtmp/connection.ts";

/** Where a server accepts clients. */
export type ListenerInfo = { readonly protocol: "rtmp"; readonly host: string; readonly port: number };

/** A live RTMP server: publishers come in, and everybody who plays the same name gets what they send. */
export type MediaServer = {
  /** Opens the listeners, or none of them; once. Rejects with an error that says what to do. */
  start(): Promise<void>;
  readonly listeners: readonly ListenerInfo[];
  readonly connectionCount: number;
  /** Every name that is published, waited for or watched. */
  readonly broadcasts: BroadcastDirectory;
  /** Serves a connection that came some other way: a socket of your own, or a stream in memory. */
  accept(stream: ByteStream): void;
  /** Accepts no more, tells every client that the server goes, and waits until all have left or `drainMs` is over. */
  drain(): Promise<void>;
  /** Ends everything at once, and for good. */
  stop(): Promise<void>;
};

/** Every address of the machine. */
const DEFAULT_ADDRESS: ListenAddress = { host: "::", port: 1935 };
/** How often what is due by time is looked for. */
const TICK_MS = 500;

export function createMediaServer(options: MediaServerOptions = {}): MediaServer {
  return new RtmpMediaServer(options);
}

class RtmpMediaServer implements MediaServer {
  readonly broadcasts: BroadcastDirectory;
  readonly #context: ServerContext;
  readonly #addresses: readonly ListenAddress[];
  readonly #flusher: Flusher;
  readonly #connections = new Set<RtmpConnection>();
  readonly #connectionsByAddress = new Map<string, number>();
  #listeners: readonly TcpListener[] = [];
  #ticker: NodeJS.Timeout | undefined;
  #isStarted = false;
  #isClosing = false;
  #connectionsSoFar = 0;
  #onEmpty: (() => void) | undefined;

  constructor(options: MediaServerOptions) {
    const resolved = resolveOptions(options);
    const nowMs = (): number => performance.now();
    this.#addresses = options.listen ?? [DEFAULT_ADDRESS];
    this.#flusher = new Flusher(nowMs);
    const broadcastOptions = broadcastOptionsOf(resolved, this.#flusher.schedule);
    this.broadcasts = new BroadcastDirectory(broadcastOptions, resolved.limits.maxBroadcasts);
    const { log = silentLog, hooks = {} } = options;
    this.#context = { options: resolved, hooks, log, directory: this.broadcasts, nowMs };
  }

  get listeners(): readonly ListenerInfo[] {
    return this.#listeners.map(({ address, port }) => ({ protocol: "rtmp", host: address, port }));
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  async start(): Promise<void> {
    if (this.#isClosing) throw new Error("the server was stopped: create another");
    if (this.#isStarted) throw new Error("the server was started already");
    this.#isStarted = true;
    const opened: TcpListener[] = [];
    try {
      for (const address of this.#addresses) {
        opened.push(await this.#listen(address));
        if (this.#isClosing) throw new Error("the server was stopped while it started");
      }
    } catch (error) {
      for (const listener of opened) listener.close();
      this.#isStarted = false;
      throw error;
    }
    this.#listeners = opened;
    this.#startTicker();
  }

  accept(stream: ByteStream): void {
    const { limits } = this.#context.options;
    const address = networkOf(stream.remoteAddress);
    const fromAddress = this.#connectionsByAddress.get(address) ?? 0;
    if (this.#isClosing) return stream.destroy();
    const { maxConnections, maxConnectionsPerAddress } = limits;
    if (this.#connections.size >= maxConnections) return this.#refuse(stream, maxConnections);
    if (maxConnectionsPerAddress > 0 && fromAddress >= maxConnectionsPerAddress) {
      return this.#refuse(stream, maxConnectionsPerAddress);
    }
    this.#startTicker();
    this.#connectionsByAddress.set(address, fromAddress + 1);
    const id = (++this.#connectionsSoFar).toString();
    const connection = new RtmpConnection(this.#context, stream, id, (finished) => this.#forget(finished, address));
    this.#connections.add(connection);
    connection.start();
  }

  async drain(): Promise<void> {
    this.#close();
    const emptied = this.#emptied();
    for (const connection of this.#connections) connection.shutDown();
    const { promise: overdue, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.#context.options.timeouts.drainMs);
    await Promise.race([emptied, overdue]);
    clearTimeout(timer);
    await this.stop();
  }

  async stop(): Promise<void> {
    this.#close();
    const emptied = this.#emptied();
    for (const connection of this.#connections) connection.destroy();
    clearInterval(this.#ticker);
    this.#ticker = undefined;
    this.#flusher.close();
    await emptied;
  }

  #listen({ host, port }: ListenAddress): Promise<TcpListener> {
    const { log } = this.#context;
    return listenTcp(
      {
        // Without a host, a machine that has no IPv6 listens on every address of IPv4.
        ...(host !== "::" && { host }),
        port,
        onAcceptError: (err) => log.error({ err }, "a connection could not be accepted"),
      },
      (socket) => this.accept(socketStream(socket)),
    );
  }

  /** Listeners and sockets keep a program alive; this does not. */
  #startTicker(): void {
    this.#ticker ??= setInterval(() => this.#tick(), TICK_MS).unref();
  }

  #tick(): void {
    const nowMs = this.#context.nowMs();
    for (const connection of this.#connections) connection.tick(nowMs);
    this.broadcasts.tick(nowMs);
  }

  #refuse(stream: ByteStream, limit: number): void {
    this.#context.log.warn({ remote: stream.remoteAddress, limit }, TOO_MANY);
    stream.destroy();
  }

  #forget(connection: RtmpConnection, address: string): void {
    this.#connections.delete(connection);
    const left = (this.#connectionsByAddress.get(address) ?? 1) - 1;
    if (left > 0) this.#connectionsByAddress.set(address, left);
    else this.#connectionsByAddress.delete(address);
    if (this.#connections.size === 0) this.#onEmpty?.();
  }

  #close(): void {
    this.#isClosing = true;
    for (const listener of this.#listeners) listener.close();
    this.#listeners = [];
  }

  /** Settles when no connection is left. */
  #emptied(): Promise<void> {
    if (this.#connections.size === 0) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const before = this.#onEmpty;
    this.#onEmpty = () => {
      before?.();
      resolve();
    };
    return promise;
  }
}

const TOO_MANY = "too many connections: one was refused";
