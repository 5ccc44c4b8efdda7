import type { ClientProtocol } from "./snapshots.ts";

export type ViewersByProtocol = Readonly<Partial<Record<ClientProtocol, number>>>;

/** Adds up what is asked of all connections at a time. */
export class ConnectionTally {
  receivedBytes = 0;
  sentBytes = 0;
  viewers = 0;
  readonly #viewersOf = new Map<string, Partial<Record<ClientProtocol, number>>>();

  /** By one connection, since it began. */
  transferred(receivedBytes: number, sentBytes: number): void {
    this.receivedBytes += receivedBytes;
    this.sentBytes += sentBytes;
  }

  /** One viewer of that broadcast. */
  watches(broadcast: string, protocol: ClientProtocol): void {
    this.viewers++;
    const counts = this.#viewersOf.get(broadcast) ?? {};
    counts[protocol] = (counts[protocol] ?? 0) + 1;
    this.#viewersOf.set(broadcast, counts);
  }

  viewersOf(broadcast: string): ViewersByProtocol {
    return this.#viewersOf.get(broadcast) ?? {};
  }
}

export function countViewers(viewers: ViewersByProtocol): number {
  return Object.values(viewers).reduce((sum, count) => sum + count, 0);
}
