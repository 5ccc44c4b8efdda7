import { joinSharedObject } from "../message/encode-shared-object.ts";
import type { Message } from "../message/message.ts";
import { coalesceEvents, type OutgoingEvent } from "./outgoing-event.ts";

/** Which object a message is about. */
export type SharedObjectIdentity = { readonly name: string; readonly isPersistent: boolean };

/** Events that go out as one message. Listeners that get the same share it, and its bytes. */
export class OutgoingBatch {
  readonly identity: SharedObjectIdentity;
  /** The object's revision after it; its low 32 bits are the version. */
  readonly revision: number;
  readonly events: readonly OutgoingEvent[];
  readonly byteLength: number;
  #amf0: Message | undefined;
  #amf3: Message | undefined;

  constructor(identity: SharedObjectIdentity, revision: number, events: readonly OutgoingEvent[]) {
    this.identity = identity;
    this.revision = revision;
    this.events = events;
    this.byteLength = events.reduce((sum, event) => sum + event.byteLength, 0);
  }

  /** The payload is shared by all listeners: do not change it. */
  message(objectEncoding: 0 | 3): Message {
    if (objectEncoding === 3) {
      this.#amf3 ??= this.#join(3);
      return this.#amf3;
    }
    this.#amf0 ??= this.#join(0);
    return this.#amf0;
  }

  #join(objectEncoding: 0 | 3): Message {
    const { name, isPersistent } = this.identity;
    const events = this.events.map((event) => event.bytes(objectEncoding));
    return joinSharedObject({ name, version: versionOf(this.revision), isPersistent }, events, objectEncoding);
  }
}

/** Makes one batch of several, without the changes that later ones replace. Remembers the last, which others may need too. */
export class BatchMerger {
  #batches: readonly OutgoingBatch[] = [];
  #merged: OutgoingBatch | undefined;

  /** `revision` is that of the object: calls that waited behind its whole state must not tell an older one. */
  merge(batches: readonly OutgoingBatch[], identity: SharedObjectIdentity, revision: number): OutgoingBatch {
    const [only] = batches;
    if (batches.length === 1 && only?.revision === revision) return only;
    if (this.#merged?.revision !== revision || !isSame(this.#batches, batches)) {
      this.#batches = batches.slice();
      this.#merged = new OutgoingBatch(identity, revision, coalesceEvents(batches.flatMap(({ events }) => events)));
    }
    return this.#merged;
  }

  forget(): void {
    this.#batches = [];
    this.#merged = undefined;
  }
}

function isSame(left: readonly OutgoingBatch[], right: readonly OutgoingBatch[]): boolean {
  return left.length === right.length && left.every((batch, index) => batch === right[index]);
}

/** A revision counts without end; on the wire stand its low 32 bits. */
export function versionOf(revision: number): number {
  return revision % 2 ** 32;
}

/** The revision that a peer means, seen from the newest one: never a later one. */
export function revisionOf(version: number, newest: number): number {
  return newest - ((versionOf(newest) - version) >>> 0);
}
