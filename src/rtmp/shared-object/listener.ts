import type { Message } from "../message/message.ts";
import { OutgoingBatch } from "./outgoing-batch.ts";
import type { OutgoingEvent } from "./outgoing-event.ts";
import type { SharedObjectLimits } from "./shared-object-limits.ts";

/** Why a listener is to get the whole object: it opened it, or it was too slow for the single changes. */
export type StateReason = "use" | "refresh";

/** Makes what several listeners may need, once for all of them. */
export type ListenerSource = {
  readonly revision: number;
  /** About the length of the whole object. */
  readonly stateBytes: number;
  /** The whole object as it is now. */
  stateBatch(reason: StateReason): OutgoingBatch;
  /** One batch of several, which are at least one. */
  merge(batches: readonly OutgoingBatch[]): OutgoingBatch;
};

export type SharedObjectListenerOptions = {
  readonly source: ListenerSource;
  /** As agreed at `connect`: decides between messages of types 19 and 16. */
  readonly objectEncoding: 0 | 3;
  readonly limits: Pick<SharedObjectLimits, "maxBacklogBytes" | "maxBacklogEvents">;
  /** Called when there is something to take, where there was nothing, and when the listener is overrun. */
  readonly onReady: () => void;
};

/** One connection's use of one object: what it may do, and what waits to be sent to it. */
export class SharedObjectListener {
  /** Whether it may set and remove slots. May be changed at any time. */
  canWrite = true;
  /** Whether it may send calls to all. May be changed at any time. */
  canSend = true;
  readonly objectEncoding: 0 | 3;
  readonly #source: ListenerSource;
  readonly #limits: SharedObjectListenerOptions["limits"];
  readonly #onReady: () => void;
  #pending: OutgoingBatch[] = [];
  #pendingBytes = 0;
  #pendingEvents = 0;
  #wantedState: StateReason | undefined;
  #isOverrun = false;
  #isDone = false;
  /** Whether it got anything: before that, no answer can cross with a request. */
  #hasTaken = false;
  /** Requests that were made before the listener had seen this revision may have crossed with an answer to it. */
  #answeredAt = 0;

  constructor({ source, objectEncoding, limits, onReady }: SharedObjectListenerOptions) {
    this.#source = source;
    this.objectEncoding = objectEncoding;
    this.#limits = limits;
    this.#onReady = onReady;
  }

  get hasOutgoing(): boolean {
    return this.#wantedState !== undefined || this.#pending.length > 0;
  }

  /** About how many bytes wait. */
  get outgoingBytes(): number {
    return this.#pendingBytes + (this.#wantedState === undefined ? 0 : this.#source.stateBytes);
  }

  /** Set when it took nothing for so long that calls to it had to be dropped: its connection is to be closed. */
  get isOverrun(): boolean {
    return this.#isOverrun;
  }

  /** Whether an answer may have overwritten, in the client, what it had asked for when it had seen `seenRevision`. */
  mayHaveCrossed(seenRevision: number): boolean {
    return seenRevision < this.#answeredAt;
  }

  /** To be told of each answer that says values: those that the listener sent meanwhile are confirmed with their values. */
  noteAnswer(revision: number): void {
    this.#answeredAt = Math.max(this.#answeredAt, revision);
  }

  /** The whole object, as it is when it is taken, instead of changes that wait. */
  enqueueState(reason: StateReason): void {
    if (this.#isDone) return;
    const wasReady = this.hasOutgoing;
    this.#wantedState = reason === "use" || this.#hasUseSuccess() ? "use" : (this.#wantedState ?? reason);
    this.#replacePending(this.#pending.flatMap(withoutState));
    if (!wasReady) this.#onReady();
  }

  enqueue(batch: OutgoingBatch): void {
    if (this.#isDone) return;
    const added = this.#wantedState === undefined ? [batch] : withoutState(batch);
    const wasReady = this.hasOutgoing;
    for (const one of added) this.#push(one);
    if (this.#isOverLimit()) this.#shrink();
    if (!wasReady && this.hasOutgoing) this.#onReady();
  }

  /** Messages to send, in order. Batches that waited are one message, without changes that later ones replace. */
  takeOutgoing(): Message[] {
    if (!this.hasOutgoing) return [];
    const batches = this.#pending.length === 0 ? [] : [this.#source.merge(this.#pending)];
    if (this.#wantedState !== undefined) batches.unshift(this.#takeState(this.#wantedState));
    this.#wantedState = undefined;
    this.#hasTaken = true;
    this.#replacePending([]);
    return batches.map((batch) => batch.message(this.objectEncoding));
  }

  /** Drops what waits, and takes nothing more. */
  discard(): void {
    this.#isDone = true;
    this.#wantedState = undefined;
    this.#replacePending([]);
  }

  #takeState(reason: StateReason): OutgoingBatch {
    const { revision } = this.#source;
    // It may have the version of the message before it, so requests with that version may have crossed with it.
    this.noteAnswer(this.#hasTaken ? revision + 1 : revision);
    return this.#source.stateBatch(reason);
  }

  #shrink(): void {
    this.#replacePending([this.#source.merge(this.#pending)]);
    // Merging for each new event would cost too much, so it must have gained something.
    if (this.#isOverLimit(0.5)) this.enqueueState("refresh");
    if (!this.#isOverLimit()) return;
    this.discard();
    this.#isOverrun = true;
    this.#onReady();
  }

  #isOverLimit(share = 1): boolean {
    const { maxBacklogBytes, maxBacklogEvents } = this.#limits;
    return this.#pendingBytes > maxBacklogBytes * share || this.#pendingEvents > maxBacklogEvents * share;
  }

  #hasUseSuccess(): boolean {
    return this.#pending.some(({ events }) => events.some(({ event }) => event.kind === "use-success"));
  }

  #replacePending(batches: readonly OutgoingBatch[]): void {
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#pendingEvents = 0;
    for (const batch of batches) this.#push(batch);
  }

  #push(batch: OutgoingBatch): void {
    this.#pending.push(batch);
    this.#pendingBytes += batch.byteLength;
    this.#pendingEvents += batch.events.length;
  }
}

/** What is left of a batch where the whole object is sent anyway: calls and refusals. */
function withoutState({ identity, revision, events }: OutgoingBatch): OutgoingBatch[] {
  const kept = events.filter(isNotState);
  return kept.length === 0 ? [] : [new OutgoingBatch(identity, revision, kept)];
}

function isNotState({ event }: OutgoingEvent): boolean {
  return event.kind === "send" || event.kind === "status";
}
