import { ProtocolError } from "../../errors.ts";
import { encodeSharedObject } from "../message/encode-shared-object.ts";
import type { SharedObjectEvent, SharedObjectMessage } from "../message/shared-object.ts";
import type { StatusCode } from "../session/status.ts";
import type { SharedObjectOutcome } from "./client-request.ts";
import { SharedObjectListener } from "./listener.ts";
import { PendingLoads, type WaitingMessage } from "./pending-loads.ts";
import { SharedObject, type SharedObjectOptions } from "./shared-object.ts";
import { type SharedObjectAccess, SharedObjectConnection, type UsedObject } from "./shared-object-connection.ts";
import { resolveSharedObjectLimits, type SharedObjectLimits } from "./shared-object-limits.ts";
import { decodeSharedObjectSnapshot } from "./snapshot.ts";

type RefusalCode = StatusCode & `SharedObject.${string}`;

/** What a client's message did. */
export type SharedObjectReceived =
  /** It was applied to the object. */
  | {
      readonly kind: "applied";
      readonly connection: SharedObjectConnection;
      readonly object: SharedObject;
      readonly outcome: SharedObjectOutcome;
    }
  | { readonly kind: "used" | "released"; readonly object: SharedObject }
  /** It waits until the object is loaded: `finishLoad` tells what it does. */
  | { readonly kind: "waiting"; readonly name: string }
  /** The client was told this by a status. */
  | { readonly kind: "refused"; readonly name: string; readonly code: RefusalCode };

/** What an application gets that opens an object for itself. */
export type SharedObjectOpening =
  | { readonly kind: "open"; readonly object: SharedObject }
  /** After `finishLoad` it is there. */
  | { readonly kind: "loading" }
  | { readonly kind: "refused"; readonly code: RefusalCode };

/** A snapshot to be stored; `finishStore` wants it back. */
export type UnsavedSharedObject = { readonly name: string; readonly revision: number; readonly snapshot: Uint8Array };

/**
 * The shared objects of one application instance. A driver decodes messages, asks the application for access, calls
 * `receive`, and sends what `takeReady` says; it loads what `takeLoads` wants and stores what `takeUnsaved` gives. Knows no
 * clock: times are of any one monotonic clock.
 */
export class SharedObjectDirectory {
  readonly #options: SharedObjectOptions;
  readonly #limits: SharedObjectLimits;
  readonly #objects = new Map<string, SharedObject>();
  readonly #loads: PendingLoads;
  readonly #held = new Set<string>();
  readonly #storing = new Set<string>();
  #ready = new Set<SharedObjectConnection>();

  constructor(options: SharedObjectOptions = {}) {
    this.#options = options;
    this.#limits = resolveSharedObjectLimits(options.limits);
    this.#loads = new PendingLoads(this.#limits);
  }

  /** How many objects there are, those being loaded too. */
  get size(): number {
    return this.#objects.size + this.#loads.size;
  }

  find(name: string): SharedObject | undefined {
    return this.#objects.get(name);
  }

  objects(): IterableIterator<SharedObject> {
    return this.#objects.values();
  }

  connect(objectEncoding: 0 | 3): SharedObjectConnection {
    const { maxSendsPerSecond, maxBacklogEvents } = this.#limits;
    const connection: SharedObjectConnection = new SharedObjectConnection({
      objectEncoding,
      maxSendsPerSecond,
      maxBacklogEvents,
      onReady: () => this.#ready.add(connection),
    });
    return connection;
  }

  /** The connection is gone: releases all that it used. */
  disconnect(connection: SharedObjectConnection): void {
    this.#ready.delete(connection);
    for (const name of connection.names()) this.#release(connection, name);
    this.#loads.withdraw(connection);
  }

  /** Connections that have something to send, or are overrun, since the last call. */
  takeReady(): Iterable<SharedObjectConnection> {
    const ready = this.#ready;
    this.#ready = new Set();
    return ready;
  }

