import type { Message } from "../message/message.ts";
import type { SharedObjectListener } from "./listener.ts";
import type { SharedObject } from "./shared-object.ts";
import { TokenBucket } from "./token-bucket.ts";

/** What a connection may do with an object that it opens: the application's decision. */
export type SharedObjectAccess = {
  /** @default true */
  readonly canRead?: boolean;
  /** Whether the object may be made by this, where it does not exist. @default true */
  readonly canCreate?: boolean;
  /** @default true */
  readonly canWrite?: boolean;
  /** Whether it may send calls to all. @default true */
  readonly canSend?: boolean;
};

/** An object that a connection uses. */
export type UsedObject = { readonly object: SharedObject; readonly listener: SharedObjectListener };

export type SharedObjectConnectionOptions = {
  readonly objectEncoding: 0 | 3;
  readonly maxSendsPerSecond: number;
  readonly maxBacklogEvents: number;
  /** Called when there is something to take, where there was nothing, and when the connection is overrun. */
  readonly onReady: () => void;
};

/** A call of more bytes counts as several. */
const BYTES_OF_ONE_SEND = 4096;
/** Without the object's name, roughly. */
const BYTES_OF_ONE_STATUS = 64;

/** One connection's part in the shared objects of an application instance: made by `SharedObjectDirectory.connect`. */
export class SharedObjectConnection {
  readonly objectEncoding: 0 | 3;
  /** For the directory: how many messages wait for objects being loaded. */
  waitingMessages = 0;
  /** And how long they are together. */
  waitingBytes = 0;
  readonly #used = new Map<string, UsedObject>();
  readonly #sends: TokenBucket;
  readonly #maxStatuses: number;
  readonly #onReady: () => void;
  /** Listeners with something to take, in the order in which they got it. */
  readonly #ready = new Set<SharedObjectListener>();
  #statuses: Message[] = [];
  #isOverrun = false;

  constructor(options: SharedObjectConnectionOptions) {
    this.objectEncoding = options.objectEncoding;
    this.#sends = new TokenBucket(options.maxSendsPerSecond);
    this.#maxStatuses = options.maxBacklogEvents;
    this.#onReady = options.onReady;
  }

  /** How many objects it uses. */
  get objectCount(): number {
    return this.#used.size;
  }

  /** Whether it took nothing for so long that something had to be dropped: to be closed. */
  get isOverrun(): boolean {
    return this.#isOverrun;
  }

  get hasOutgoing(): boolean {
    return this.#statuses.length > 0 || this.#ready.size > 0;
  }

  /** About how many bytes `takeOutgoing(1)` would give. */
  get nextBytes(): number {
    if (this.#statuses.length > 0) return this.#statuses.length * BYTES_OF_ONE_STATUS;
    const [next] = this.#ready;
    return next?.outgoingBytes ?? 0;
  }

  /**
   * Messages to send, in order. To be taken when the connection can take bytes: what waits is merged until then. Payloads are
   * shared with other connections: do not change them. With `maxBytes` it is told no more objects once so much is there.
   */
  takeOutgoing(maxBytes: number = Number.POSITIVE_INFINITY): Message[] {
    const messages = this.#statuses;
    this.#statuses = [];
    let takenBytes = messages.reduce((sum, { payload }) => sum + payload.length, 0);
    // Without statuses at least one object is told of.
    for (const listener of this.#ready) {
      if (takenBytes >= maxBytes) break;
      this.#ready.delete(listener);
      const taken = listener.takeOutgoing();
      for (const { payload } of taken) takenBytes += payload.length;
      messages.push(...taken);
    }
    return messages;
  }

  /** The object of this name with the connection's listener, if it uses it: to change what it may do, for example. */
  used(name: string): UsedObject | undefined {
    return this.#used.get(name);
  }

  names(): string[] {
    return Array.from(this.#used.keys());
  }

  /** For the directory. */
  add(used: UsedObject): void {
    this.#used.set(used.object.name, used);
  }

  /** For the directory. What waits for the object's listener is dropped. */
  remove(name: string): UsedObject | undefined {
    const used = this.#used.get(name);
    if (used === undefined) return undefined;
    this.#used.delete(name);
    this.#ready.delete(used.listener);
    return used;
  }

  /** For the directory: refusals of objects that it does not use. */
  enqueueStatus(message: Message): void {
    const wasReady = this.hasOutgoing;
    this.#statuses.push(message);
    if (this.#statuses.length > this.#maxStatuses) {
      this.#statuses = [];
      this.#isOverrun = true;
    }
    if (!wasReady || this.#isOverrun) this.#onReady();
  }

  /** For listeners. */
  noteReady(listener: SharedObjectListener): void {
    const wasReady = this.hasOutgoing;
    if (listener.isOverrun) this.#isOverrun = true;
    else this.#ready.add(listener);
    if (!wasReady || this.#isOverrun) this.#onReady();
  }

  /** Whether a call of this length is within its rate; it is counted then. */
  takeSend(byteLength: number, nowMs: number): boolean {
    return this.#sends.take(nowMs, Math.ceil(byteLength / BYTES_OF_ONE_SEND));
  }
}
