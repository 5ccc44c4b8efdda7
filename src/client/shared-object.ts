import type { AmfEncodable } from "../formats/amf/amf-value.ts";
import type { ExternalizableRegistry } from "../formats/amf/externalizable.ts";
import type { Message } from "../rtmp/message/message.ts";
import type { SharedObjectMessage } from "../rtmp/message/shared-object.ts";
import type { SharedObjectCall } from "../rtmp/shared-object/client-request.ts";
import { RemoteSharedObject } from "../rtmp/shared-object/remote-shared-object.ts";
import {
  type AnySlots,
  describeChanges,
  plainValue,
  type SharedObjectChange,
  type SlotName,
  viewSlots,
} from "../rtmp/shared-object/slot-view.ts";
import { ChangeFeed } from "./change-feed.ts";
import { clientError } from "./client-error.ts";
import type { StreamEnd } from "./close-reason.ts";
import type { ClientLog } from "./log.ts";
import { type PendingAnswer, pendingAnswer } from "./pending-answer.ts";
import { StatusError } from "./status-error.ts";

/** What others may call: the arguments are plain values, and anybody may have sent them. */
export type SharedObjectHandler = (...args: readonly never[]) => unknown;

export type SharedObjectOpenOptions = {
  /** Kept by the server over its restarts; all who open the object must say the same. @default false */
  readonly isPersistent?: boolean;
  /** Methods that `send` of others calls, and the server, by name. */
  readonly handlers?: Readonly<Record<string, SharedObjectHandler>>;
  /** @default `timeouts.answerMs` of the connection */
  readonly timeoutMs?: number;
};

/** What the server says of what was asked for, such as `SharedObject.NoWriteAccess`. */
export type SharedObjectStatus = { readonly code: string; readonly level: string };

/** What an object needs of its connection. */
export type SharedObjectPort = {
  readonly objectEncoding: 0 | 3;
  readonly registry: ExternalizableRegistry;
  readonly log: ClientLog;
  /** Bytes that wait to be sent. */
  readonly queuedBytes: number;
  send(message: Message): void;
  closed(object: ClientSharedObject<never>): void;
};

/** While so much waits to be sent, changes are merged here. */
const MAX_QUEUED_BYTES = 256 * 1024;
/** Calls are never merged. */
const MAX_WAITING_CALLS = 10_000;

/**
 * A shared object that is open: a copy of what the server has, made by `NetConnection.sharedObject`. Own changes show at
 * once, and the server's word replaces them. What is changed in one go is sent as one message.
 */
export class ClientSharedObject<Slots extends object = AnySlots> {
  /** The slots, read only; reading one makes a plain copy. Whoever may write it may have set anything. */
  readonly data: Readonly<Partial<Slots>>;
  /** Methods that others may call, by name. */
  readonly handlers: Map<string, SharedObjectHandler>;
  /** Settles when it is closed, by this side or with its connection; never rejects. What it held stays readable. */
  readonly ended: Promise<StreamEnd>;
  readonly #remote: RemoteSharedObject;
  readonly #port: SharedObjectPort;
  readonly #opening: PendingAnswer<void>;
  readonly #end: (end: StreamEnd) => void;
  readonly #changeListeners = new Set<{ readonly tell: (changes: readonly SharedObjectChange<Slots>[]) => void }>();
  readonly #statusListeners = new Set<{ readonly tell: (status: SharedObjectStatus) => void }>();
  readonly #feeds = new Set<ChangeFeed<Slots>>();
  #useCount = 0;
  #waitingCalls = 0;
  #isSendingSoon = false;
  #isOver = false;

  constructor(name: string, port: SharedObjectPort, timeoutMs: number, isPersistent: boolean) {
    const { objectEncoding, registry } = port;
    const { promise, resolve } = Promise.withResolvers<StreamEnd>();
    this.ended = promise;
    this.#end = resolve;
    this.#port = port;
    this.#remote = new RemoteSharedObject(name, { isPersistent, objectEncoding, registry });
    const { slots } = this.#remote;
    const source = {
      get: (key: string) => slots.get(key),
      has: (key: string) => slots.has(key),
      keys: () => slots.keys(),
    };
    this.data = viewSlots<Slots>(source, registry);
    this.handlers = new Map();
    this.#opening = pendingAnswer(`the server did not open the shared object ${JSON.stringify(name)}`, timeoutMs);
    this.#remote.open();
    this.#sendSoon();
  }

  get name(): string {
    return this.#remote.name;
  }

  get isPersistent(): boolean {
    return this.#remote.isPersistent;
  }

  get isOpen(): boolean {
    return this.#remote.state === "open";
  }

  /** Of the server's last message. */
  get version(): number {
    return this.#remote.version;
  }

