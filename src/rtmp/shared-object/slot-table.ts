import type { AmfValue } from "../../formats/amf/amf-value.ts";
import type { OutgoingEvent } from "./outgoing-event.ts";
import { heldBytesOf } from "./shared-object-memory.ts";

/** When something was last changed, and by whom: a listener, or undefined for the server. */
export type Touch = { readonly revision: number; readonly writer: object | undefined };

type Slot = Touch & {
  readonly value: AmfValue;
  /** The slot as listeners get it, encoded. Two values are the same if their bytes are. */
  readonly change: OutgoingEvent;
};

/** What has changed since a revision. */
export type SlotDifferences = { readonly changes: readonly OutgoingEvent[]; readonly removedKeys: readonly string[] };

/** The slots of an object in the order in which they were made, and a bounded record of those that were removed. */
export class SlotTable {
  readonly #slots = new Map<string, Slot>();
  /** The oldest first. */
  readonly #removals = new Map<string, Touch>();
  readonly #maxRemovals: number;
  #byteLength = 0;
  /** Removals up to this revision may be forgotten. */
  #forgottenUntil = 0;

  constructor(maxRemovals: number) {
    this.#maxRemovals = maxRemovals;
  }

  get size(): number {
    return this.#slots.size;
  }

  /** Names and values as AMF0. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** What the object counts in memory. */
  get heldBytes(): number {
    return heldBytesOf(this.#byteLength, this.#slots.size, this.#removals.size);
  }

  get(key: string): Slot | undefined {
    return this.#slots.get(key);
  }

  entries(): IterableIterator<[string, Slot]> {
    return this.#slots.entries();
  }

  set(key: string, value: AmfValue, change: OutgoingEvent, touch: Touch): void {
    this.#byteLength += change.byteLength - (this.#slots.get(key)?.change.byteLength ?? 0);
    this.#slots.set(key, { value, change, ...touch });
    this.#removals.delete(key);
  }

  /** The slot must be there. */
  remove(key: string, touch: Touch): void {
    this.#byteLength -= this.#slots.get(key)?.change.byteLength ?? 0;
    this.#slots.delete(key);
    this.#removals.set(key, touch);
    if (this.#removals.size > this.#maxRemovals) this.#forgetOldest();
  }

  clear(revision: number): void {
    this.#slots.clear();
    this.#removals.clear();
    this.#byteLength = 0;
    this.#forgottenUntil = revision;
  }

  /** When the slot of this name was last set or removed; the latest that it can have been, where that is forgotten. */
  touchOf(key: string): Touch {
    return this.#slots.get(key) ?? this.#removals.get(key) ?? { revision: this.#forgottenUntil, writer: undefined };
  }

  /** Forgets removals of revisions before this one. */
  forgetBefore(revision: number): void {
    for (const removal of this.#removals.values()) {
      if (removal.revision >= revision) return;
      this.#forgetOldest();
    }
  }

  /** Undefined when removals since then are forgotten. */
  differencesSince(revision: number): SlotDifferences | undefined {
    if (revision < this.#forgottenUntil) return undefined;
    const isLater = ([, touch]: readonly [string, Touch]): boolean => touch.revision > revision;
    return {
      changes: Array.from(this.#slots)
        .filter(isLater)
        .map(([, { change }]) => change),
      removedKeys: Array.from(this.#removals)
        .filter(isLater)
        .map(([key]) => key),
    };
  }

  /** Whatever was before this revision is not known. */
  forgetUntil(revision: number): void {
    this.#forgottenUntil = revision;
  }

  #forgetOldest(): void {
    const [oldest] = this.#removals;
    if (oldest === undefined) return;
    const [key, { revision }] = oldest;
    this.#removals.delete(key);
    this.#forgottenUntil = Math.max(this.#forgottenUntil, revision);
  }
}
