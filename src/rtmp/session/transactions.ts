import { ProtocolError } from "../../errors.ts";

/** Calls that wait for their answer, by transaction id; each with what its caller wants to remember. */
export class Transactions<Context> {
  /** Made for the first call: most connections never have one. */
  #pending: Map<number, Context> | undefined;
  readonly #maxPendingCalls: number;
  #nextId = 1;

  constructor(maxPendingCalls: number) {
    this.#maxPendingCalls = maxPendingCalls;
  }

  get size(): number {
    return this.#pending?.size ?? 0;
  }

  /** The id for a new call: 1 for the first. `session.call-limit` when too many wait. */
  open(context: Context): number {
    this.#checkLimit();
    const id = this.#nextId++;
    this.#remember(id, context);
    return id;
  }

  /** An id for a call whose answer is of no interest. */
  skip(): number {
    return this.#nextId++;
  }

  /** Remembers a call under the id that its caller chose. False if a call with that id waits already. */
  adopt(id: number, context: Context): boolean {
    if (this.#pending?.has(id)) return false;
    this.#checkLimit();
    this.#remember(id, context);
    return true;
  }

  /** Ends a call: what was remembered, or undefined if no such call waits. */
  close(id: number): Context | undefined {
    const context = this.#pending?.get(id);
    this.#pending?.delete(id);
    return context;
  }

  /** Ends all calls, the oldest first: their ids, and what was remembered. */
  closeAll(): readonly (readonly [number, Context])[] {
    const calls = [...(this.#pending ?? [])];
    this.#pending = undefined;
    return calls;
  }

  #remember(id: number, context: Context): void {
    this.#pending ??= new Map();
    this.#pending.set(id, context);
  }

  #checkLimit(): void {
    if (this.size < this.#maxPendingCalls) return;
    throw new ProtocolError("session.call-limit", `${this.size} calls wait for an answer`);
  }
}
