import { encodeUtf8 } from "../../bytes/utf8.ts";
import { StatusError } from "../../client/status-error.ts";
import { ProtocolError } from "../../errors.ts";
import type { ExternalizableRegistry } from "../../formats/amf/externalizable.ts";
import { type Message, MessageType } from "../../rtmp/message/message.ts";
import { decodeSharedObject } from "../../rtmp/message/shared-object.ts";
import type { SharedObjectCall, SyncEntry } from "../../rtmp/shared-object/client-request.ts";
import type { SharedObject } from "../../rtmp/shared-object/shared-object.ts";
import type { SharedObjectConnection } from "../../rtmp/shared-object/shared-object-connection.ts";
import { SharedObjectDirectory, type SharedObjectReceived } from "../../rtmp/shared-object/shared-object-directory.ts";
import type { SharedObjectLimits } from "../../rtmp/shared-object/shared-object-limits.ts";
import type { SharedObjectMemory } from "../../rtmp/shared-object/shared-object-memory.ts";
import { describeChanges } from "../../rtmp/shared-object/slot-view.ts";
import type { SharedObjectStorage } from "../../rtmp/shared-object/storage.ts";
import type { ServerClient } from "../feature.ts";
import type { Log } from "../log.ts";
import { AccessRules } from "./access-rules.ts";
import type { LargeMessages } from "./large-messages.ts";
import { ObjectClient } from "./object-client.ts";
import { ObjectSaver } from "./object-saver.ts";
import { hasUse, refuseUse } from "./refuse-use.ts";
import { type ChangedBy, plainValues, ServerObject } from "./server-shared-object.ts";
import type { SharedObjectsOptions } from "./shared-objects-options.ts";
import type { Transfers } from "./transfers.ts";

/** What the instances of all applications share. */
export type AppObjectsContext = {
  readonly options: SharedObjectsOptions;
  readonly limits: SharedObjectLimits;
  readonly blockedTimeoutMs: number;
  readonly saveDelayMs: number;
  readonly registry: ExternalizableRegistry | undefined;
  readonly memory: SharedObjectMemory;
  readonly transfers: Transfers;
  readonly largeMessages: LargeMessages<ObjectClient>;
  readonly log: Log;
  readonly nowMs: () => number;
  /** There may be something to send to the clients of this instance. */
  changed(app: AppObjects): void;
  /** Tells the application: what it throws is logged. */
  tell(work: () => void): void;
};

/** How many names of objects that cannot be loaded are remembered, so that each is logged once. */
const MAX_LOGGED_FAILURES = 1000;

/** The shared objects of one application instance: its clients, what the program holds of them, and where they are kept. */
export class AppObjects {
  readonly path: string;
  readonly directory: SharedObjectDirectory;
  readonly #context: AppObjectsContext;
  readonly #storage: SharedObjectStorage | undefined;
  readonly #saver: ObjectSaver | undefined;
  readonly #rules: AccessRules;
  readonly #clients = new Map<SharedObjectConnection, ObjectClient>();
  readonly #handles = new Map<string, Set<ServerObject>>();
  /** Those who wait for an object to be loaded. */
  readonly #openings = new Map<string, ((error?: Error) => void)[]>();
  readonly #loggedFailures = new Set<string>();
  #lockCount = 0;
  #isStopped = false;

  constructor(path: string, storage: SharedObjectStorage | undefined, context: AppObjectsContext) {
    const { options, limits, registry, memory, transfers, saveDelayMs, log } = context;
    this.path = path;
    this.#context = context;
    this.#storage = storage;
    this.directory = new SharedObjectDirectory({
      limits,
      memory,
      ...(options.conflict !== undefined && { conflict: options.conflict }),
      ...(registry !== undefined && { registry }),
    });
    this.#rules = new AccessRules(path, options, log);
    if (storage === undefined) return;
    this.#saver = new ObjectSaver({ app: path, directory: this.directory, storage, transfers, saveDelayMs, log });
  }

  /** Whether nobody would miss it. */
  get isIdle(): boolean {
    return this.directory.size === 0 && this.#clients.size === 0 && this.#handles.size === 0 && !this.#saver?.isBusy;
  }

  join(client: ServerClient): ObjectClient {
    const connection = this.directory.connect(client.objectEncoding);
    const { largeMessages, blockedTimeoutMs } = this.#context;
    const one = new ObjectClient({ client, connection, largeMessages, blockedTimeoutMs });
    this.#clients.set(connection, one);
    return one;
  }

  leave(one: ObjectClient): void {
    const { connection } = one;
    one.end();
    this.#clients.delete(connection);
    this.directory.disconnect(connection);
  }

  /** Throws for what a client must not send. */
  receive(one: ObjectClient, message: Message): void {
    const { limits, registry, nowMs } = this.#context;
    const decoded = decodeSharedObject(message, { limits, ...(registry !== undefined && { amf: { registry } }) });
    if (this.#storage === undefined && decoded.isPersistent && hasUse(decoded)) {
      refuseUse(one.client, decoded, "SharedObject.ObjectCreationFailed");
      return;
    }
    const { client, connection } = one;
    const access = this.#rules.accessOf(client.info, decoded, connection.used(decoded.name)?.listener);
    const encoding = message.type === MessageType.SharedObject ? 0 : client.objectEncoding;
    const { length } = message.payload;
    this.#received(this.directory.receive(connection, decoded, nowMs(), access, length, encoding));
    this.#startLoads();
    this.#context.changed(this);
  }

  /** Clients that have something to take since the last call. */
  *takeReady(): Generator<ObjectClient> {
    for (const connection of this.directory.takeReady()) {
      const one = this.#clients.get(connection);
      if (one !== undefined) yield one;
    }
  }

