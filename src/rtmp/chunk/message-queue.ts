import type { Message } from "../message/message.ts";

/** A message that waits to be sent. */
export type QueuedMessage = {
  readonly message: Message;
  readonly chunkStreamId: number;
  /** Payload bytes that went out. */
  offset: number;
  isStarted: boolean;
};

type Link = { readonly queued: QueuedMessage; next: Link | undefined };

/**
 * First in, first out. A chain, since an array of tens of thousands of small messages is moved as a whole each time that
 * its first one goes.
 */
export class MessageQueue {
  #first: Link | undefined;
  #last: Link | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The oldest; undefined when nothing waits. */
  get first(): QueuedMessage | undefined {
    return this.#first?.queued;
  }

  push(queued: QueuedMessage): void {
    const link: Link = { queued, next: undefined };
    if (this.#last === undefined) this.#first = link;
    else this.#last.next = link;
    this.#last = link;
    this.#length++;
  }

  removeFirst(): void {
    if (this.#first === undefined) return;
    this.#first = this.#first.next;
    if (this.#first === undefined) this.#last = undefined;
    this.#length--;
  }

  /** Removes the messages that `isDropped` names. */
  drop(isDropped: (queued: QueuedMessage) => boolean): void {
    let link = this.#first;
    this.#first = undefined;
    this.#last = undefined;
    this.#length = 0;
    for (; link !== undefined; link = link.next) if (!isDropped(link.queued)) this.push(link.queued);
  }
}
