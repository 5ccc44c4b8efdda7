import { ProtocolError } from "../../errors.ts";
import type { AmfEncodable, AmfValue } from "../../formats/amf/amf-value.ts";
import type { ExternalizableRegistry } from "../../formats/amf/externalizable.ts";
import type { SharedObjectCall, SyncEntry } from "../../rtmp/shared-object/client-request.ts";
import type { SharedObject } from "../../rtmp/shared-object/shared-object.ts";
import {
  type AnySlots,
  describeChanges,
  plainValue,
  type SharedObjectChange,
  type SlotName,
  viewSlots,
} from "../../rtmp/shared-object/slot-view.ts";
import type { ConnectionInfo } from "../hooks.ts";

export type ServerSharedObjectOptions = {
  /** Kept over restarts, and the same as clients say. @default false */
  readonly isPersistent?: boolean;
};

/** Who changed an object: a client, or, where undefined, another part of the program, or somebody gone meanwhile. */
export type ChangedBy = ConnectionInfo | undefined;

/** A shared object as a part of the server's program has it. It stays until it is closed. */
export type ServerSharedObject<Slots extends object = AnySlots> = {
  /** The application instance, such as `chat/room1`. */
  readonly app: string;
  readonly name: string;
  readonly isPersistent: boolean;
  /** 32 bits; one more with each step. */
  readonly version: number;
  /** How many slots there are. */
  readonly size: number;
  /** How many clients have it open. */
  readonly clientCount: number;
  /** The slots, read only; reading one makes a plain copy. Clients may have set anything. */
  readonly data: Readonly<Partial<Slots>>;
  /** A plain copy; undefined without such a slot. Throws `amf.limit` for a value that contains itself. */
  get<Name extends SlotName<Slots>>(name: Name): Slots[Name] | undefined;
  has(name: string): boolean;
  /** In the order in which the slots were made. */
  keys(): string[];
  /**
   * Sets a slot for everybody; null and undefined remove it. Takes a copy. Throws `object.limit` where it would be too
   * large, and `amf.encode` for what AMF cannot carry.
   */
  set<Name extends SlotName<Slots>>(name: Name, value: Slots[Name]): void;
  /** False if there was no such slot. */
  delete(name: SlotName<Slots>): boolean;
  /** Removes all slots. */
  clear(): void;
  /** Calls a method of all clients that have it open. Throws `amf.encode`, and `object.limit` beyond `maxBacklogBytes`. */
  send(method: string, ...args: readonly AmfEncodable[]): void;
  /** What changes meanwhile is told as one step. */
  batch<Result>(work: () => Result): Result;
  /**
   * The same for work that takes time; clients' changes are held back too. Longer than the limit `maxLockMs` it is not
   * locked: the lock is broken then, and the log says so.
   */
  lock<Result>(work: () => Promise<Result>): Promise<Result>;
  /** From here on `isDirty` tells what changed since. */
  mark(): void;
  isDirty(name: SlotName<Slots>): boolean;
  /** Tells of changes by clients and by other parts of the program. Returns what undoes it. */
  onChange(listener: (changes: readonly SharedObjectChange<Slots>[], by: ChangedBy) => void): () => void;
  /** Tells of calls that clients send to all. Returns what undoes it. */
  onSend(listener: (method: string, args: readonly unknown[], by: ChangedBy) => void): () => void;
  /**
   * Lets go of it: nothing is told from here on, it goes with its last client, and changing it throws. When the server has
   * stopped, changes do nothing.
   */
  close(): void;
};

/** What a handle needs of the instance that it belongs to. */
export type ServerObjectPort = {
  readonly app: string;
  readonly registry: ExternalizableRegistry | undefined;
  readonly nowMs: () => number;
  /** A name that no other lock has. */
  newLockOwner(): string;
  /** There may be something to send. */
  changed(): void;
  /** Tells all other handles of the object. */
  tellOthers(by: ServerObject, entries: readonly SyncEntry[]): void;
  tell(work: () => void): void;
  closed(handle: ServerObject): void;
};

/** As a handle knows them, whatever the types of the application are. */
type Slots = Record<string, unknown>;
type ChangeListener = (changes: readonly SharedObjectChange<Slots>[], by: ChangedBy) => void;
type SendListener = (method: string, args: readonly unknown[], by: ChangedBy) => void;

/** `ServerSharedObject` while it runs. */
export class ServerObject implements ServerSharedObject<Slots> {
  readonly app: string;
  readonly data: Readonly<Partial<Slots>>;
  readonly #object: SharedObject;
  readonly #port: ServerObjectPort;
  readonly #changeListeners = new Set<{ readonly tell: ChangeListener }>();
  readonly #sendListeners = new Set<{ readonly tell: SendListener }>();
  #isOpen = true;
  #hasServerStopped = false;

