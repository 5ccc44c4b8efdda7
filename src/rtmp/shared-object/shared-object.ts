import { ProtocolError } from "../../errors.ts";
import type { AmfEncodable, AmfValue } from "../../formats/amf/amf-value.ts";
import type { ExternalizableRegistry } from "../../formats/amf/externalizable.ts";
import type { SharedObjectMessage } from "../message/shared-object.ts";
import { ClientRequest, type ConflictMode, type SharedObjectOutcome } from "./client-request.ts";
import type { ListenerSource, SharedObjectListener } from "./listener.ts";
import { ObjectState } from "./object-state.ts";
import { ObjectUpdate } from "./object-update.ts";
import { revisionOf, versionOf } from "./outgoing-batch.ts";
import { OutgoingEvent } from "./outgoing-event.ts";
import { resolveSharedObjectLimits, type SharedObjectLimits } from "./shared-object-limits.ts";
import type { SharedObjectMemory } from "./shared-object-memory.ts";
import { copyValue, createSlotChange, type SharedObjectRefusal } from "./slot-change.ts";
import type { SharedObjectSnapshot } from "./snapshot.ts";
import { UpdateLocks } from "./update-locks.ts";

export type SharedObjectOptions = {
  readonly limits?: Partial<SharedObjectLimits>;
  /** @default "last-writer" */
  readonly conflict?: ConflictMode;
  /**
   * How many versions back removals are remembered, so that a client with a copy of a persistent object gets differences
   * only. @default 1000
   */
  readonly resyncDepth?: number;
  /** Which externalizable classes and classes of the application can be read and written. @default those of Flex */
  readonly registry?: ExternalizableRegistry;
  /** What these objects may hold together with others. @default only the limits of each count */
  readonly memory?: SharedObjectMemory;
};

const DEFAULT_RESYNC_DEPTH = 1000;

/**
 * The server's copy of a shared object: its slots, and what its listeners are to be told. Knows no clock and no
 * connection. Whatever one call changes is one version and one message for each listener, and so is all that happens under
 * a lock.
 */
export class SharedObject {
  readonly name: string;
  readonly isPersistent: boolean;
  readonly #limits: SharedObjectLimits;
  readonly #conflict: ConflictMode;
  readonly #registry: ExternalizableRegistry | undefined;
  readonly #state: ObjectState;
  readonly #listeners = new Set<SharedObjectListener>();
  readonly #locks: UpdateLocks;
  #brokenLocks: string[] = [];
  #update: ObjectUpdate | undefined;
  #markedRevision: number;
  #savedRevision: number;

  /** `snapshot` is what was stored of a persistent object: its slots are taken whatever the limits are. */
  constructor(name: string, isPersistent: boolean, options: SharedObjectOptions = {}, snapshot?: SharedObjectSnapshot) {
    const { conflict = "last-writer", resyncDepth = DEFAULT_RESYNC_DEPTH, registry, memory } = options;
    this.name = name;
    this.isPersistent = isPersistent;
    this.#limits = resolveSharedObjectLimits(options.limits);
    this.#conflict = conflict;
    this.#registry = registry;
    const amf = registry === undefined ? {} : { registry };
    const identity = { name, isPersistent };
    this.#state = new ObjectState({ identity, limits: this.#limits, resyncDepth, amf, memory });
    this.#locks = new UpdateLocks(this.#limits.maxLockMs);
    if (snapshot !== undefined) this.#state.restore(snapshot);
    this.#savedRevision = this.#state.revision;
    this.#markedRevision = this.#state.revision;
  }

