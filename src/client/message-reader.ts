import type { MediaMessage } from "../formats/flv/media-message.ts";
import { copyOf, MessageQueue } from "./message-queue.ts";

export type NextMessage = IteratorResult<MediaMessage, undefined>;
export const NO_MESSAGE: NextMessage = { done: true, value: undefined };

/** One reader of messages: by promises, each message with a payload of its own, or by a function, without copies. */
export class MessageReader {
  readonly #maxWaitingBytes: number;
  readonly #hold: (isHeld: boolean) => void;
  readonly #queue = new MessageQueue();
  #take: ((message: MediaMessage) => void) | undefined;
  /** Who waits for the next message. */
  #waiting: PromiseWithResolvers<NextMessage> | undefined;
  #end: { readonly error: Error | undefined } | undefined;
  #isHolding = false;

  /** `hold` is called with true while more than `maxWaitingBytes` wait to be taken, and then with false. */
  constructor(maxWaitingBytes: number, hold: (isHeld: boolean) => void) {
    this.#maxWaitingBytes = maxWaitingBytes;
    this.#hold = hold;
  }

  get waitingBytes(): number {
    return this.#queue.heldBytes;
  }

  push(message: MediaMessage): void {
    if (this.#take !== undefined) return this.#take(message);
    const waiting = this.#waiting;
    if (waiting !== undefined) {
      this.#waiting = undefined;
      return waiting.resolve({ done: false, value: copyOf(message) });
    }
    this.#queue.push(message);
    if (this.#queue.heldBytes > this.#maxWaitingBytes) this.#setHolding(true);
  }

  next(): Promise<NextMessage> {
    this.#checkUnread();
    const message = this.#queue.shift();
    this.#release();
    if (message !== undefined) return Promise.resolve({ done: false, value: message });
    if (this.#end?.error !== undefined) return Promise.reject(this.#end.error);
    if (this.#end !== undefined) return Promise.resolve(NO_MESSAGE);
    this.#waiting = Promise.withResolvers<NextMessage>();
    return this.#waiting.promise;
  }

  /** First what has been waiting. Returns a function that undoes it. */
  onMessage(take: (message: MediaMessage) => void): () => void {
    this.#checkUnread();
    this.#take = take;
    try {
      for (let message = this.#queue.shift(); message !== undefined; message = this.#queue.shift()) take(message);
    } catch (error) {
      this.#take = undefined;
      throw error;
    } finally {
      this.#release();
    }
    return () => {
      if (this.#take === take) this.#take = undefined;
    };
  }

  /** Drops what waits. */
  clear(): void {
    this.#queue.clear();
    this.#release();
  }

  /** Nothing more comes; what waits can still be taken. */
  end(error?: Error): void {
    this.#end = { error };
    this.#setHolding(false);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (error === undefined) waiting?.resolve(NO_MESSAGE);
    else waiting?.reject(error);
  }

  #checkUnread(): void {
    if (this.#waiting === undefined && this.#take === undefined) return;
    throw new Error("the play stream has a reader already: use one for await, or one onMessage");
  }

  #release(): void {
    if (this.#queue.heldBytes <= this.#maxWaitingBytes / 2) this.#setHolding(false);
  }

  #setHolding(isHeld: boolean): void {
    if (this.#isHolding === isHeld || (isHeld && this.#end !== undefined)) return;
    this.#isHolding = isHeld;
    this.#hold(isHeld);
  }
}
