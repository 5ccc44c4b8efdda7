import { equalBytes } from "../../bytes/concat.ts";
import type { AmfEncodeOptions } from "../../formats/amf/amf-output.ts";
import type { AmfValue } from "../../formats/amf/amf-value.ts";
import type { ListenerSource, SharedObjectListener, StateReason } from "./listener.ts";
import { BatchMerger, OutgoingBatch, revisionOf, type SharedObjectIdentity, versionOf } from "./outgoing-batch.ts";
import { OutgoingEvent } from "./outgoing-event.ts";
import type { SharedObjectLimits } from "./shared-object-limits.ts";
import { heldBytesOfSlot, type SharedObjectMemory } from "./shared-object-memory.ts";
import type { SharedObjectRefusal } from "./slot-change.ts";
import { SlotTable } from "./slot-table.ts";
import { encodeSharedObjectSnapshot, type SharedObjectSnapshot } from "./snapshot.ts";

export type ObjectStateOptions = {
  readonly identity: SharedObjectIdentity;
  readonly limits: SharedObjectLimits;
  readonly resyncDepth: number;
  readonly amf: AmfEncodeOptions;
  readonly memory: SharedObjectMemory | undefined;
};

/**
 * The first step of an object that was loaded: versions of changes that a crash took away are not given out anew, so a
 * client that has seen them gets the whole object.
 */
const STEP_AFTER_LOAD = 0x10000;

const USE_SUCCESS: OutgoingEvent = new OutgoingEvent({ kind: "use-success" });
const CLEAR: OutgoingEvent = new OutgoingEvent({ kind: "clear" });

/** What an object holds, at which version, and how listeners are told the whole of it. Changes count from `commit` on. */
export class ObjectState implements ListenerSource {
  readonly limits: SharedObjectLimits;
  readonly amf: AmfEncodeOptions;
  readonly slots: SlotTable;
  readonly #identity: SharedObjectIdentity;
  readonly #resyncDepth: number;
  readonly #memory: SharedObjectMemory | undefined;
  /** What of it is counted in the memory. */
  #countedBytes = 0;
  readonly #merger = new BatchMerger();
  #revision = 1;
  #step = 1;
  #isChanged = false;
  #keptStates: Partial<Record<StateReason, OutgoingBatch>> = {};

  constructor({ identity, limits, resyncDepth, amf, memory }: ObjectStateOptions) {
    this.limits = limits;
    this.amf = amf;
    this.slots = new SlotTable(limits.maxSlots);
    this.#identity = identity;
    this.#resyncDepth = resyncDepth;
    this.#memory = memory;
    this.#count();
  }

  get revision(): number {
    return this.#revision;
  }

  /** That of the changes since the last commit. */
  get nextRevision(): number {
    return this.#revision + this.#step;
  }

  /** Whether there are changes since the last commit. */
  get isChanged(): boolean {
    return this.#isChanged;
  }

  get stateBytes(): number {
    return this.slots.byteLength;
  }

  valueOf(key: string): AmfValue {
    return this.slots.get(key)?.value;
  }

  has(key: string): boolean {
    return this.slots.get(key) !== undefined;
  }

  /** Whether the slot has the very value already, in both forms of AMF. */
  isSame(key: string, change: OutgoingEvent): boolean {
    const current = this.slots.get(key)?.change;
    if (current === undefined || !equalBytes(current.bytes(0), change.bytes(0))) return false;
    return equalBytes(current.bytes(3), change.bytes(3));
  }

  /** Why the slot cannot be set; undefined if it can. */
  refusalOf(key: string, change: OutgoingEvent): SharedObjectRefusal | undefined {
    const current = this.slots.get(key);
    if (current === undefined && this.slots.size >= this.limits.maxSlots) return "too-many-slots";
    const more = change.byteLength - (current?.change.byteLength ?? 0);
    if (this.slots.byteLength + more > this.limits.maxObjectBytes) return "object-too-large";
    // What does not grow may change all the same: somebody else may have filled the memory.
    const isGrowing = current === undefined || more > 0;
    const held = current === undefined ? heldBytesOfSlot(more) : more;
    return isGrowing && this.#memory?.hasRoom(held) === false ? "memory-full" : undefined;
  }