  /** A plain copy; undefined without such a slot. Throws `amf.limit` for a value that contains itself. */
  get<Name extends SlotName<Slots>>(name: Name): Slots[Name] | undefined {
    return plainValue(this.#remote.get(name), this.#port.registry) as Slots[Name] | undefined;
  }

  has(name: string): boolean {
    return this.#remote.slots.has(name);
  }

  /** In the order in which the slots came. */
  keys(): string[] {
    return Array.from(this.#remote.slots.keys());
  }

  /**
   * Sets a slot; null and undefined remove it. Takes a copy. Throws `amf.encode` for what AMF cannot carry, and
   * `connection.closed` when the object is not open. A server that refuses tells a `reject` and a status.
   */
  set<Name extends SlotName<Slots>>(name: Name, value: Slots[Name]): void {
    this.#requireOpen();
    // Whatever a slot's type is: what AMF cannot carry is refused there.
    this.#remote.set(name, value as AmfEncodable);
    this.#sendSoon();
  }

  delete(name: SlotName<Slots>): void {
    this.#requireOpen();
    this.#remote.delete(name);
    this.#sendSoon();
  }

  /**
   * Calls a method of all who have the object open, of this one too. Throws `publish.queue` where too many calls wait for
   * a server that does not read.
   */
  send(method: string, ...args: readonly AmfEncodable[]): void {
    this.#requireOpen();
    if (this.#waitingCalls >= MAX_WAITING_CALLS) throw clientError("publish.queue", "too many calls wait to be sent");
    this.#remote.send(method, ...args);
    this.#waitingCalls++;
    this.#sendSoon();
  }

  /** Tells of what happened to slots, own changes included, as one list for each step. Returns what undoes it. */
  onChange(listener: (changes: readonly SharedObjectChange<Slots>[]) => void): () => void {
    return subscribe(this.#changeListeners, listener);
  }

  onStatus(listener: (status: SharedObjectStatus) => void): () => void {
    return subscribe(this.#statusListeners, listener);
  }

  /**
   * The same as `onChange`, from here on, for `for await`; it ends with the object. Whoever is very late gets what waits as
   * one list, with the last change of each slot.
   */
  changes(): AsyncIterableIterator<readonly SharedObjectChange<Slots>[]> {
    const feed = new ChangeFeed<Slots>(() => this.#feeds.delete(feed));
    if (this.#isOver) feed.end();
    else this.#feeds.add(feed);
    return feed;
  }

  /** Closes it, when it was closed as often as it was opened. What was set before is sent. */
  close(): void {
    if (this.#isOver || --this.#useCount > 0) return;
    this.#sendNow(true);
    this.#remote.close();
    this.#sendNow(true);
    this.#finish({ kind: "closed", description: "closed by the application" });
  }

  /** For the connection: one more who has it. Rejects when it cannot be opened. */
  async use(handlers: SharedObjectOpenOptions["handlers"] = {}): Promise<void> {
    this.#useCount++;
    for (const [name, handler] of Object.entries(handlers)) this.handlers.set(name, handler);
    try {
      await this.#opening.promise;
    } catch (error) {
      // Where the server said nothing it may still open it.
      this.close();
      throw error;
    }
  }

  /** For the connection. */
  receive(message: SharedObjectMessage): void {
    const wasOpen = this.isOpen;
    const { state, sync, calls, statuses } = this.#remote.receive(message);
    if (!wasOpen && state === "open") this.#opening.resolve();
    for (const status of statuses) this.#receiveStatus(status, wasOpen);
    if (sync.length > 0) this.#tellChanges(describeChanges<Slots>(sync, this.#remote, this.#port.registry));
    for (const call of calls) this.#run(call);
  }

  /** For the connection: everything was sent. */
  drained(): void {
    this.#sendNow();
  }

  /** For the connection: it is over. */
  disconnect(end: StreamEnd): void {
    this.#remote.disconnect();
    this.#finish(end);
  }

  #receiveStatus(status: SharedObjectStatus, wasOpen: boolean): void {
    const { code, level } = status;
    if (this.#remote.state === "closed" && !wasOpen) {
      const what = `the shared object ${JSON.stringify(this.name)}`;
      const error = new StatusError(what, { level, code, description: "", info: undefined });
      this.#opening.reject(error);
      this.#finish({ kind: "refused", description: error.message, error });
      return;
    }
    this.#port.log.debug({ object: this.name, code }, "the server refused something of a shared object");
    for (const listener of this.#statusListeners) this.#guard("onStatus", () => listener.tell(status));
  }

  #tellChanges(changes: readonly SharedObjectChange<Slots>[]): void {
    for (const listener of this.#changeListeners) this.#guard("onChange", () => listener.tell(changes));
    for (const feed of this.#feeds) feed.push(changes);
  }

  #run({ method, args }: SharedObjectCall): void {
    const handler = this.handlers.get(method);
    if (handler === undefined) return;
    this.#guard(method, async () => {
      await handler(...(args.map((value) => plainValue(value, this.#port.registry)) as never[]));
    });
  }

  /** What the application throws concerns nobody else. */
  #guard(what: string, work: () => unknown): void {
    const failed = (error: unknown): void => {
      this.#port.log.warn({ object: this.name, method: what, err: error }, "a function for a shared object failed");
    };
    try {
      const result = work();
      if (result instanceof Promise) result.catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  #sendSoon(): void {
    if (this.#isSendingSoon) return;
    this.#isSendingSoon = true;
    queueMicrotask(() => {
      this.#isSendingSoon = false;
      this.#sendNow();
    });
  }

  /** Unless the server is behind: then it waits here, and is merged. */
  #sendNow(isLast = false): void {
    if (this.#isOver || !this.#remote.hasOutgoing) return;
    if (!isLast && this.#port.queuedBytes > MAX_QUEUED_BYTES) return;
    this.#waitingCalls = 0;
    for (const message of this.#remote.takeOutgoing()) this.#port.send(message);
  }

  #finish(end: StreamEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#opening.reject(end.error ?? clientError("connection.closed", end.description));
    for (const feed of this.#feeds) feed.end();
    this.#feeds.clear();
    this.#changeListeners.clear();
    this.#statusListeners.clear();
    this.#port.closed(this as unknown as ClientSharedObject<never>);
    this.#end(end);
  }

  #requireOpen(): void {
    if (!this.isOpen)
      throw clientError("connection.closed", `the shared object ${JSON.stringify(this.name)} is not open`);
  }
}

/** The same function may be given several times. */
function subscribe<Listener>(listeners: Set<{ readonly tell: Listener }>, tell: Listener): () => void {
  const entry = { tell };
  listeners.add(entry);
  return () => listeners.delete(entry);
}
