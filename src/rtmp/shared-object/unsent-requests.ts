import type { SharedObjectEvent } from "../message/shared-object.ts";

/** Changes and removals, one for each slot, and the calls that came after them. */
type Part = { readonly requests: Map<string, SharedObjectEvent>; readonly calls: SharedObjectEvent[] };

/** What a client asks for and has not sent yet. Of several requests for one slot only the last is kept, between calls. */
export class UnsentRequests {
  #parts: Part[] = [];

  get isEmpty(): boolean {
    return this.#parts.every(({ requests, calls }) => requests.size === 0 && calls.length === 0);
  }

  has(key: string): boolean {
    return this.#parts.some(({ requests }) => requests.has(key));
  }

  request(key: string, event: SharedObjectEvent): void {
    const last = this.#parts.at(-1);
    const part = last === undefined || last.calls.length > 0 ? this.#startPart() : last;
    part.requests.set(key, event);
  }

  call(event: SharedObjectEvent): void {
    const part = this.#parts.at(-1) ?? this.#startPart();
    part.calls.push(event);
  }

  /** Takes back all requests for this slot. */
  withdraw(key: string): void {
    for (const { requests } of this.#parts) requests.delete(key);
  }

  take(): SharedObjectEvent[] {
    const events = this.#parts.flatMap(({ requests, calls }) => [...requests.values(), ...calls]);
    this.#parts = [];
    return events;
  }

  #startPart(): Part {
    const part: Part = { requests: new Map(), calls: [] };
    this.#parts.push(part);
    return part;
  }
}