  /** Returns what to tell of it. `writer` is undefined for the server. */
  set(key: string, change: OutgoingEvent, writer?: SharedObjectListener): OutgoingEvent {
    const value = change.event.kind === "change" ? change.event.slots[0]?.[1] : undefined;
    this.slots.set(key, value, change, { revision: this.nextRevision, writer });
    return this.#changed(change);
  }

  remove(key: string, writer?: SharedObjectListener): OutgoingEvent {
    this.slots.remove(key, { revision: this.nextRevision, writer });
    return this.#changed(new OutgoingEvent({ kind: "remove", key }));
  }

  clear(): OutgoingEvent {
    this.slots.clear(this.nextRevision);
    return this.#changed(CLEAR);
  }

  /** What the slot is now, for somebody who has it wrong. */
  tell(key: string): OutgoingEvent {
    return this.slots.get(key)?.change ?? new OutgoingEvent({ kind: "remove", key });
  }

  /** Makes one revision of all changes since the last time, if there are any. */
  commit(): void {
    if (!this.#isChanged) return;
    this.#revision = this.nextRevision;
    this.#step = 1;
    this.#isChanged = false;
    this.#keptStates = {};
    this.slots.forgetBefore(this.#revision - this.#resyncDepth);
    this.#count();
  }

  batch(events: readonly OutgoingEvent[]): OutgoingBatch | undefined {
    return events.length === 0 ? undefined : new OutgoingBatch(this.#identity, this.#revision, events);
  }

  merge(batches: readonly OutgoingBatch[]): OutgoingBatch {
    return this.#merger.merge(batches, this.#identity, this.#revision);
  }

  stateBatch(reason: StateReason): OutgoingBatch {
    const kept = this.#keptStates[reason];
    if (kept !== undefined) return kept;
    const changes = Array.from(this.slots.entries(), ([, { change }]) => change);
    const events = reason === "use" ? [USE_SUCCESS, CLEAR, ...changes] : [CLEAR, ...changes];
    const batch = new OutgoingBatch(this.#identity, this.#revision, events);
    this.#keptStates[reason] = batch;
    return batch;
  }

  /** Messages that were kept for the next who needs the same are made anew then. */
  forgetMessages(): void {
    this.#keptStates = {};
    this.#merger.forget();
  }

  /** The answer to a Use of somebody with a copy; undefined if it takes the whole object. */
  differencesSince(version: number): OutgoingBatch | undefined {
    // Version 0 is that of a client without a copy.
    if (!this.#identity.isPersistent || version === 0) return undefined;
    const differences = this.slots.differencesSince(revisionOf(version, this.#revision));
    if (differences === undefined) return undefined;
    const removals = differences.removedKeys.map((key) => new OutgoingEvent({ kind: "remove", key }));
    return this.batch([USE_SUCCESS, ...removals, ...differences.changes]);
  }

  snapshot(): Uint8Array {
    const changes = Array.from(this.slots.entries(), ([, { change }]) => change.bytes(3));
    return encodeSharedObjectSnapshot(this.#identity.name, versionOf(this.#revision), changes);
  }

  /** Instead of an empty new object. */
  restore({ version, slots }: SharedObjectSnapshot): void {
    this.#revision = version;
    this.#step = STEP_AFTER_LOAD;
    for (const [key, value] of slots) {
      const change = new OutgoingEvent({ kind: "change", slots: [[key, value]] }, this.amf);
      this.slots.set(key, value, change, { revision: version, writer: undefined });
    }
    this.slots.forgetUntil(version);
    this.#count();
  }

  /** The object is not used any more: it counts no longer. */
  dispose(): void {
    this.#memory?.note(-this.#countedBytes);
    this.#countedBytes = 0;
  }

  #changed(event: OutgoingEvent): OutgoingEvent {
    this.#isChanged = true;
    this.#keptStates = {};
    this.#count();
    return event;
  }

  #count(): void {
    const { heldBytes } = this.slots;
    this.#memory?.note(heldBytes - this.#countedBytes);
    this.#countedBytes = heldBytes;
  }
}
