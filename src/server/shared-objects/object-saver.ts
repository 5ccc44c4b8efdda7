import type { SharedObjectDirectory, UnsavedSharedObject } from "../../rtmp/shared-object/shared-object-directory.ts";
import type { SharedObjectStorage } from "../../rtmp/shared-object/storage.ts";
import type { Log } from "../log.ts";
import type { Transfers } from "./transfers.ts";

export type ObjectSaverOptions = {
  readonly app: string;
  readonly directory: SharedObjectDirectory;
  readonly storage: SharedObjectStorage;
  readonly transfers: Transfers;
  readonly saveDelayMs: number;
  readonly log: Log;
};

const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 60_000;

/** Stores the persistent objects of one application instance that changed: in rounds, each object once in a round. */
export class ObjectSaver {
  readonly #options: ObjectSaverOptions;
  #round: Promise<void> | undefined;
  #unsavedSinceMs: number | undefined;
  #failedRounds = 0;
  #retryAtMs = 0;

  constructor(options: ObjectSaverOptions) {
    this.#options = options;
  }

  get isBusy(): boolean {
    return this.#round !== undefined;
  }

  /** Begins a round when one is due. */
  tick(nowMs: number): void {
    if (this.#round !== undefined) return;
    const names = this.#options.directory.unsavedNames();
    if (names.length === 0) {
      this.#unsavedSinceMs = undefined;
      return;
    }
    this.#unsavedSinceMs ??= nowMs;
    if (nowMs < this.#unsavedSinceMs + this.#options.saveDelayMs || nowMs < this.#retryAtMs) return;
    this.#unsavedSinceMs = undefined;
    this.#round = this.#storeAll(names, nowMs).finally(() => {
      this.#round = undefined;
    });
  }

  /** Stores all that is unsaved, once. What cannot be stored is lost, and logged. */
  async finish(nowMs: number): Promise<void> {
    await this.#round;
    const { directory, app, log } = this.#options;
    await this.#storeAll(directory.unsavedNames(), nowMs);
    const lost = directory.unsavedNames();
    if (lost.length > 0)
      log.error({ app, objects: lost.length }, "changes of shared objects are lost: they cannot be stored");
  }

  /** Never rejects. */
  async #storeAll(names: readonly string[], nowMs: number): Promise<void> {
    const { app, log, transfers } = this.#options;
    const outcomes = await Promise.all(names.map((name) => transfers.run(() => this.#store(name))));
    const errors = outcomes.filter((error) => error !== undefined);
    if (errors.length === 0) {
      if (this.#failedRounds > 0) log.info({ app }, "shared objects are stored again");
      this.#failedRounds = 0;
      return;
    }
    const retryMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failedRounds++);
    this.#retryAtMs = nowMs + retryMs;
    log.error({ app, objects: errors.length, retryMs, err: errors[0] }, "shared objects cannot be stored");
  }

  /** Returns what went wrong. */
  async #store(name: string): Promise<Error | undefined> {
    const { directory, storage } = this.#options;
    let unsaved: UnsavedSharedObject | undefined;
    try {
      // Classes of the application may fail to write themselves.
      unsaved = directory.takeUnsavedOne(name);
      if (unsaved === undefined) return undefined;
      await storage.store(name, unsaved.snapshot);
      directory.finishStore(unsaved, true);
      return undefined;
    } catch (error) {
      if (unsaved !== undefined) directory.finishStore(unsaved, false);
      return error instanceof Error ? error : new Error("the storage failed", { cause: error });
    }
  }
}
