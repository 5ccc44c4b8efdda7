import { type Counter, Gauge, Registry } from "@prometheus-io/client";
import type { BroadcastSnapshot, ConnectionSnapshot, MonitorEvent, ServerSnapshot } from "../../server/snapshots.ts";
import type { CachedMonitor } from "../cached-monitor.ts";
import { BroadcastMetrics } from "./broadcast-metrics.ts";
import { Growth } from "./growth.ts";
import { LabelSlots } from "./label-slots.ts";
import { counter, gauge, setByLabel } from "./metric-parts.ts";
import { addProcessMetrics } from "./process-metrics.ts";

/** Codes that refusals are told apart by. */
const MAX_CODES = 64;

/** What Prometheus asks for: made from the snapshots when it asks, so that nothing is counted twice. */
export class Metrics {
  readonly #monitor: CachedMonitor;
  readonly #registry = new Registry();
  readonly #server: ServerMetrics;
  readonly #broadcasts: BroadcastMetrics | undefined;
  readonly #stopEvents: () => void;
  #collecting: Promise<{ readonly text: string; readonly contentType: string }> | undefined;

  constructor(monitor: CachedMonitor, maxBroadcastMetrics: number) {
    this.#monitor = monitor;
    addProcessMetrics(this.#registry);
    this.#server = new ServerMetrics(this.#registry);
    if (maxBroadcastMetrics > 0) this.#broadcasts = new BroadcastMetrics(this.#registry, maxBroadcastMetrics);
    this.#stopEvents = monitor.onEvent((event) => this.#server.count(event));
  }

  /** In Prometheus' text format. Several who ask at once get the same. */
  collect(): Promise<{ readonly text: string; readonly contentType: string }> {
    this.#collecting ??= this.#collect().finally(() => {
      this.#collecting = undefined;
    });
    return this.#collecting;
  }

  close(): void {
    this.#stopEvents();
  }

  async #collect(): Promise<{ readonly text: string; readonly contentType: string }> {
    const monitor = this.#monitor;
    const [server, broadcasts, connections] = await Promise.all([
      monitor.server(),
      monitor.broadcasts(),
      monitor.connections(),
    ]);
    this.#server.set(server, broadcasts, connections);
    this.#broadcasts?.set(broadcasts);
    return { text: await this.#registry.metrics(), contentType: this.#registry.contentType };
  }
}

class ServerMetrics {
  readonly #growth = new Growth();
  readonly #codes = new LabelSlots(MAX_CODES);
  readonly #buildInfo: Gauge<"version" | "node">;
  readonly #startTime: Gauge;
  readonly #workers: Gauge;
  readonly #connections: Gauge<"protocol">;
  readonly #publishers: Gauge;
  readonly #viewers: Gauge<"protocol">;
  readonly #broadcasts: Gauge<"state">;
  readonly #received: Counter;
  readonly #sent: Counter;
  readonly #refusals: Counter<"code">;
  readonly #events: Counter<"kind" | "level">;
  readonly #cpu: Counter;
  readonly #resident: Gauge;
  readonly #loopDelay: Gauge<"percentile">;
  readonly #dropped: Counter;
  readonly #skips: Counter;
  readonly #worstLag: Gauge;
  readonly #unsent: Gauge;
  readonly #held: Gauge;

