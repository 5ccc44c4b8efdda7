import type { EventLog, NewEvent } from "../server/event-log.ts";
import { packageVersion } from "../server/monitor/package-version.ts";
import type {
  BroadcastSample,
  BroadcastSnapshot,
  ConnectionSnapshot,
  MonitorEvent,
  ServerMonitor,
  ServerSnapshot,
} from "../server/snapshots.ts";
import { Inquiries } from "./inquiries.ts";
import { mergeHistories, mergeSnapshots, parsePoolId, poolConnection, poolId } from "./merge-snapshots.ts";
import type { Found, Inquiry, SupervisorMessage, WorkerListener, WorkerMessage } from "./messages.ts";
import type { WorkerPoolStatistics } from "./pool-statistics.ts";
import { WorkerTotals } from "./worker-totals.ts";

/** What the monitor asks of the supervisor. */
export type PoolMonitorOptions = {
  readonly events: EventLog;
  nowMs(): number;
  /** The time of day, in milliseconds since 1970. */
  timeOfDayMs(): number;
  /** Of workers that take connections. */
  readyWorkers(): readonly number[];
  listeners(): readonly WorkerListener[];
  statistics(): WorkerPoolStatistics;
  homeOf(name: string): number | undefined;
  send(worker: number, message: SupervisorMessage): void;
};

/** All workers as one server: each is asked, and what they say is put together. */
export class PoolMonitor implements ServerMonitor {
  readonly #options: PoolMonitorOptions;
  readonly #inquiries: Inquiries;
  readonly #totals = new WorkerTotals();
  /** Workers that did not answer the last time: that is told once. */
  readonly #silent = new Set<number>();
  #startedAtMs: number;

  constructor(options: PoolMonitorOptions) {
    this.#options = options;
    this.#startedAtMs = options.nowMs();
    this.#inquiries = new Inquiries({
      nowMs: () => options.nowMs(),
      send: (worker, message) => options.send(worker, message),
      onSilent: (worker) => this.#tellSilent(worker),
    });
  }

  /** The workers take connections. */
  started(): void {
    this.#startedAtMs = this.#options.nowMs();
    const ports = [...new Set(this.#options.listeners().map(({ port }) => port))].join(", ");
    const text = `The server has started with ${this.#options.readyWorkers().length} workers, on port ${ports}.`;
    this.tell({ kind: "server", level: "info", text });
  }

  tell(event: NewEvent): void {
    this.#options.events.tell(event);
  }

  receive(worker: number, message: WorkerMessage & { readonly kind: "found" | "events" }): void {
    if (message.kind === "found") {
      this.#silent.delete(worker);
      return this.#inquiries.receive(worker, message);
    }
    for (const { connection, ...event } of message.events) {
      this.tell({ ...event, ...(connection !== undefined && { connection: poolId(worker, connection) }), worker });
    }
  }

  /** A worker is gone. */
  remove(worker: number): void {
    this.#totals.end(worker);
    this.#silent.delete(worker);
    this.#inquiries.remove(worker);
  }

  /** About twice a second. */
  tick(nowMs: number): void {
    this.#inquiries.tick(nowMs);
  }

  async server(): Promise<ServerSnapshot> {
    const found = await this.#askAll({ kind: "server" });
    const servers = [...found.values()].flat();
    const { broadcasts, cpuSeconds, residentBytes, workers } = this.#options.statistics();
    for (const [worker, [snapshot]] of found) if (snapshot !== undefined) this.#totals.note(worker, snapshot);
    const { receivedBytes, sentBytes, refusals } = this.#totals.sum;
    const uptimeMs = this.#options.nowMs() - this.#startedAtMs;
    const total = (figure: "connections" | "publishers" | "viewers"): number =>
      servers.reduce((sum, server) => sum + server[figure], 0);
    return {
      version: packageVersion(),
      startedAtMs: Math.round(this.#options.timeOfDayMs() - uptimeMs),
      uptimeSeconds: Math.round(uptimeMs) / 1000,
      workers: workers.length,
      waysIn: this.#options.listeners().flatMap(({ accepts, port }) => accepts.map((scheme) => ({ scheme, port }))),
      connections: total("connections"),
      publishers: total("publishers"),
      viewers: total("viewers"),
      broadcasts: broadcasts.length,
      receivedBytes,
      sentBytes,
      cpuSeconds,
      residentBytes,
      eventLoopDelayMs: {
        p50: Math.max(0, ...servers.map(({ eventLoopDelayMs }) => eventLoopDelayMs.p50)),
        p99: Math.max(0, ...servers.map(({ eventLoopDelayMs }) => eventLoopDelayMs.p99)),
      },
      refusals,
    };
  }

  async broadcasts(): Promise<readonly BroadcastSnapshot[]> {
    return this.#merge(await this.#askAll({ kind: "broadcasts" }));
  }

  async broadcast(name: string): Promise<BroadcastSnapshot | undefined> {
    return this.#merge(await this.#askAll({ kind: "broadcast", name }))[0];
  }

  async history(name: string): Promise<readonly BroadcastSample[]> {
    return mergeHistories(await this.#askAll({ kind: "history", name }), this.#options.homeOf(name));
  }

  async connections(): Promise<readonly ConnectionSnapshot[]> {
    const found = await this.#askAll({ kind: "connections" });
    return [...found].flatMap(([worker, connections]) =>
      connections.map((connection) => poolConnection(worker, connection)),
    );
  }

  events(afterId: number = 0): readonly MonitorEvent[] {
    return this.#options.events.after(afterId);
  }

  onEvent(listener: (event: MonitorEvent) => void): () => void {
    return this.#options.events.listen(listener);
  }

  async kick(connection: string, reason: string): Promise<boolean> {
    const target = parsePoolId(connection);
    if (target === undefined) return false;
    const [isDone] = await this.#ask(target.worker, { kind: "kick", connection: target.id, reason });
    return isDone ?? false;
  }

  async kickPublisher(name: string, reason: string): Promise<boolean> {
    const home = this.#options.homeOf(name);
    if (home === undefined) return false;
    const [isDone] = await this.#ask(home, { kind: "kick-publisher", name, reason });
    return isDone ?? false;
  }

  #merge(found: ReadonlyMap<number, readonly BroadcastSnapshot[]>): BroadcastSnapshot[] {
    return mergeSnapshots(found, (name) => this.#options.homeOf(name));
  }

  /** What each worker that is there says. */
  async #askAll<Asked extends Inquiry>(inquiry: Asked): Promise<ReadonlyMap<number, readonly Found[Asked["kind"]][]>> {
    const asked = this.#options
      .readyWorkers()
      .map(async (worker) => [worker, await this.#inquiries.ask(worker, inquiry)] as const);
    const found = new Map<number, readonly Found[Asked["kind"]][]>();
    for (const [worker, values] of await Promise.all(asked)) if (values !== undefined) found.set(worker, values);
    return found;
  }

  async #ask<Asked extends Inquiry>(worker: number, inquiry: Asked): Promise<readonly Found[Asked["kind"]][]> {
    if (!this.#options.readyWorkers().includes(worker)) return [];
    return (await this.#inquiries.ask(worker, inquiry)) ?? [];
  }

  #tellSilent(worker: number): void {
    if (this.#silent.has(worker)) return;
    this.#silent.add(worker);
    const text = `Worker ${worker} does not answer: until it does, what it has is left out.`;
    this.tell({ kind: "server", level: "warning", text, worker });
  }
}