  /** An object for the program. Rejects with a `StatusError` when it cannot be had, and with what the storage says. */
  async open(name: string, isPersistent: boolean): Promise<ServerObject> {
    if (isPersistent && this.#storage === undefined) {
      throw new Error("Persistent shared objects need the option sharedObjects.folder, or sharedObjects.storage.");
    }
    const { maxNameBytes } = this.#context.limits;
    if (encodeUtf8(name).length > maxNameBytes) {
      throw new ProtocolError("object.limit", `a shared object's name of more than ${maxNameBytes} bytes`);
    }
    const opening = this.directory.open(name, isPersistent);
    if (opening.kind === "refused") throw refusal(name, opening.code);
    if (opening.kind === "open") return this.#createHandle(opening.object);
    const { promise, resolve, reject } = Promise.withResolvers<ServerObject>();
    const opened = (error?: Error): void => {
      const object = this.directory.find(name);
      if (this.#isStopped) reject(new Error("the server was stopped"));
      else if (object === undefined) reject(error ?? refusal(name, "SharedObject.ObjectCreationFailed"));
      // At once: others who waited may let go of the object before this promise is heard of.
      else resolve(this.#createHandle(object));
    };
    this.#openings.set(name, [...(this.#openings.get(name) ?? []), opened]);
    this.#startLoads();
    return await promise;
  }

  tick(nowMs: number): void {
    for (const { name, owner } of this.directory.tick(nowMs)) {
      const { log } = this.#context;
      log.warn({ app: this.path, object: name, owner }, "a shared object was locked for too long: the lock is broken");
    }
    for (const one of this.#clients.values()) one.tick(nowMs);
    this.#saver?.tick(nowMs);
    this.#context.changed(this);
  }

  /** Stores what is not stored yet, also what is locked. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.directory.tick(Number.POSITIVE_INFINITY);
    for (const handles of this.#handles.values()) for (const handle of [...handles]) handle.stop();
    await this.#saver?.finish(this.#context.nowMs());
  }

  #createHandle(object: SharedObject): ServerObject {
    const { name } = object;
    const { registry, nowMs, tell } = this.#context;
    const handle = new ServerObject(object, {
      app: this.path,
      registry,
      nowMs,
      tell,
      newLockOwner: () => `lock ${++this.#lockCount}`,
      changed: () => this.#context.changed(this),
      tellOthers: (by, entries) => this.#tellChanges(name, entries, undefined, by),
      closed: (closed) => this.#closed(name, closed),
    });
    const handles = this.#handles.get(name) ?? new Set();
    this.#handles.set(name, handles.add(handle));
    return handle;
  }

  #closed(name: string, handle: ServerObject): void {
    const handles = this.#handles.get(name);
    handles?.delete(handle);
    if (handles?.size !== 0) return;
    this.#handles.delete(name);
    this.directory.close(name);
  }

  #received(received: readonly SharedObjectReceived[]): void {
    const { options, tell, registry, log } = this.#context;
    for (const one of received) {
      if (one.kind === "refused")
        log.debug({ app: this.path, object: one.name, code: one.code }, "a shared object is refused");
      if (one.kind !== "applied") continue;
      const { object, outcome } = one;
      const { name } = object;
      const by = this.#clients.get(one.connection)?.client.info;
      this.#tellChanges(name, outcome.changes, by);
      this.#tellCalls(name, outcome.sends, by);
      if (by === undefined) continue;
      const about = { app: this.path, name, connection: by };
      if (options.onSync !== undefined && outcome.changes.length > 0) {
        tell(() => options.onSync?.({ ...about, changes: describeChanges(outcome.changes, object, registry) }));
      }
      if (options.onSend === undefined) continue;
      for (const { method, args } of outcome.sends) {
        tell(() => options.onSend?.({ ...about, method, args: plainValues(args, registry) }));
      }
    }
  }

  #tellChanges(name: string, entries: readonly SyncEntry[], by: ChangedBy, except?: ServerObject): void {
    if (entries.length === 0) return;
    for (const handle of this.#handles.get(name) ?? []) if (handle !== except) handle.tellChanges(entries, by);
  }

  #tellCalls(name: string, calls: readonly SharedObjectCall[], by: ChangedBy): void {
    for (const call of calls) for (const handle of this.#handles.get(name) ?? []) handle.tellCall(call, by);
  }

  #startLoads(): void {
    const storage = this.#storage;
    if (storage === undefined) return;
    // Not awaited: it never rejects.
    for (const name of this.directory.takeLoads()) void this.#load(name, storage);
  }

  async #load(name: string, storage: SharedObjectStorage): Promise<void> {
    const { transfers, changed } = this.#context;
    let failure: Error | undefined;
    try {
      const snapshot = await transfers.run(() => storage.load(name));
      this.#received(this.directory.finishLoad(name, snapshot));
      this.#loggedFailures.delete(name);
    } catch (error) {
      failure = error instanceof Error ? error : new Error("the storage failed", { cause: error });
      this.#noteFailure(name, failure);
      this.directory.failLoad(name);
    }
    const openings = this.#openings.get(name) ?? [];
    this.#openings.delete(name);
    for (const opened of openings) opened(failure);
    changed(this);
  }

  #noteFailure(name: string, error: Error): void {
    if (this.#loggedFailures.has(name)) return;
    if (this.#loggedFailures.size >= MAX_LOGGED_FAILURES) this.#loggedFailures.clear();
    this.#loggedFailures.add(name);
    this.#context.log.error({ app: this.path, object: name, err: error }, "a shared object cannot be loaded");
  }
}

function refusal(name: string, code: string): StatusError {
  return new StatusError(`the shared object ${JSON.stringify(name)}`, {
    level: "error",
    code,
    description: "",
    info: undefined,
  });
}
