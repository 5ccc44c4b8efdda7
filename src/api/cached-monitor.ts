import type {
  BroadcastSample,
  BroadcastSnapshot,
  ConnectionSnapshot,
  MonitorEvent,
  ServerMonitor,
  ServerSnapshot,
  ViewingSnapshot,
} from "../server/snapshots.ts";

/** How old an answer may be: whoever asks often gets what was made for others. */
const MAX_AGE_MS = 250;

/** One viewer of one broadcast, with its connection. */
export type ViewerSnapshot = ViewingSnapshot &
  Pick<ConnectionSnapshot, "protocol" | "remoteAddress" | "client" | "user" | "connectedAtMs" | "worker"> & {
    /** The id of its connection. */
    readonly connection: string;
  };

/** A monitor that makes each list at most a few times a second, however many ask, and in a lasting order. */
export class CachedMonitor {
  readonly server: () => Promise<ServerSnapshot>;
  /** By name. */
  readonly broadcasts: () => Promise<readonly BroadcastSnapshot[]>;
  /** The oldest first. */
  readonly connections: () => Promise<readonly ConnectionSnapshot[]>;
  /** The oldest connection first. */
  readonly viewers: () => Promise<readonly ViewerSnapshot[]>;
  readonly #monitor: ServerMonitor;
  readonly #nowMs: () => number;
  #generation = 0;

  constructor(monitor: ServerMonitor, nowMs: () => number) {
    this.#monitor = monitor;
    this.#nowMs = nowMs;
    this.server = this.#cached(() => monitor.server());
    this.broadcasts = this.#cached(async () => (await monitor.broadcasts()).toSorted(byName));
    this.connections = this.#cached(async () => (await monitor.connections()).toSorted(byAge));
    this.viewers = this.#cached(async () => (await this.connections()).flatMap(viewersOf));
  }

  async broadcast(name: string): Promise<BroadcastSnapshot | undefined> {
    return (await this.broadcasts()).find((broadcast) => broadcast.name === name);
  }

  async connection(id: string): Promise<ConnectionSnapshot | undefined> {
    return (await this.connections()).find((connection) => connection.id === id);
  }

  history(name: string): Promise<readonly BroadcastSample[]> {
    return this.#monitor.history(name);
  }

  events(afterId?: number): readonly MonitorEvent[] {
    return this.#monitor.events(afterId);
  }

  onEvent(listener: (event: MonitorEvent) => void): () => void {
    return this.#monitor.onEvent(listener);
  }

  kick(connection: string, reason: string): Promise<boolean> {
    return this.#andForget(this.#monitor.kick(connection, reason));
  }

  kickPublisher(broadcast: string, reason: string): Promise<boolean> {
    return this.#andForget(this.#monitor.kickPublisher(broadcast, reason));
  }

  /** Whoever has changed something shall see it. */
  async #andForget(done: Promise<boolean>): Promise<boolean> {
    try {
      return await done;
    } finally {
      this.#generation++;
    }
  }

  #cached<Value>(make: () => Promise<Value>): () => Promise<Value> {
    let made: { readonly value: Promise<Value>; readonly atMs: number; readonly generation: number } | undefined;
    return () => {
      const nowMs = this.#nowMs();
      const isGood = made !== undefined && made.generation === this.#generation && nowMs - made.atMs < MAX_AGE_MS;
      if (made !== undefined && isGood) return made.value;
      const fresh = { value: make(), atMs: nowMs, generation: this.#generation };
      made = fresh;
      // What failed is tried again by whoever asks next.
      fresh.value.catch(() => {
        if (made === fresh) made = undefined;
      });
      return fresh.value;
    };
  }
}

function viewersOf(connection: ConnectionSnapshot): ViewerSnapshot[] {
  const { id, protocol, remoteAddress, client, user, connectedAtMs, worker } = connection;
  const shared = { protocol, remoteAddress, client, connectedAtMs };
  const known = { ...(user !== undefined && { user }), ...(worker !== undefined && { worker }) };
  return connection.playing
    .toSorted((one, other) => compare(one.broadcast, other.broadcast))
    .map((viewing) => ({ ...viewing, connection: id, ...shared, ...known }));
}

function byName(one: BroadcastSnapshot, other: BroadcastSnapshot): number {
  return compare(one.name, other.name);
}

function byAge(one: ConnectionSnapshot, other: ConnectionSnapshot): number {
  return compare(one.connectedAtMs, other.connectedAtMs) || compare(one.id, other.id);
}

/** Unlike `localeCompare`, the same everywhere. */
export function compare<Value extends string | number>(one: Value, other: Value): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
