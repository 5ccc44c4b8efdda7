import type { SharedObjectChange } from "../rtmp/shared-object/slot-view.ts";

type Changes<Slots extends object> = readonly SharedObjectChange<Slots>[];

/** Lists that may wait for a reader; beyond that they become one. */
const MAX_WAITING_LISTS = 1000;

/** Lists of changes for one reader. What waits is bounded by the number of slots. */
export class ChangeFeed<Slots extends object> implements AsyncIterableIterator<Changes<Slots>> {
  readonly #onEnd: () => void;
  #waiting: Changes<Slots>[] = [];
  #readers: ((result: IteratorResult<Changes<Slots>>) => void)[] = [];
  #isOver = false;

  /** `onEnd` is called when the reader has enough. */
  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  push(changes: Changes<Slots>): void {
    if (this.#isOver) return;
    const reader = this.#readers.shift();
    if (reader !== undefined) {
      reader({ done: false, value: changes });
      return;
    }
    this.#waiting.push(changes);
    if (this.#waiting.length > MAX_WAITING_LISTS) this.#waiting = [mergeChanges(this.#waiting.flat())];
  }

  /** What waits is still read. */
  end(): void {
    this.#isOver = true;
    for (const reader of this.#readers) reader({ done: true, value: undefined });
    this.#readers = [];
  }

  next(): Promise<IteratorResult<Changes<Slots>>> {
    const value = this.#waiting.shift();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    if (this.#isOver) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#readers.push(resolve));
  }

  return(): Promise<IteratorResult<Changes<Slots>>> {
    this.end();
    this.#waiting = [];
    this.#onEnd();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** The last change of each slot, and nothing from before the slots were cleared. */
function mergeChanges<Slots extends object>(changes: Changes<Slots>): Changes<Slots> {
  const last = new Map<string, SharedObjectChange<Slots>>();
  for (const change of changes) {
    const isClear = change.code === "clear";
    if (isClear) last.clear();
    // A slot may have an empty name, as the change has that clears all.
    const name = `${isClear} ${change.key}`;
    last.delete(name);
    last.set(name, change);
  }
  return Array.from(last.values());
}