  /**
   * Applies one message of a client. `access` counts where the message opens an object. Refusals are told to the client.
   * `byteLength` is how long it came: `object.limit` when more wait for objects being loaded than may. `objectEncoding` is how:
   * Red5's client opens objects by AMF0 on connections of AMF3, and reads nothing else on them (docs/interop.md).
   */
  receive(
    connection: SharedObjectConnection,
    message: SharedObjectMessage,
    nowMs: number,
    access: SharedObjectAccess = {},
    byteLength = 0,
    objectEncoding: 0 | 3 = connection.objectEncoding,
  ): SharedObjectReceived[] {
    const one = { connection, message, nowMs, access, byteLength, objectEncoding };
    if (!this.#loads.has(message.name)) return this.#apply(one, false);
    this.#loads.wait(message.name, one);
    return [{ kind: "waiting", name: message.name }];
  }

  /**
   * An object for the application itself, which stays until `close`, made if it does not exist. Persistent ones are loaded
   * first.
   */
  open(name: string, isPersistent: boolean): SharedObjectOpening {
    const isLoading = this.#loads.has(name);
    const object = this.#objects.get(name);
    if ((object?.isPersistent ?? (isLoading ? true : isPersistent)) !== isPersistent) {
      return { kind: "refused", code: "SharedObject.BadPersistence" };
    }
    if (object === undefined && !isLoading && !this.#hasRoom()) {
      return { kind: "refused", code: "SharedObject.ObjectCreationFailed" };
    }
    this.#held.add(name);
    if (object !== undefined) return { kind: "open", object };
    if (!isPersistent) return { kind: "open", object: this.#create(name, false) };
    if (!isLoading) this.#loads.start(name);
    return { kind: "loading" };
  }

  /** Undoes `open`: the object goes when no client uses it any more. */
  close(name: string): void {
    this.#held.delete(name);
    this.#unloadUnused(name);
  }

  /** Names of persistent objects that somebody wants: each is to be answered by `finishLoad` or `failLoad`. */
  takeLoads(): readonly string[] {
    return this.#loads.takeWanted();
  }

  /**
   * The object is there from here on, and messages that waited for it are applied; `snapshot` is what was stored, undefined
   * if there was nothing. `object.snapshot` for bytes that are damaged or another object's: then it is loading still.
   */
  finishLoad(name: string, snapshot: Uint8Array | undefined): SharedObjectReceived[] {
    if (!this.#loads.has(name)) return [];
    const isHeld = this.#held.has(name);
    if (snapshot !== undefined) this.#restore(name, snapshot);
    else if (isHeld) this.#create(name, true);
    // Somebody who opens and closes it must not make it go, and come back empty for the next who waited.
    this.#held.add(name);
    const received = this.#loads.end(name).flatMap((one) => this.#apply(one, true));
    if (!isHeld) this.close(name);
    return received;
  }

  /** The object cannot be had: those that wait for it are refused. */
  failLoad(name: string): void {
    const waiting = this.#loads.end(name);
    this.#held.delete(name);
    for (const connection of new Set(waiting.map((one) => one.connection))) {
      this.#refuse(connection, name, true, "SharedObject.ObjectCreationFailed");
    }
  }

  /** Persistent objects that changed since they were stored, and are neither locked nor being stored. */
  unsavedNames(): string[] {
    return Array.from(this.#objects.keys()).filter((name) => this.#canStore(name));
  }

  /** The snapshot of one of them, to be answered by `finishStore`; undefined if it need not or cannot be stored now. */
  takeUnsavedOne(name: string): UnsavedSharedObject | undefined {
    const object = this.#objects.get(name);
    if (object === undefined || !this.#canStore(name)) return undefined;
    const snapshot = object.snapshot();
    this.#storing.add(name);
    return { name, revision: object.revision, snapshot };
  }

  /** All of them at once: as much memory again. Each is to be answered by `finishStore`. */
  takeUnsaved(): UnsavedSharedObject[] {
    return this.unsavedNames().flatMap((name) => this.takeUnsavedOne(name) ?? []);
  }

  /** What was not stored is unsaved still, and `takeUnsaved` gives it again. */
  finishStore({ name, revision }: Pick<UnsavedSharedObject, "name" | "revision">, isStored: boolean): void {
    if (!this.#storing.delete(name)) return;
    if (isStored) this.#objects.get(name)?.noteSaved(revision);
    this.#unloadUnused(name);
  }

  /** To be called once a second or so. Returns whose locks were broken since the last call, for the log. */
  tick(nowMs: number): { readonly name: string; readonly owner: string }[] {
    return Array.from(this.#objects.values()).flatMap((object) => {
      object.tick(nowMs);
      return object.takeBrokenLocks().map((owner) => ({ name: object.name, owner }));
    });
  }

  /** `isLoaded` once it was looked for where objects are stored. */
  #apply(one: WaitingMessage, isLoaded: boolean): SharedObjectReceived[] {
    const { connection, message, nowMs } = one;
    const received: SharedObjectReceived[] = [];
    let requests: SharedObjectEvent[] = [];
    const applyRequests = (): void => {
      if (requests.length > 0) received.push(this.#applyRequests(connection, { ...message, events: requests }, nowMs));
      requests = [];
    };
    for (const [index, event] of message.events.entries()) {
      if (event.kind === "use") {
        applyRequests();
        if (this.#mustLoad(message) && !isLoaded) {
          // The rest waits with it.
          const rest = { ...one, message: { ...message, events: message.events.slice(index) } };
          return [...received, this.#startLoad(rest)];
        }
        received.push(this.#use(one));
      } else if (event.kind === "release") {
        applyRequests();
        received.push(...this.#release(connection, message.name));
      } else requests.push(event);
    }
    applyRequests();
    return received;
  }

  #applyRequests(
    connection: SharedObjectConnection,
    message: SharedObjectMessage,
    nowMs: number,
  ): SharedObjectReceived {
    const { name, isPersistent } = message;
    const used = connection.used(name);
    if (used === undefined) return this.#refuse(connection, name, isPersistent, "SharedObject.NoWriteAccess");
    const takeSend = (byteLength: number): boolean => connection.takeSend(byteLength, nowMs);
    const outcome = used.object.receive(used.listener, message, takeSend);
    return { kind: "applied", connection, object: used.object, outcome };
  }

  #mustLoad({ name, isPersistent }: SharedObjectMessage): boolean {
    return isPersistent && !this.#objects.has(name);
  }

  #startLoad(one: WaitingMessage): SharedObjectReceived {
    const { connection, message, access } = one;
    const { name, isPersistent } = message;
    // Whether it is to be made is known only when it is looked for.
    const refusal = this.#refusalOfUse(connection, message, { ...access, canCreate: true });
    if (refusal !== undefined) return this.#refuse(connection, name, isPersistent, refusal);
    this.#loads.start(name);
    this.#loads.wait(name, one);
    return { kind: "waiting", name };
  }

  #use({ connection, message, access, objectEncoding }: WaitingMessage): SharedObjectReceived {
    const { name, isPersistent, version } = message;
    const refusal = this.#refusalOfUse(connection, message, access);
    if (refusal !== undefined) return this.#refuse(connection, name, isPersistent, refusal);
    const { object, listener } = connection.used(name) ?? this.#createListener(connection, message, objectEncoding);
    listener.canWrite = access.canWrite ?? true;
    listener.canSend = access.canSend ?? true;
    object.use(listener, version);
    return { kind: "used", object };
  }

  #refusalOfUse(
    connection: SharedObjectConnection,
    { name, isPersistent }: SharedObjectMessage,
    { canRead = true, canCreate = true }: SharedObjectAccess,
  ): RefusalCode | undefined {
    if (!canRead) return "SharedObject.NoReadAccess";
    const object = this.#objects.get(name);
    const isThere = object !== undefined || (canCreate && this.#hasRoom());
    if (name === "" || !isThere) return "SharedObject.ObjectCreationFailed";
    if (object !== undefined && object.isPersistent !== isPersistent) return "SharedObject.BadPersistence";
    if (connection.used(name) !== undefined) return undefined;
    const isFull =
      connection.objectCount >= this.#limits.maxObjectsPerConnection ||
      (object?.listenerCount ?? 0) >= this.#limits.maxListeners;
    return isFull ? "SharedObject.ObjectCreationFailed" : undefined;
  }

  #canStore(name: string): boolean {
    const object = this.#objects.get(name);
    return object?.isUnsaved === true && !object.isLocked && !this.#storing.has(name);
  }

  #hasRoom(): boolean {
    return this.size < this.#limits.maxObjects && this.#options.memory?.hasRoomForObject !== false;
  }

  #createListener(
    connection: SharedObjectConnection,
    { name, isPersistent }: SharedObjectMessage,
    objectEncoding: 0 | 3,
  ): UsedObject {
    const object = this.#objects.get(name) ?? this.#create(name, isPersistent);
    const listener: SharedObjectListener = new SharedObjectListener({
      source: object.source,
      objectEncoding,
      limits: this.#limits,
      onReady: () => connection.noteReady(listener),
    });
    const used = { object, listener };
    connection.add(used);
    return used;
  }

  #release(connection: SharedObjectConnection, name: string): SharedObjectReceived[] {
    const used = connection.remove(name);
    if (used === undefined) return [];
    used.object.release(used.listener);
    used.listener.discard();
    this.#unloadUnused(name);
    return [{ kind: "released", object: used.object }];
  }

  #unloadUnused(name: string): void {
    const object = this.#objects.get(name);
    if (object === undefined || object.listenerCount > 0 || this.#held.has(name)) return;
    if (object.isUnsaved || this.#storing.has(name)) return;
    this.#objects.delete(name);
    object.dispose();
  }

  #create(name: string, isPersistent: boolean): SharedObject {
    const object = new SharedObject(name, isPersistent, this.#options);
    this.#objects.set(name, object);
    return object;
  }

  #restore(name: string, bytes: Uint8Array): void {
    const snapshot = decodeSharedObjectSnapshot(bytes, this.#options.registry);
    if (snapshot.name !== name) throw new ProtocolError("object.snapshot", "a stored object of another name");
    this.#objects.set(name, new SharedObject(name, true, this.#options, snapshot));
  }

  #refuse(
    connection: SharedObjectConnection,
    name: string,
    isPersistent: boolean,
    code: RefusalCode,
  ): SharedObjectReceived {
    const events: SharedObjectEvent[] = [{ kind: "status", code, level: "error" }];
    const { objectEncoding } = connection;
    connection.enqueueStatus(encodeSharedObject({ name, version: 0, isPersistent, events }, { objectEncoding }));
    return { kind: "refused", name, code };
  }
}