  constructor(object: SharedObject, port: ServerObjectPort) {
    this.app = port.app;
    this.#object = object;
    this.#port = port;
    const { registry } = port;
    const keys = (): string[] => this.keys();
    this.data = viewSlots({ get: (key) => object.get(key), has: (key) => object.has(key), keys }, registry);
  }

  get name(): string {
    return this.#object.name;
  }

  get isPersistent(): boolean {
    return this.#object.isPersistent;
  }

  get version(): number {
    return this.#object.version;
  }

  get size(): number {
    return this.#object.size;
  }

  get clientCount(): number {
    return this.#object.listenerCount;
  }

  get(name: string): unknown {
    return plainValue(this.#object.get(name), this.#port.registry);
  }

  has(name: string): boolean {
    return this.#object.has(name);
  }

  keys(): string[] {
    return Array.from(this.#object.entries(), ([key]) => key);
  }

  set(name: string, value: unknown): void {
    if (value === null || value === undefined) {
      this.delete(name);
      return;
    }
    this.#change(() => {
      const oldValue = this.#object.get(name);
      const refusal = this.#object.setProperty(name, value as AmfEncodable);
      if (refusal !== undefined) throw new ProtocolError("object.limit", `${this.name}: ${refusal}`);
      const isSame = Object.is(this.#object.get(name), oldValue);
      return isSame ? [] : [{ code: "change", name, oldValue }];
    });
  }

  delete(name: string): boolean {
    return this.#change(() => {
      const oldValue = this.#object.get(name);
      return this.#object.removeProperty(name) ? [{ code: "delete", name, oldValue }] : [];
    });
  }

  clear(): void {
    this.#change(() => {
      this.#object.clear();
      return [{ code: "clear", name: "", oldValue: undefined }];
    });
  }

  send(method: string, ...args: readonly AmfEncodable[]): void {
    this.#change(() => {
      this.#object.send(method, ...args);
      return [];
    });
  }

  batch<Result>(work: () => Result): Result {
    const unlock = this.#lock();
    try {
      return work();
    } finally {
      unlock();
    }
  }

  async lock<Result>(work: () => Promise<Result>): Promise<Result> {
    const unlock = this.#lock();
    try {
      return await work();
    } finally {
      unlock();
    }
  }

  mark(): void {
    this.#object.mark();
  }

  isDirty(name: string): boolean {
    return this.#object.isDirty(name);
  }

  onChange(listener: ChangeListener): () => void {
    return subscribe(this.#changeListeners, listener);
  }

  onSend(listener: SendListener): () => void {
    return subscribe(this.#sendListeners, listener);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#changeListeners.clear();
    this.#sendListeners.clear();
    this.#port.closed(this);
  }

  /** The server has stopped. What the program still does as its clients go is no mistake, and does nothing. */
  stop(): void {
    this.close();
    this.#hasServerStopped = true;
  }

  /** Somebody else changed the object. */
  tellChanges(entries: readonly SyncEntry[], by: ChangedBy): void {
    if (this.#changeListeners.size === 0 || entries.length === 0) return;
    const { registry, tell } = this.#port;
    const changes = describeChanges<Slots>(entries, this.#object, registry);
    for (const listener of this.#changeListeners) tell(() => listener.tell(changes, by));
  }

  /** A client sent a call to all. */
  tellCall({ method, args }: SharedObjectCall, by: ChangedBy): void {
    const { registry, tell } = this.#port;
    for (const listener of this.#sendListeners) {
      tell(() => listener.tell(method, plainValues(args, registry), by));
    }
  }

  #change(change: () => SyncEntry[]): boolean {
    if (!this.#canChange()) return false;
    const entries = change();
    this.#port.changed();
    this.#port.tellOthers(this, entries);
    return entries.length > 0;
  }

  #canChange(): boolean {
    if (this.#hasServerStopped) return false;
    if (!this.#isOpen) throw new Error(`the shared object ${JSON.stringify(this.name)} was closed`);
    return true;
  }

  /** Each has an owner's name of its own, so that a broken one is told apart. */
  #lock(): () => void {
    if (!this.#canChange()) return () => {};
    const owner = this.#port.newLockOwner();
    this.#object.lock(owner, this.#port.nowMs());
    return () => {
      this.#object.unlock(owner);
      this.#port.changed();
    };
  }
}

/** Plain copies of the arguments of a call. */
export function plainValues(args: readonly AmfValue[], registry: ExternalizableRegistry | undefined): unknown[] {
  return args.map((value) => plainValue(value, registry));
}

/** The same function may be given several times. */
function subscribe<Listener>(listeners: Set<{ readonly tell: Listener }>, tell: Listener): () => void {
  const entry = { tell };
  listeners.add(entry);
  return () => listeners.delete(entry);
}
