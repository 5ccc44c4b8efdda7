import type { ExternalizableRegistry } from "../../formats/amf/externalizable.ts";
import type { Message } from "../../rtmp/message/message.ts";
import { decodeSharedObject } from "../../rtmp/message/shared-object.ts";
import { resolveSharedObjectLimits } from "../../rtmp/shared-object/shared-object-limits.ts";
import { SharedObjectMemory } from "../../rtmp/shared-object/shared-object-memory.ts";
import type { AnySlots } from "../../rtmp/shared-object/slot-view.ts";
import type { SharedObjectStorage } from "../../rtmp/shared-object/storage.ts";
import type { ServerClient, ServerFeature } from "../feature.ts";
import { tellApplication } from "../hooks.ts";
import type { Log } from "../log.ts";
import { AppObjects, type AppObjectsContext } from "./app-objects.ts";
import { appPathOf } from "./app-path.ts";
import { FolderStorage } from "./folder-storage.ts";
import { LargeMessages } from "./large-messages.ts";
import type { ObjectClient } from "./object-client.ts";
import { hasUse, refuseUse } from "./refuse-use.ts";
import type { ServerSharedObject, ServerSharedObjectOptions } from "./server-shared-object.ts";
import {
  DEFAULT_BLOCKED_TIMEOUT_MS,
  DEFAULT_MAX_TOTAL_BYTES,
  DEFAULT_MAX_TRANSFERS,
  DEFAULT_MAX_UNREAD_BYTES,
  DEFAULT_SAVE_DELAY_MS,
  type SharedObjectsOptions,
} from "./shared-objects-options.ts";
import { Transfers } from "./transfers.ts";

export type SharedObjectsNeeds = {
  /** Undefined: none are served. */
  readonly options: SharedObjectsOptions | undefined;
  /** Classes that travel. */
  readonly registry?: ExternalizableRegistry;
  readonly log: Log;
  /** Milliseconds of a clock that never goes back. */
  readonly nowMs: () => number;
};

/** Clients told in one go; then it is the others' turn. */
const SLICE_CLIENTS = 256;
/** How long the last store may take. */
const STOP_TIMEOUT_MS = 10_000;

/** Serves remote shared objects: those of one application instance know nothing of the others. */
export class SharedObjects implements ServerFeature {
  readonly servesSharedObjects: boolean;
  readonly #needs: SharedObjectsNeeds;
  readonly #options: SharedObjectsOptions;
  readonly #served: ReadonlySet<string> | undefined;
  readonly #context: AppObjectsContext;
  readonly #apps = new Map<string, AppObjects>();
  readonly #members = new Map<ServerClient, { readonly app: AppObjects; readonly one: ObjectClient }>();
  /** Instances whose clients may have something to take. */
  readonly #changed = new Set<AppObjects>();
  readonly #ready = new Set<ObjectClient>();
  #isFlushing = false;
  /** Set when the server ends. */
  #stopped: Promise<void> | undefined;

