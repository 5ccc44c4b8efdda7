import { equalBytes } from "../../bytes/concat.ts";
import type { AmfEncodeOptions } from "../../formats/amf/amf-output.ts";
import type { AmfEncodable, AmfValue } from "../../formats/amf/amf-value.ts";
import type { ExternalizableRegistry } from "../../formats/amf/externalizable.ts";
import { encodeSharedValue, type SharedObjectHeader } from "../message/encode-shared-object.ts";
import type { Message } from "../message/message.ts";
import type { SharedObjectEvent, SharedObjectMessage } from "../message/shared-object.ts";
import type { SharedObjectCall, SyncEntry } from "./client-request.ts";
import { checkObjectName, checkRequest, encodeRequests } from "./request-messages.ts";
import { copyValue } from "./slot-change.ts";
import { UnsentRequests } from "./unsent-requests.ts";

export type RemoteSharedObjectOptions = {
  /** @default false */
  readonly isPersistent?: boolean;
  /** As agreed at `connect`. @default 0 */
  readonly objectEncoding?: 0 | 3;
  /** Which externalizable classes and classes of the application can be written. @default those of Flex */
  readonly registry?: ExternalizableRegistry;
  /** Events that go into one message; more are several. @default 1000 */
  readonly maxEventsPerMessage?: number;
};

/** `opening` from `open` to the server's answer; only an open object takes changes and calls. */
export type RemoteSharedObjectState = "closed" | "opening" | "open";

/** What one message of the server did. */
export type RemoteSharedObjectUpdate = {
  /** Set by the answer to `open`, and by a refusal of it. */
  readonly state: RemoteSharedObjectState;
  /** One list for the message, in its order. */
  readonly sync: readonly SyncEntry[];
  /** To be called after the changes are there. A method that nobody has is no error of the peer. */
  readonly calls: readonly SharedObjectCall[];
  readonly statuses: readonly { readonly code: string; readonly level: string }[];
};

/** What a message says of own changes. */
type Answer = { readonly taken: ReadonlySet<string>; readonly mayRefuse: boolean };

type SentChange = {
  readonly value: AmfValue;
  /** Set when the server said another value since. */
  isRejected: boolean;
};

/** Answers may be missing from servers that refuse without one: no more than this wait for each slot. */
const MAX_SENT_CHANGES = 64;

/**
 * The client's copy of a shared object. Own changes show at once; the server's word replaces them. Knows no connection and no
 * clock: the driver hands messages in, and asks for what is to be sent when it wants to.
 */
export class RemoteSharedObject {
  readonly name: string;
  readonly isPersistent: boolean;
  readonly #encoding: AmfEncodeOptions;
  readonly #registry: ExternalizableRegistry | undefined;
  readonly #maxEventsPerMessage: number;
  readonly #slots = new Map<string, AmfValue>();
  #state: RemoteSharedObjectState = "closed";
  #version = 0;
  /** Use and Release. */
  #control: SharedObjectEvent[] = [];
  readonly #unsent = new UnsentRequests();
  /** Own changes without an answer yet, the oldest first. */
  readonly #sent = new Map<string, SentChange[]>();
  /** Slots whose removal was sent, and is not told yet. */
  readonly #removing = new Set<string>();
  /** Slots of which the server's value may be another one than ours. */
  readonly #unconfirmed = new Set<string>();

  /** `amf.encode` for a name of more than 65535 bytes. */
  constructor(name: string, options: RemoteSharedObjectOptions = {}) {
    checkObjectName(name);
    this.name = name;
    this.isPersistent = options.isPersistent ?? false;
    this.#registry = options.registry;
    this.#encoding = { objectEncoding: options.objectEncoding ?? 0, ...registryOption(this.#registry) };
    this.#maxEventsPerMessage = options.maxEventsPerMessage ?? 1000;
  }

  get state(): RemoteSharedObjectState {
    return this.#state;
  }

  /** Of the last message of the server; 0 before the first. */
  get version(): number {
    return this.#version;
  }

  /** The values are the object's own: do not change them, set others. */
  get slots(): ReadonlyMap<string, AmfValue> {
    return this.#slots;
  }

  get(key: string): AmfValue {
    return this.#slots.get(key);
  }

  get hasOutgoing(): boolean {
    return this.#control.length > 0 || !this.#unsent.isEmpty;
  }

