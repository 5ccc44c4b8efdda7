import type { MonitorEvent } from "./snapshots.ts";

/** How many are kept. */
const MAX_EVENTS = 1000;

export type NewEvent = Omit<MonitorEvent, "id" | "atMs">;

/** What happened lately, for people: the newest are kept, and whoever listens is told. */
export class EventLog {
  readonly #now: () => number;
  readonly #events: MonitorEvent[] = [];
  readonly #listeners = new Set<(event: MonitorEvent) => void>();
  readonly #refusals = new Map<string, number>();
  #lastId = 0;

  /** The time of day, in milliseconds since 1970. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** How often each kind of refusal was told, by its code, or by its kind where it has none. */
  get refusals(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#refusals);
  }

  /** Those kept that come after `afterId`, oldest first. */
  after(afterId: number): readonly MonitorEvent[] {
    return this.#events.filter(({ id }) => id > afterId);
  }

  tell(event: NewEvent): void {
    const told: MonitorEvent = { ...event, id: ++this.#lastId, atMs: this.#now() };
    if (isRefusal(event)) {
      const name = event.code ?? event.kind;
      this.#refusals.set(name, (this.#refusals.get(name) ?? 0) + 1);
    }
    this.#events.push(told);
    if (this.#events.length > MAX_EVENTS) this.#events.shift();
    for (const listener of this.#listeners) listener(told);
  }

  /** Returns a function that ends it. */
  listen(listener: (event: MonitorEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

function isRefusal({ kind }: NewEvent): boolean {
  return kind.endsWith("-refused") || kind === "connection-failed";
}