  constructor(needs: SharedObjectsNeeds) {
    const { options, registry, log, nowMs } = needs;
    this.servesSharedObjects = options !== undefined;
    this.#needs = needs;
    this.#options = options ?? {};
    const { limits = {}, apps } = this.#options;
    this.#served = apps === undefined ? undefined : new Set(apps);
    this.#context = {
      options: this.#options,
      limits: resolveSharedObjectLimits(limits),
      blockedTimeoutMs: limits.blockedTimeoutMs ?? DEFAULT_BLOCKED_TIMEOUT_MS,
      saveDelayMs: this.#options.saveDelayMs ?? DEFAULT_SAVE_DELAY_MS,
      registry,
      memory: new SharedObjectMemory(limits.maxTotalBytes ?? DEFAULT_MAX_TOTAL_BYTES),
      largeMessages: new LargeMessages(limits.maxUnreadBytes ?? DEFAULT_MAX_UNREAD_BYTES, (waiters) => {
        for (const one of waiters) this.#ready.add(one);
        this.#flushSoon();
      }),
      transfers: new Transfers(limits.maxTransfers ?? DEFAULT_MAX_TRANSFERS),
      log,
      nowMs,
      changed: (app) => this.#noteChanged(app),
      tell: (work) => tellApplication(log, work),
    };
  }

  /** An object for the program. See `MediaServer.sharedObject`. */
  async open<Slots extends object = AnySlots>(
    app: string,
    name: string,
    { isPersistent = false }: ServerSharedObjectOptions = {},
  ): Promise<ServerSharedObject<Slots>> {
    if (!this.servesSharedObjects) throw new Error("createMediaServer needs the option sharedObjects for this.");
    if (this.#stopped !== undefined) throw new Error("the server was stopped");
    const handle = await this.#appOf(appPathOf(app)).open(name, isPersistent);
    // The types are the application's promise.
    return handle as unknown as ServerSharedObject<Slots>;
  }

  sharedObject(client: ServerClient, message: Message): boolean {
    if (this.#stopped !== undefined) return false;
    const member = this.#members.get(client) ?? this.#join(client, message);
    member?.app.receive(member.one, message);
    return true;
  }

  drained(client: ServerClient): void {
    this.#members.get(client)?.one.pump();
  }

  tick(nowMs: number): void {
    for (const [path, app] of this.#apps) {
      app.tick(nowMs);
      if (app.isIdle) this.#apps.delete(path);
    }
  }

  closed(client: ServerClient): void {
    const member = this.#members.get(client);
    if (member === undefined) return;
    this.#members.delete(client);
    this.#ready.delete(member.one);
    member.app.leave(member.one);
  }

  /** Whoever asks twice waits for the same. */
  stop(): Promise<void> {
    this.#stopped ??= this.#store();
    return this.#stopped;
  }

  /** For the last time. */
  async #store(): Promise<void> {
    const stored = Promise.all(Array.from(this.#apps.values(), (app) => app.stop()));
    const { promise: overdue, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      this.#needs.log.error({}, "shared objects were not stored in time: changes may be lost");
      resolve();
    }, STOP_TIMEOUT_MS);
    await Promise.race([stored, overdue]);
    clearTimeout(timer);
  }

  /** Undefined where the application has no shared objects: the client is told so. */
  #join(client: ServerClient, message: Message): { readonly app: AppObjects; readonly one: ObjectClient } | undefined {
    const path = appPathOf(client.info.app);
    const [name = ""] = path.split("/");
    if (this.#served?.has(name) === false) {
      const decoded = decodeSharedObject(message, { limits: this.#context.limits });
      if (hasUse(decoded)) refuseUse(client, decoded, "SharedObject.NoReadAccess");
      return undefined;
    }
    const app = this.#appOf(path);
    const member = { app, one: app.join(client) };
    this.#members.set(client, member);
    return member;
  }

  #appOf(path: string): AppObjects {
    const app = this.#apps.get(path) ?? new AppObjects(path, this.#storageOf(path), this.#context);
    this.#apps.set(path, app);
    return app;
  }

  #storageOf(path: string): SharedObjectStorage | undefined {
    const { storage, folder } = this.#options;
    if (storage !== undefined) return storage(path);
    return folder === undefined ? undefined : new FolderStorage(folder, path, this.#needs.log);
  }

  /** What happens in one go is told in one go, and before whatever the program does later. */
  #noteChanged(app: AppObjects): void {
    this.#changed.add(app);
    this.#flushSoon();
  }

  #flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    for (const app of this.#changed) for (const one of app.takeReady()) this.#ready.add(one);
    this.#changed.clear();
    let budget = SLICE_CLIENTS;
    for (const one of this.#ready) {
      if (budget-- === 0) break;
      this.#ready.delete(one);
      this.#pump(one);
    }
    this.#isFlushing = this.#ready.size > 0 || this.#changed.size > 0;
    if (this.#isFlushing) setImmediate(() => this.#flush());
  }

  /** What fails for one client concerns no other. */
  #pump(one: ObjectClient): void {
    try {
      one.pump();
    } catch (error) {
      this.#needs.log.error(
        { connection: one.client.info.id, err: error },
        "a client cannot be told of its shared objects",
      );
      one.client.close("it cannot be told of its shared objects");
    }
  }
}