  /** 32 bits; 1 for a new object. */
  get version(): number {
    return versionOf(this.#state.revision);
  }

  /** Versions, counted without end. */
  get revision(): number {
    return this.#state.revision;
  }

  /** How many slots there are. */
  get size(): number {
    return this.#state.slots.size;
  }

  /** What `maxObjectBytes` limits. */
  get byteLength(): number {
    return this.#state.slots.byteLength;
  }

  get listenerCount(): number {
    return this.#listeners.size;
  }

  get isLocked(): boolean {
    return this.#locks.isHeld;
  }

  /** Whether a persistent object differs from what was last told to be stored. */
  get isUnsaved(): boolean {
    return this.isPersistent && (this.#state.revision !== this.#savedRevision || this.#state.isChanged);
  }

  /** The value is the object's own: do not change it, set another. Undefined without such a slot. */
  get(key: string): AmfValue {
    return this.#state.valueOf(key);
  }

  has(key: string): boolean {
    return this.#state.has(key);
  }

  /** In the order in which the slots were made. */
  *entries(): Generator<[key: string, value: AmfValue]> {
    for (const [key, { value }] of this.#state.slots.entries()) yield [key, value];
  }

  /**
   * Sets a slot for everybody; null and undefined remove it. Takes a copy. Returns why it cannot be; throws `amf.encode` for
   * what AMF cannot carry. A value that is there already changes nothing.
   */
  setProperty(key: string, value: AmfEncodable): SharedObjectRefusal | undefined {
    if (value === null || value === undefined) {
      this.removeProperty(key);
      return undefined;
    }
    const change = createSlotChange(key, copyValue(value, this.#registry), this.#limits, this.#state.amf);
    if (typeof change === "string") return change;
    if (this.#state.isSame(key, change)) return undefined;
    const refusal = this.#state.refusalOf(key, change);
    if (refusal === undefined) this.#inUpdate((update) => update.addForAll(this.#state.set(key, change)));
    return refusal;
  }

  /** False if there is no such slot. */
  removeProperty(key: string): boolean {
    if (!this.has(key)) return false;
    this.#inUpdate((update) => update.addForAll(this.#state.remove(key)));
    return true;
  }

  /** Removes all slots, as one step. */
  clear(): void {
    this.#inUpdate((update) => update.addForAll(this.#state.clear()));
  }

  /**
   * Calls a method of all listeners. Throws `amf.encode` for what AMF cannot carry, and `object.limit` for more than
   * `maxBacklogBytes`: none of them could take it.
   */
  send(method: string, ...args: readonly AmfEncodable[]): void {
    const values = args.map((value) => copyValue(value, this.#registry));
    const event = new OutgoingEvent({ kind: "send", method, args: values }, this.#state.amf);
    const { maxBacklogBytes } = this.#limits;
    if (event.byteLength > maxBacklogBytes) {
      throw new ProtocolError("object.limit", `${this.name}: a call of more than ${maxBacklogBytes} bytes`);
    }
    this.#inUpdate((update) => update.addForAll(event));
  }

  /**
   * From here on changes are collected, of clients too, until the last lock is gone: then they are one message for each
   * listener, and one version. May be repeated by the same owner. Nobody holds a lock for longer than `maxLockMs`, as far as
   * `tick` is called, nor for more than `maxLockedEvents`, nor for more bytes than twice `maxObjectBytes`.
   */
  lock(owner: string, nowMs: number): void {
    this.#locks.lock(owner, nowMs);
  }

  /** False if the owner holds no lock: it was broken, or never taken. */
  unlock(owner: string): boolean {
    const wasLocked = this.#locks.unlock(owner);
    if (!this.#locks.isHeld) this.#commit();
    return wasLocked;
  }

  /** To be called once a second or so: breaks locks whose time is over, and lets go of encoded messages. */
  tick(nowMs: number): void {
    this.#state.forgetMessages();
    this.#brokenLocks.push(...this.#locks.breakExpired(nowMs));
    if (!this.#locks.isHeld) this.#commit();
  }

  /** Owners whose locks were broken, since the last call: for the log. */
  takeBrokenLocks(): readonly string[] {
    const owners = this.#brokenLocks;
    this.#brokenLocks = [];
    return owners;
  }

  /** `isDirty` tells what changes from here on; without it, since the object was made or loaded. */
  mark(): void {
    this.#markedRevision = this.#state.isChanged ? this.#state.nextRevision : this.#state.revision;
  }

  /** Whether the slot was set or removed since `mark`, or may have been where that is forgotten. */
  isDirty(key: string): boolean {
    return this.#state.slots.touchOf(key).revision > this.#markedRevision;
  }

  /** Forgets removals before this version: clients with older copies get the whole object. */
  purge(version: number): void {
    this.#state.slots.forgetBefore(revisionOf(version, this.#state.revision));
  }

  /** What to store, as `decodeSharedObjectSnapshot` reads it. */
  snapshot(): Uint8Array {
    return this.#state.snapshot();
  }

  /** What `snapshot` gave at this revision is stored. */
  noteSaved(revision: number): void {
    this.#savedRevision = revision;
  }

  /** The object is not used any more, and counts in its memory no longer. */
  dispose(): void {
    this.#state.dispose();
  }

  /** What a listener of this object takes its messages from. */
  get source(): ListenerSource {
    return this.#state;
  }

  /**
   * Adds a listener, and gives it the whole object, or the differences from the version of a persistent object that it
   * has. One that is there already gets it again.
   */
  use(listener: SharedObjectListener, version: number): void {
    const differences = this.#listeners.has(listener) ? undefined : this.#state.differencesSince(version);
    this.#listeners.add(listener);
    if (differences === undefined) listener.enqueueState("use");
    else listener.enqueue(differences);
  }

  /** Nothing more is added to what waits for the listener. */
  release(listener: SharedObjectListener): void {
    this.#listeners.delete(listener);
  }

  /**
   * Applies a listener's requests, all in one step: changes, removals and calls. Use and Release are not among them.
   * `takeSend` is asked for each call, with its length, whether the connection may send it.
   */
  receive(
    listener: SharedObjectListener,
    { version, events }: Pick<SharedObjectMessage, "version" | "events">,
    takeSend: (byteLength: number) => boolean = () => true,
  ): SharedObjectOutcome {
    return this.#inUpdate((update) => {
      const options = { state: this.#state, conflict: this.#conflict, listener, version, takeSend };
      const request = new ClientRequest(options);
      for (const event of events) request.apply(event);
      const outcome = request.finish();
      update.addAnswer(listener, outcome.toRequester, outcome.toOthers);
      return outcome;
    });
  }

  #inUpdate<Result>(change: (update: ObjectUpdate) => Result): Result {
    this.#update ??= new ObjectUpdate();
    const result = change(this.#update);
    if (this.#isTooMuch(this.#update)) this.#brokenLocks.push(...this.#locks.breakAll());
    if (!this.#locks.isHeld) this.#commit();
    return result;
  }

  #isTooMuch({ eventCount, byteLength }: ObjectUpdate): boolean {
    const { maxLockedEvents, maxObjectBytes } = this.#limits;
    return eventCount > maxLockedEvents || byteLength > maxObjectBytes * 2;
  }

  #commit(): void {
    const update = this.#update;
    if (update === undefined) return;
    this.#update = undefined;
    this.#state.commit();
    const requesters = update.requesters();
    const shared = this.#state.batch(update.eventsFor(undefined));
    for (const listener of this.#listeners) {
      const isRequester = requesters.has(listener);
      const batch = isRequester ? this.#state.batch(update.eventsFor(listener)) : shared;
      if (batch !== undefined) listener.enqueue(batch);
    }
  }
}
