import { setImmediate } from "node:timers/promises";
import type { Broadcast } from "../../broadcast/broadcast.ts";
import type { ServerContext } from "../context.ts";
import { residentBytes } from "../resident-bytes.ts";
import type {
  BroadcastSample,
  BroadcastSnapshot,
  ConnectionSnapshot,
  MonitorEvent,
  ServerMonitor,
  ServerSnapshot,
} from "../snapshots.ts";
import { sentence } from "../stream-event.ts";
import { broadcastSnapshot } from "./broadcast-snapshot.ts";
import { Histories } from "./histories.ts";
import { LoopDelay } from "./loop-delay.ts";
import { packageVersion } from "./package-version.ts";

/** What the monitor asks of its server. */
export type MonitoredServer = {
  /** Where clients reach it. */
  waysIn(): NonNullable<ServerSnapshot["waysIn"]>;
  /** How far apart the ticks are. */
  readonly tickMs: number;
};

/** The monitor of one process, with what its server tells it. */
export type LocalMonitor = ServerMonitor & {
  /** About twice a second. */
  tick(nowMs: number): void;
  /** The server takes clients. */
  started(): void;
  /** The server ends. */
  stopping(): void;
};

/** Snapshots of so many connections are made at a time: of thousands, others are served in between. */
const SLICE_CONNECTIONS = 500;

export function createMonitor(context: ServerContext, server: MonitoredServer): LocalMonitor {
  return new ProcessMonitor(context, server);
}

class ProcessMonitor implements LocalMonitor {
  readonly #context: ServerContext;
  readonly #server: MonitoredServer;
  readonly #loopDelay: LoopDelay;
  readonly #histories: Histories;
  #startedAtMs: number;
  #state: "new" | "running" | "ended" = "new";

  constructor(context: ServerContext, server: MonitoredServer) {
    this.#context = context;
    this.#server = server;
    this.#startedAtMs = context.nowMs();
    this.#loopDelay = new LoopDelay(server.tickMs);
    this.#histories = new Histories({
      directory: context.directory,
      tally: () => context.connections.tally(),
      onGivenUp: (broadcast) => this.#tellGivenUp(broadcast),
    });
  }

  tick(nowMs: number): void {
    this.#loopDelay.tick(nowMs);
    this.#histories.tick(nowMs);
  }

  started(): void {
    this.#startedAtMs = this.#context.nowMs();
    this.#state = "running";
    const ports = [...new Set(this.#server.waysIn().map(({ port }) => port))];
    const where = ports.length === 0 ? "" : ` and listens on port ${ports.join(", ")}`;
    this.#context.events.tell({ kind: "server", level: "info", text: `The server has started${where}.` });
  }

  stopping(): void {
    if (this.#state === "running") {
      this.#context.events.tell({ kind: "server", level: "info", text: "The server shuts down." });
    }
    this.#state = "ended";
  }

  async server(): Promise<ServerSnapshot> {
    const { connections, directory, events, nowMs } = this.#context;
    const { receivedBytes, sentBytes, viewers } = connections.tally();
    const { user, system } = process.cpuUsage();
    return {
      version: packageVersion(),
      startedAtMs: Math.round(this.#epochMs + this.#startedAtMs),
      uptimeSeconds: Math.round(nowMs() - this.#startedAtMs) / 1000,
      workers: 1,
      waysIn: this.#server.waysIn(),
      connections: connections.size,
      publishers: countPublishers(directory),
      viewers,
      broadcasts: directory.size,
      receivedBytes,
      sentBytes,
      cpuSeconds: (user + system) / 1e6,
      residentBytes: residentBytes(),
      eventLoopDelayMs: { p50: this.#loopDelay.percentile(0.5), p99: this.#loopDelay.percentile(0.99) },
      refusals: events.refusals,
    };
  }

  async broadcasts(): Promise<readonly BroadcastSnapshot[]> {
    const { connections, directory, nowMs } = this.#context;
    const around = { connections, nowMs: nowMs(), epochMs: this.#epochMs };
    const tally = connections.tally();
    return Array.from(directory, (broadcast) =>
      broadcastSnapshot(broadcast, { ...around, viewers: tally.viewersOf(broadcast.name) }),
    );
  }

  async broadcast(name: string): Promise<BroadcastSnapshot | undefined> {
    const { connections, directory, nowMs } = this.#context;
    const broadcast = directory.get(name);
    if (broadcast === undefined) return undefined;
    const viewers = connections.tally().viewersOf(name);
    return broadcastSnapshot(broadcast, { connections, nowMs: nowMs(), epochMs: this.#epochMs, viewers });
  }

  async history(name: string): Promise<readonly BroadcastSample[]> {
    return this.#histories.list(name, this.#epochMs);
  }

  async connections(): Promise<readonly ConnectionSnapshot[]> {
    const { connections, nowMs } = this.#context;
    const all = connections.list();
    const snapshots: ConnectionSnapshot[] = [];
    for (let from = 0; from < all.length; from += SLICE_CONNECTIONS) {
      if (from > 0) await setImmediate();
      for (const connection of all.slice(from, from + SLICE_CONNECTIONS)) {
        // One that has left meanwhile is there no more.
        if (connections.find(connection.id) === connection) snapshots.push(connection.snapshot(nowMs()));
      }
    }
    return snapshots;
  }

  events(afterId: number = 0): readonly MonitorEvent[] {
    return this.#context.events.after(afterId);
  }

  onEvent(listener: (event: MonitorEvent) => void): () => void {
    return this.#context.events.listen(listener);
  }

  async kick(id: string, reason: string): Promise<boolean> {
    const { connections, events, log, nowMs } = this.#context;
    const connection = connections.find(id);
    if (connection === undefined) return false;
    const { protocol, remoteAddress, publishing, playing } = connection.snapshot(nowMs());
    const broadcast = publishing[0] ?? playing[0]?.broadcast;
    log.info({ connection: id, remote: remoteAddress, broadcast, reason }, "ended by an operator");
    events.tell({
      kind: "kicked",
      level: "warning",
      text: sentence(`Ended by an operator: ${reason}`),
      ...(broadcast !== undefined && { broadcast }),
      connection: id,
      remoteAddress,
      protocol,
    });
    connection.kick(reason);
    return true;
  }

  async kickPublisher(name: string, reason: string): Promise<boolean> {
    const id = this.#context.directory.get(name)?.publisher?.connection;
    return id !== undefined && (await this.kick(id, reason));
  }

  /** The time of day at 0 of the server's clock. */
  get #epochMs(): number {
    return this.#context.timeOfDayMs() - this.#context.nowMs();
  }

  #tellGivenUp({ name }: Broadcast): void {
    const text = `${name} has ended: its publisher did not come back.`;
    this.#context.events.tell({ kind: "publish-end", level: "info", text, broadcast: name });
  }
}

/** Those that are connected to this process. */
function countPublishers(broadcasts: Iterable<Broadcast>): number {
  let count = 0;
  for (const { publisher } of broadcasts) if (publisher !== undefined && publisher.isRelay !== true) count++;
  return count;
}
