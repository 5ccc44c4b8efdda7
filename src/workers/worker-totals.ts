import type { ServerSnapshot } from "../server/snapshots.ts";

type Totals = Pick<ServerSnapshot, "receivedBytes" | "sentBytes" | "refusals">;

const NOTHING: Totals = { receivedBytes: 0, sentBytes: 0, refusals: {} };

/** What only ever grows, of all workers: what those that died had last told counts on. */
export class WorkerTotals {
  readonly #last = new Map<number, Totals>();
  #ended: Totals = NOTHING;

  note(worker: number, { receivedBytes, sentBytes, refusals }: Totals): void {
    this.#last.set(worker, { receivedBytes, sentBytes, refusals });
  }

  /** Its process is gone. */
  end(worker: number): void {
    this.#ended = add(this.#ended, this.#last.get(worker) ?? NOTHING);
    this.#last.delete(worker);
  }

  get sum(): Totals {
    return [...this.#last.values()].reduce(add, this.#ended);
  }
}

function add(one: Totals, other: Totals): Totals {
  const refusals: Record<string, number> = { ...one.refusals };
  for (const [name, count] of Object.entries(other.refusals)) refusals[name] = (refusals[name] ?? 0) + count;
  return {
    receivedBytes: one.receivedBytes + other.receivedBytes,
    sentBytes: one.sentBytes + other.sentBytes,
    refusals,
  };
}
