import type { MonitorEvent } from "./snapshots.ts";

/** How many are kept of each sort. */
export const MAX_EVENTS = 500;
/** How much is kept of what others may have worded. */
const MAX_TEXT_CHARACTERS = 500;

/** Kept apart: neither an audience that comes and goes nor a storm of attempts pushes out what publishers did. */
type Sort = "viewers" | "attempts" | "others";

export type NewEvent = Omit<MonitorEvent, "id" | "atMs">;

/** What happened lately, for people: the newest of each sort are kept, and whoever listens is told. */
export class EventLog {
  readonly #now: () => number;
  readonly #events: Record<Sort, MonitorEvent[]> = { viewers: [], attempts: [], others: [] };
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
    const newest = Object.values(this.#events).flatMap((events) => events.slice(-MAX_EVENTS));
    return newest.filter(({ id }) => id > afterId).sort((one, other) => one.id - other.id);
  }

  tell(event: NewEvent): void {
    const text = event.text.slice(0, MAX_TEXT_CHARACTERS);
    const told: MonitorEvent = { ...event, text, id: ++this.#lastId, atMs: this.#now() };
    if (isRefusal(event.kind)) {
      const name = event.code ?? event.kind;
      this.#refusals.set(name, (this.#refusals.get(name) ?? 0) + 1);
    }
    const events = this.#events[sortOf(event.kind)];
    events.push(told);
    // Rarely, and many at a time.
    if (events.length >= 2 * MAX_EVENTS) events.splice(0, events.length - MAX_EVENTS);
    for (const listener of this.#listeners) listener(told);
  }

  /** Returns a function that ends it. */
  listen(listener: (event: MonitorEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

function isRefusal(kind: NewEvent["kind"]): boolean {
  return kind.endsWith("-refused") || kind === "connection-failed";
}

function sortOf(kind: NewEvent["kind"]): Sort {
  if (kind === "play" || kind === "play-end" || kind === "play-refused") return "viewers";
  return isRefusal(kind) ? "attempts" : "others";
}