  /** Asks the server for the object: for differences only, if it is persistent and a whole copy is there. */
  open(): void {
    if (this.#state !== "closed") return;
    this.#forgetRequests();
    this.#state = "opening";
    this.#control.push({ kind: "use" });
  }

  /** The copy stays readable. What was not taken is not sent. */
  close(): void {
    if (this.#state === "closed") return;
    this.disconnect();
    this.#control.push({ kind: "release" });
  }

  /** The connection is gone. The copy stays readable, and `open` brings it up to date. */
  disconnect(): void {
    // What was asked for and not answered may have been taken or not: the whole object will tell.
    if (this.#unconfirmed.size > 0) this.#version = 0;
    this.#state = "closed";
    this.#forgetRequests();
  }

  /**
   * Sets a slot here at once, and at the server when the driver sends it. Takes a copy; null and undefined remove the slot.
   * Throws `amf.encode` for what AMF cannot carry, for names of more than 65535 bytes, and for what no message is long
   * enough for, 16 MiB; an Error unless the object is open. Servers have lower limits, and may close the connection beyond them: millrace's are 255 bytes and 64 KiB.
   */
  set(key: string, value: AmfEncodable): void {
    if (value === null || value === undefined) {
      this.delete(key);
      return;
    }
    const copy = copyValue(value, this.#registry);
    this.#request(key, { kind: "request-change", key, value: copy });
    this.#slots.set(key, copy);
  }

  /** Removes a slot here at once, and at the server when the driver sends it. An Error unless the object is open. */
  delete(key: string): void {
    this.#request(key, { kind: "request-remove", key });
    this.#slots.delete(key);
  }

  /**
   * Calls a method of all clients that have the object open, of this one too. `amf.encode` as for `set`; an Error unless the
   * object is open.
   */
  send(method: string, ...args: readonly AmfEncodable[]): void {
    this.#requireOpen();
    const event = { kind: "send", method, args: args.map((value) => copyValue(value, this.#registry)) } as const;
    checkRequest(event, this.#encoding);
    this.#unsent.call(event);
  }

  /** Messages to send: all that was asked for since the last call, one change for each slot between calls. */
  takeOutgoing(): Message[] {
    const unsent = this.#unsent.take();
    const events = [...this.#control, ...unsent];
    this.#control = [];
    for (const event of unsent) {
      if (event.kind === "request-change") this.#noteSent(event.key, event.value);
      else if (event.kind === "request-remove") this.#removing.add(event.key);
    }
    const { name, isPersistent } = this;
    const headerOf = ({ kind }: SharedObjectEvent): SharedObjectHeader => {
      return { name, isPersistent, version: kind === "use" && !isPersistent ? 0 : this.#version };
    };
    return encodeRequests(events, headerOf, this.#maxEventsPerMessage, this.#encoding);
  }

  /** Applies a message of the server as one unit. What comes before the object is open, but a refusal, changes nothing. */
  receive(message: SharedObjectMessage): RemoteSharedObjectUpdate {
    const sync: SyncEntry[] = [];
    const calls: SharedObjectCall[] = [];
    const statuses: { code: string; level: string }[] = [];
    const answer = this.#answerIn(message);
    for (const event of message.events) {
      if (event.kind === "use-success" && this.#state === "opening") this.#state = "open";
      if (event.kind === "status" && this.#state !== "closed") statuses.push(this.#applyStatus(event));
      else if (this.#state !== "open") continue;
      else if (event.kind === "send") calls.push({ method: event.method, args: event.args });
      else this.#apply(event, answer, sync);
      if (event.kind !== "status") this.#version = message.version;
    }
    // Changes that are refused have no answer of their own, but the value that counts may follow in the same message.
    if (statuses.length > 0) this.#sent.clear();
    return { state: this.#state, sync, calls, statuses };
  }

  /** Others' changes come with a new version, and without a Success. */
  #answerIn({ version, events }: SharedObjectMessage): Answer {
    const keys = events.flatMap((event) => (event.kind === "success" ? [event.key] : []));
    return { taken: new Set(keys), mayRefuse: keys.length > 0 || version === this.#version };
  }

  #apply(event: SharedObjectEvent, answer: Answer, sync: SyncEntry[]): void {
    switch (event.kind) {
      case "clear":
        this.#clear(sync);
        break;
      case "change":
        for (const [key, value] of event.slots) this.#applyChange(key, value, answer, sync);
        break;
      case "remove":
        this.#applyRemoval(event.key, answer, sync);
        break;
      case "success":
        this.#applySuccess(event.key, sync);
        break;
      default:
    }
  }

  #applyChange(key: string, value: AmfValue, answer: Answer, sync: SyncEntry[]): void {
    const isTaken = answer.taken.has(key);
    // The server may tell the value of a change that it took, where others crossed it: older than what we have not sent yet.
    if (isTaken && this.#unsent.has(key)) return;
    const oldValue = this.#slots.get(key);
    const isKnown = isTaken && this.#slots.has(key) && this.#isSame(oldValue, value);
    if (!isKnown) sync.push({ code: this.#isPending(key) ? "reject" : "change", name: key, oldValue });
    this.#overrule(key, answer);
    this.#slots.set(key, value);
  }

  #applyRemoval(key: string, answer: Answer, sync: SyncEntry[]): void {
    sync.push({ code: "delete", name: key, oldValue: this.#slots.get(key) });
    this.#overrule(key, answer);
    this.#slots.delete(key);
  }

  #applySuccess(key: string, sync: SyncEntry[]): void {
    const taken = this.#takeSent(key);
    const oldValue = this.#slots.get(key);
    // Others' values came in between, but the server took ours after all, and Red5 does not say so: docs/interop.md.
    if (taken?.isRejected === true && !this.#isPending(key)) this.#slots.set(key, taken.value);
    // The Success is of what was set before a removal that is still under way.
    if (!this.#isPending(key) && !this.#removing.has(key)) this.#unconfirmed.delete(key);
    sync.push({ code: "success", name: key, oldValue });
  }

  #applyStatus({ code, level }: SharedObjectEvent & { readonly kind: "status" }): { code: string; level: string } {
    // What was asked for before may be refused only now; a Use is not refused like this.
    if (this.#state === "opening" && code !== "SharedObject.NoWriteAccess") this.#state = "closed";
    return { code, level };
  }

  #clear(sync: SyncEntry[]): void {
    sync.push({ code: "clear", name: "", oldValue: undefined });
    for (const key of Array.from(this.#unconfirmed)) this.#overrule(key);
    this.#slots.clear();
  }

  /** Whether there is an own change that the server has neither answered nor overruled. */
  #isPending(key: string): boolean {
    return this.#unsent.has(key) || this.#sent.get(key)?.at(-1)?.isRejected === false;
  }

  /** The server's word counts: own changes are rejected, and those not sent yet are not sent. */
  #overrule(key: string, answer?: Answer): void {
    this.#unsent.withdraw(key);
    // A refusal is the answer to the oldest change of ours.
    if (answer?.mayRefuse === true && !answer.taken.has(key)) this.#takeSent(key);
    for (const change of this.#sent.get(key) ?? []) change.isRejected = true;
    this.#removing.delete(key);
    this.#unconfirmed.delete(key);
  }

  #request(key: string, event: SharedObjectEvent): void {
    this.#requireOpen();
    checkRequest(event, this.#encoding);
    this.#unsent.request(key, event);
    this.#unconfirmed.add(key);
  }

  #noteSent(key: string, value: AmfValue): void {
    const sent = this.#sent.get(key) ?? [];
    sent.push({ value, isRejected: false });
    if (sent.length > MAX_SENT_CHANGES) sent.shift();
    this.#sent.set(key, sent);
  }

  /** The oldest own change, which is answered now. */
  #takeSent(key: string): SentChange | undefined {
    const sent = this.#sent.get(key);
    const oldest = sent?.shift();
    if (sent?.length === 0) this.#sent.delete(key);
    return oldest;
  }

  #isSame(left: AmfValue, right: AmfValue): boolean {
    const options = { objectEncoding: 3, ...registryOption(this.#registry) } as const;
    return equalBytes(encodeSharedValue(left, options), encodeSharedValue(right, options));
  }

  #forgetRequests(): void {
    this.#control = [];
    this.#unsent.take();
    this.#sent.clear();
    this.#removing.clear();
    this.#unconfirmed.clear();
  }

  #requireOpen(): void {
    if (this.#state !== "open") throw new Error(`the shared object ${JSON.stringify(this.name)} is not open`);
  }
}

function registryOption(registry: ExternalizableRegistry | undefined): { registry?: ExternalizableRegistry } {
  return registry === undefined ? {} : { registry };
}
