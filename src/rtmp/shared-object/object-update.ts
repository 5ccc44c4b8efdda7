import type { SharedObjectListener } from "./listener.ts";
import { coalesceEvents, type OutgoingEvent } from "./outgoing-event.ts";

type UpdateEntry = {
  /** Whose request it was; undefined for what the server does. */
  readonly requester: SharedObjectListener | undefined;
  readonly toRequester: readonly OutgoingEvent[];
  readonly toOthers: readonly OutgoingEvent[];
};

/** What happens to an object in one step, of one message or under one lock, and who is told what of it. */
export class ObjectUpdate {
  readonly #entries: UpdateEntry[] = [];
  #eventCount = 0;
  #byteLength = 0;

  get eventCount(): number {
    return this.#eventCount;
  }

  /** What it holds, events that later ones replace included. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** For everybody alike. */
  addForAll(event: OutgoingEvent): void {
    this.#entries.push({ requester: undefined, toRequester: [], toOthers: [event] });
    this.#count([event]);
  }

  addAnswer(
    requester: SharedObjectListener,
    toRequester: readonly OutgoingEvent[],
    toOthers: readonly OutgoingEvent[] = [],
  ): void {
    this.#entries.push({ requester, toRequester, toOthers });
    this.#count(toRequester);
    this.#count(toOthers);
  }

  requesters(): Set<SharedObjectListener> {
    const requesters = new Set<SharedObjectListener>();
    for (const { requester } of this.#entries) if (requester !== undefined) requesters.add(requester);
    return requesters;
  }

  /** Undefined as the listener stands for those that asked for nothing. */
  eventsFor(listener: SharedObjectListener | undefined): OutgoingEvent[] {
    const isOwn = ({ requester }: UpdateEntry): boolean => requester !== undefined && requester === listener;
    return coalesceEvents(this.#entries.flatMap((entry) => (isOwn(entry) ? entry.toRequester : entry.toOthers)));
  }

  #count(events: readonly OutgoingEvent[]): void {
    this.#eventCount += events.length;
    for (const { byteLength } of events) this.#byteLength += byteLength;
  }
}
