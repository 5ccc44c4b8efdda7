import { ConnectionTally } from "./connection-tally.ts";
import { networkOf } from "./network-of.ts";
import type { ServerLimits } from "./options.ts";
import type { ServerPool } from "./pool.ts";
import type { ConnectionSnapshot } from "./snapshots.ts";

/** One client, however it came: what the server needs to look after it, to end it and to tell of it. */
export type ServerConnection = {
  /** Unique in this server's life. */
  readonly id: string;
  /** About twice a second: does what is due by time. */
  tick(nowMs: number): void;
  /** Tells the client that the server goes, where that can be told, and ends when it had time to read it. */
  shutDown(): void;
  /** Ends at once. */
  destroy(): void;
  /** Tells the client the reason, where that can be told, and ends. */
  kick(reason: string): void;
  snapshot(nowMs: number): ConnectionSnapshot;
  /** Adds what it has transferred and what it watches: once a second and more, so without a snapshot where many come. */
  tally?(tally: ConnectionTally): void;
};

/** Whether one more client is within the limits. Once let in, it counts until `left` is called. */
export type Admission =
  | { readonly allow: true; left(): void }
  | { readonly allow: false; readonly why: { readonly limit: number } | { readonly reason: string } };

/** Who is connected, however they came, and how many of them there may be. */
export class Connections {
  readonly #limits: Pick<ServerLimits, "maxConnections" | "maxConnectionsPerAddress">;
  /** Counts for all processes of the server, where there are several. */
  readonly #pool: Pick<ServerPool, "admit" | "left"> | undefined;
  readonly #connections = new Map<string, ServerConnection>();
  /** What ended connections have transferred. */
  readonly #ended = new ConnectionTally();
  readonly #countByNetwork = new Map<string, number>();
  #admitted = 0;
  #connectionsSoFar = 0;
  #onEmpty: (() => void) | undefined;

  constructor(
    limits: Pick<ServerLimits, "maxConnections" | "maxConnectionsPerAddress">,
    pool?: Pick<ServerPool, "admit" | "left">,
  ) {
    this.#limits = limits;
    this.#pool = pool;
  }

  get size(): number {
    return this.#connections.size;
  }

  /** A copy: what is done with one may end others. */
  list(): readonly ServerConnection[] {
    return [...this.#connections.values()];
  }

  find(id: string): ServerConnection | undefined {
    return this.#connections.get(id);
  }

  nextId(): string {
    return (++this.#connectionsSoFar).toString();
  }

  /** Asks for one more, from `address:port`. */
  admit(remoteAddress: string): Admission | Promise<Admission> {
    const network = networkOf(remoteAddress);
    return this.#pool === undefined ? this.#admitHere(network) : admitTo(this.#pool, network);
  }

  add(connection: ServerConnection): void {
    this.#connections.set(connection.id, connection);
  }

  delete(connection: ServerConnection): void {
    if (!this.#connections.delete(connection.id)) return;
    const last = new ConnectionTally();
    addTo(last, connection);
    this.#ended.transferred(last.receivedBytes, last.sentBytes);
    if (this.#connections.size === 0) this.#onEmpty?.();
  }

  /** Bytes of all connections so far, the ended ones too, and who watches what now. */
  tally(): ConnectionTally {
    const tally = new ConnectionTally();
    tally.transferred(this.#ended.receivedBytes, this.#ended.sentBytes);
    for (const connection of this.#connections.values()) addTo(tally, connection);
    return tally;
  }

  tick(nowMs: number): void {
    for (const connection of this.#connections.values()) connection.tick(nowMs);
  }

  /** Settles when no connection is left. */
  emptied(): Promise<void> {
    if (this.#connections.size === 0) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const before = this.#onEmpty;
    this.#onEmpty = () => {
      before?.();
      resolve();
    };
    return promise;
  }

  #admitHere(network: string): Admission {
    const { maxConnections, maxConnectionsPerAddress } = this.#limits;
    const fromNetwork = this.#countByNetwork.get(network) ?? 0;
    if (this.#admitted >= maxConnections) return { allow: false, why: { limit: maxConnections } };
    if (maxConnectionsPerAddress > 0 && fromNetwork >= maxConnectionsPerAddress) {
      return { allow: false, why: { limit: maxConnectionsPerAddress } };
    }
    this.#count(network, 1);
    return { allow: true, left: () => this.#count(network, -1) };
  }

  #count(network: string, by: 1 | -1): void {
    this.#admitted += by;
    const count = (this.#countByNetwork.get(network) ?? 0) + by;
    if (count > 0) this.#countByNetwork.set(network, count);
    else this.#countByNetwork.delete(network);
  }
}

function addTo(tally: ConnectionTally, connection: ServerConnection): void {
  if (connection.tally !== undefined) return connection.tally(tally);
  const { protocol, receivedBytes, sentBytes, playing } = connection.snapshot(0);
  tally.transferred(receivedBytes, sentBytes);
  for (const { broadcast } of playing) tally.watches(broadcast, protocol);
}

async function admitTo(pool: Pick<ServerPool, "admit" | "left">, network: string): Promise<Admission> {
  const decision = await pool.admit(network);
  if (!decision.allow) return { allow: false, why: { reason: decision.reason } };
  return { allow: true, left: () => pool.left(network) };
}
