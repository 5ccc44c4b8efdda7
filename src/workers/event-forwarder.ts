import type { NewEvent } from "../server/event-log.ts";
import type { MonitorEvent, ServerMonitor } from "../server/snapshots.ts";
import type { SupervisorPort } from "./questions.ts";

/** What happens within this time goes in one message. */
const GATHER_MS = 50;
/** The most events in one message: of more in so short a time, the others are left out. */
export const MAX_GATHERED = 1_000;

/** Tells the supervisor what happens in a worker. */
export class EventForwarder {
  readonly #port: SupervisorPort;
  readonly #stopListening: () => void;
  #gathered: NewEvent[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(monitor: Pick<ServerMonitor, "onEvent">, port: SupervisorPort) {
    this.#port = port;
    this.#stopListening = monitor.onEvent((event) => this.#gather(event));
  }

  /** Sends what was gathered. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const events = this.#gathered;
    this.#gathered = [];
    if (events.length > 0) this.#port.send({ kind: "events", events });
  }

  close(): void {
    this.flush();
    this.#stopListening();
  }

  #gather({ id: _, atMs: __, ...event }: MonitorEvent): void {
    // That a worker starts and ends is its supervisor's to tell.
    if (event.kind === "server" || this.#gathered.length >= MAX_GATHERED) return;
    this.#gathered.push(event);
    this.#timer ??= setTimeout(() => this.flush(), GATHER_MS);
  }
}