  constructor(registry: Registry) {
    const own = [registry];
    this.#buildInfo = new Gauge({
      name: "millrace_build_info",
      help: "Always 1: which millrace this is.",
      labelNames: ["version", "node"],
      registers: own,
    });
    this.#startTime = gauge(own, "millrace_start_time_seconds", "When the server started, in seconds since 1970.");
    this.#workers = gauge(own, "millrace_workers", "Processes of the server.");
    this.#connections = gauge(own, "millrace_connections", "Who is connected, by protocol.", ["protocol"]);
    this.#publishers = gauge(own, "millrace_publishers", "Broadcasts that somebody publishes.");
    this.#viewers = gauge(own, "millrace_viewers", "Who watches, by protocol.", ["protocol"]);
    this.#broadcasts = gauge(own, "millrace_broadcasts", "Names that are known, by state.", ["state"]);
    this.#received = counter(own, "millrace_received_bytes_total", "From all clients.");
    this.#sent = counter(own, "millrace_sent_bytes_total", "To all clients.");
    this.#refusals = counter(own, "millrace_refusals_total", "Refused, or closed for what they did, by code.", [
      "code",
    ]);
    this.#events = counter(own, "millrace_events_total", "What happened, since the API has run.", ["kind", "level"]);
    this.#cpu = counter(own, "millrace_cpu_seconds_total", "Of all processes of the server.");
    this.#resident = gauge(own, "millrace_resident_memory_bytes", "Of all processes of the server.");
    this.#loopDelay = gauge(own, "millrace_event_loop_delay_seconds", "How late timers were, by percentile.", [
      "percentile",
    ]);
    this.#dropped = counter(
      own,
      "millrace_viewer_dropped_messages_total",
      "Left out for viewers that were behind, as far as they were seen by a request for metrics.",
    );
    this.#skips = counter(
      own,
      "millrace_viewer_skips_total",
      "How often viewers fell behind by more than their limit, as far as they were seen by a request for metrics.",
    );
    this.#worstLag = gauge(own, "millrace_viewer_lag_max_seconds", "How far the slowest viewer is behind.");
    this.#unsent = gauge(own, "millrace_unsent_bytes", "What clients have not taken yet.");
    this.#held = gauge(own, "millrace_held_bytes", "Media that is kept for newcomers and viewers that are behind.");
  }

  count({ kind, level }: MonitorEvent): void {
    this.#events.inc({ kind, level });
  }

  set(
    server: ServerSnapshot,
    broadcasts: readonly BroadcastSnapshot[],
    connections: readonly ConnectionSnapshot[],
  ): void {
    this.#buildInfo.reset();
    this.#buildInfo.set({ version: server.version, node: process.version }, 1);
    this.#startTime.set(server.startedAtMs / 1000);
    this.#workers.set(server.workers);
    this.#publishers.set(server.publishers);
    this.#resident.set(server.residentBytes);
    this.#loopDelay.set({ percentile: "50" }, server.eventLoopDelayMs.p50 / 1000);
    this.#loopDelay.set({ percentile: "99" }, server.eventLoopDelayMs.p99 / 1000);
    this.#received.inc(this.#growth.of("received", server.receivedBytes));
    this.#sent.inc(this.#growth.of("sent", server.sentBytes));
    this.#cpu.inc(this.#growth.of("cpu", server.cpuSeconds));
    for (const [code, total] of Object.entries(server.refusals)) {
      this.#refusals.inc({ code: this.#codes.labelOf(code) }, this.#growth.of(`refusals ${code}`, total));
    }
    this.#setBroadcasts(broadcasts);
    this.#setConnections(connections);
    this.#growth.next();
  }

  #setBroadcasts(broadcasts: readonly BroadcastSnapshot[]): void {
    let heldBytes = 0;
    const states = new Map<string, number>([
      ["live", 0],
      ["waiting", 0],
      ["idle", 0],
    ]);
    for (const broadcast of broadcasts) {
      states.set(broadcast.state, (states.get(broadcast.state) ?? 0) + 1);
      heldBytes += broadcast.heldBytes;
    }
    setByLabel(this.#broadcasts, states);
    this.#held.set(heldBytes);
  }

  #setConnections(connections: readonly ConnectionSnapshot[]): void {
    const byProtocol = new Map<string, number>();
    const viewersByProtocol = new Map<string, number>();
    let [worstLagMs, unsentBytes] = [0, 0];
    for (const { id, protocol, playing, unsentBytes: unsent } of connections) {
      byProtocol.set(protocol, (byProtocol.get(protocol) ?? 0) + 1);
      unsentBytes += unsent;
      if (playing.length > 0) {
        viewersByProtocol.set(protocol, (viewersByProtocol.get(protocol) ?? 0) + playing.length);
      }
      for (const [index, { broadcast, lagMs, droppedMessages, skips }] of playing.entries()) {
        worstLagMs = Math.max(worstLagMs, lagMs);
        const name = `${id} ${index} ${broadcast}`;
        this.#dropped.inc(this.#growth.of(`dropped ${name}`, droppedMessages));
        this.#skips.inc(this.#growth.of(`skips ${name}`, skips));
      }
    }
    setByLabel(this.#connections, byProtocol);
    setByLabel(this.#viewers, viewersByProtocol);
    this.#worstLag.set(worstLagMs / 1000);
    this.#unsent.set(unsentBytes);
  }
}
