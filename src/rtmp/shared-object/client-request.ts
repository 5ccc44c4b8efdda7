import type { AmfValue } from "../../formats/amf/amf-value.ts";
import type { SharedObjectEvent } from "../message/shared-object.ts";
import type { SharedObjectListener } from "./listener.ts";
import type { ObjectState } from "./object-state.ts";
import { revisionOf } from "./outgoing-batch.ts";
import { OutgoingEvent } from "./outgoing-event.ts";
import { createBounded, createSlotChange, type SharedObjectRefusal } from "./slot-change.ts";

/**
 * What becomes of a change that was asked for before the client knew of another one to the same slot: it is taken all
 * the same, or refused.
 */
export type ConflictMode = "last-writer" | "compare-and-set";

/** One entry of a sync list: what happened to a slot. `clear` is about all of them, and has no name. */
export type SyncEntry = {
  readonly code: "change" | "success" | "reject" | "delete" | "clear";
  readonly name: string;
  /** What the slot held before; undefined if there was none. */
  readonly oldValue: AmfValue;
};

/** A method with its arguments, for whoever has such a method. */
export type SharedObjectCall = { readonly method: string; readonly args: readonly AmfValue[] };

/** What a client's message did. The messages to the listeners wait with them, or are made when the lock ends. */
export type SharedObjectOutcome = {
  /** What changed, for the server's own sync handler: in the order of the message. */
  readonly changes: readonly SyncEntry[];
  /** Calls that go to all listeners, for the server's own handlers. */
  readonly sends: readonly SharedObjectCall[];
  readonly refusals: readonly { readonly reason: SharedObjectRefusal; readonly key: string | undefined }[];
  /** Events that mean nothing from a client, passed over. */
  readonly unknownEvents: number;
  readonly toRequester: readonly OutgoingEvent[];
  readonly toOthers: readonly OutgoingEvent[];
};

export type ClientRequestOptions = {
  readonly state: ObjectState;
  readonly conflict: ConflictMode;
  readonly listener: SharedObjectListener;
  /** What the client had seen of the object when it asked. */
  readonly version: number;
  /** Whether the connection may send a call of this length now. */
  readonly takeSend: (byteLength: number) => boolean;
};

const NO_WRITE_ACCESS: OutgoingEvent = new OutgoingEvent({
  kind: "status",
  code: "SharedObject.NoWriteAccess",
  level: "error",
});

/** One message of one listener while it is applied to the object. */
export class ClientRequest {
  readonly #state: ObjectState;
  readonly #conflict: ConflictMode;
  readonly #listener: SharedObjectListener;
  readonly #seenRevision: number;
  readonly #takeSend: (byteLength: number) => boolean;
  readonly #changes: SyncEntry[] = [];
  readonly #sends: SharedObjectCall[] = [];
  readonly #refusals: SharedObjectOutcome["refusals"][number][] = [];
  readonly #toRequester: OutgoingEvent[] = [];
  readonly #toOthers: OutgoingEvent[] = [];
  #unknownEvents = 0;

  constructor({ state, conflict, listener, version, takeSend }: ClientRequestOptions) {
    this.#state = state;
    this.#conflict = conflict;
    this.#listener = listener;
    this.#seenRevision = revisionOf(version, state.revision);
    this.#takeSend = takeSend;
  }

  apply(event: SharedObjectEvent): void {
    switch (event.kind) {
      case "request-change":
        // ActionScript 1 and 2 remove a slot by setting it to null: docs/interop.md.
        if (event.value === null || event.value === undefined) this.#applyRemoval(event.key);
        else this.#applyChange(event.key, event.value);
        break;
      case "request-remove":
        this.#applyRemoval(event.key);
        break;
      case "send":
        this.#applySend(event);
        break;
      default:
        this.#unknownEvents++;
    }
  }

  finish(): SharedObjectOutcome {
    const isRefused = this.#refusals.some(({ reason }) => reason !== "conflict");
    return {
      changes: this.#changes,
      sends: this.#sends,
      refusals: this.#refusals,
      unknownEvents: this.#unknownEvents,
      toRequester: isRefused ? [NO_WRITE_ACCESS, ...this.#toRequester] : this.#toRequester,
      toOthers: this.#toOthers,
    };
  }

  #applyChange(key: string, value: AmfValue): void {
    const { limits, amf } = this.#state;
    const change = this.#listener.canWrite ? createSlotChange(key, value, limits, amf) : "not-allowed";
    const refusal = typeof change === "string" ? change : this.#refusalOf(key, change);
    if (typeof change === "string" || refusal !== undefined) {
      this.#refuse(key, refusal);
      return;
    }
    // What is on the way to the client may tell it another value than that which is taken now, and a Success names none:
    // docs/interop.md.
    const mustTell = this.#hasCrossed(key) || this.#listener.mayHaveCrossed(this.#seenRevision);
    if (!this.#state.isSame(key, change)) {
      this.#changes.push({ code: "change", name: key, oldValue: this.#state.valueOf(key) });
      this.#toOthers.push(this.#state.set(key, change, this.#listener));
    }
    this.#toRequester.push(new OutgoingEvent({ kind: "success", key }));
    if (mustTell) this.#tellCurrent(key);
  }

  #refusalOf(key: string, change: OutgoingEvent): SharedObjectRefusal | undefined {
    if (this.#state.isSame(key, change)) return undefined;
    return this.#isConflict(key) ? "conflict" : this.#state.refusalOf(key, change);
  }

  #applyRemoval(key: string): void {
    const isThere = this.#state.has(key);
    if (!this.#listener.canWrite) {
      this.#refuse(key, "not-allowed");
    } else if (isThere && this.#isConflict(key)) {
      this.#refuse(key, "conflict");
    } else {
      if (isThere) {
        this.#changes.push({ code: "delete", name: key, oldValue: this.#state.valueOf(key) });
        this.#toOthers.push(this.#state.remove(key, this.#listener));
      }
      this.#tellCurrent(key);
    }
  }

  #applySend(event: SharedObjectEvent & { readonly kind: "send" }): void {
    const { limits, amf } = this.#state;
    const outgoing = this.#listener.canSend ? createBounded(event, limits.maxValueBytes, amf) : undefined;
    if (!this.#listener.canSend) this.#refusals.push({ reason: "not-allowed", key: undefined });
    else if (outgoing === undefined) this.#refusals.push({ reason: "value-too-large", key: undefined });
    else if (!this.#takeSend(outgoing.byteLength)) this.#refusals.push({ reason: "send-rate", key: undefined });
    else {
      this.#sends.push({ method: event.method, args: event.args });
      this.#toRequester.push(outgoing);
      this.#toOthers.push(outgoing);
    }
  }

  /** Without the value that counts, the client's copy would be another one from here on. */
  #refuse(key: string, reason: SharedObjectRefusal = "not-allowed"): void {
    this.#refusals.push({ reason, key });
    this.#tellCurrent(key);
  }

  #tellCurrent(key: string): void {
    this.#toRequester.push(this.#state.tell(key));
    this.#listener.noteAnswer(this.#state.nextRevision);
  }

  #isConflict(key: string): boolean {
    return this.#conflict === "compare-and-set" && this.#hasCrossed(key);
  }

  /** Whether somebody else changed the slot after what the client had seen. */
  #hasCrossed(key: string): boolean {
    const { revision, writer } = this.#state.slots.touchOf(key);
    return revision > this.#seenRevision && writer !== this.#listener;
  }
}
