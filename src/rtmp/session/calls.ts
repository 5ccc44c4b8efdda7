import type { AmfEncodable } from "../../formats/amf/amf-value.ts";
import type { Command } from "../message/command.ts";
import type { CallEndedEvent, CallEvent } from "./call-events.ts";
import type { ReplyQueue } from "./reply-queue.ts";
import { createStatus, decodeStatus, type StatusObject } from "./status.ts";
import { Transactions } from "./transactions.ts";

/** Calls in both directions of one connection, matched with their answers by transaction id alone. RTMP 1.0 section 7.2.1.2. */
export class Calls {
  readonly #replies: ReplyQueue;
  /** Calls of ours: their names. */
  readonly #outgoing: Transactions<string>;
  /** Calls of the peer: the stream that each came on. */
  readonly #incoming: Transactions<number>;

  constructor(replies: ReplyQueue, maxPendingCalls: number) {
    this.#replies = replies;
    this.#outgoing = new Transactions(maxPendingCalls);
    this.#incoming = new Transactions(maxPendingCalls);
  }

  /** `session.call-limit` when too many wait, `amf.encode` for arguments that AMF cannot carry. */
  call(name: string, args: readonly AmfEncodable[], commandObject: AmfEncodable = null): number {
    const transactionId = this.#outgoing.open(name);
    try {
      this.#replies.command(0, { name, transactionId, commandObject, args });
    } catch (error) {
      // Nothing was sent, so nothing is waited for.
      this.#outgoing.close(transactionId);
      throw error;
    }
    return transactionId;
  }

  /** Nobody waits for this answer any more; it is ignored if it comes. False if it came. */
  forget(transactionId: number): boolean {
    return this.#outgoing.close(transactionId) !== undefined;
  }

  /** Has an id as a call has, but nobody waits for the answer: many servers give none to the calls of old encoders. */
  callUnanswered(name: string, args: readonly AmfEncodable[], streamId = 0): number {
    const transactionId = this.#outgoing.skip();
    this.#replies.command(streamId, { name, transactionId, args });
    return transactionId;
  }

  notify(name: string, args: readonly AmfEncodable[]): void {
    this.#replies.command(0, { name, args });
  }

  /** A method that only the driver can know. Undefined if its arguments cannot be read, and it has a name: the peer was told so. */
  receiveCall({ name, transactionId, args, unreadable }: Command, streamId: number): CallEvent | undefined {
    // An id that waits for its answer already cannot be answered twice.
    const isWaiting = transactionId > 0 && this.#incoming.adopt(transactionId, streamId);
    const id = isWaiting ? transactionId : 0;
    const call: CallEvent = { kind: "call", name, transactionId: id, streamId, args };
    if (unreadable === undefined) return call;
    if (name === "") return { ...call, unreadable };
    this.reject(id, createStatus("NetConnection.Call.Failed", `Arguments of ${name}: ${unreadable}.`));
    return undefined;
  }

  /** Undefined for the answer to a call that does not wait. */
  receiveAnswer({ name: answer, transactionId, args }: Command): CallEndedEvent | undefined {
    const name = this.#outgoing.close(transactionId);
    const value = args[0];
    if (name === undefined) return undefined;
    if (answer === "_result") return { kind: "result", transactionId, name, value };
    return { kind: "error", transactionId, name, value, status: decodeStatus(value) };
  }

  /** `amf.encode` for a value that AMF cannot carry: the peer was told that the call failed. So with all three answers. */
  resolve(transactionId: number, value?: AmfEncodable): boolean {
    return this.#answer("_result", transactionId, value);
  }

  /** Without a status: the method is unknown. */
  reject(transactionId: number, status?: StatusObject): boolean {
    const unknown = createStatus("NetConnection.Call.Failed", "Method not found.");
    return this.#answer("_error", transactionId, status ?? unknown);
  }

  /** With a value that is no status. */
  rejectWith(transactionId: number, value: AmfEncodable): boolean {
    return this.#answer("_error", transactionId, value);
  }

  /** Ends all calls of ours that wait, for a connection that has closed: their ids and names. */
  abandon(): readonly { readonly transactionId: number; readonly name: string }[] {
    return this.#outgoing.closeAll().map(([transactionId, name]) => ({ transactionId, name }));
  }

  #answer(name: "_result" | "_error", transactionId: number, value: AmfEncodable): boolean {
    const streamId = this.#incoming.close(transactionId);
    if (streamId === undefined) return false;
    try {
      this.#replies.command(streamId, { name, transactionId, args: [value] });
    } catch (error) {
      const failed = createStatus("NetConnection.Call.Failed", "The answer cannot be sent.");
      this.#replies.error(streamId, transactionId, failed);
      throw error;
    }
    return true;
  }
}
