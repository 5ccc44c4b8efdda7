import type { MediaMessage } from "../formats/flv/media-message.ts";

/** What a waiting message counts above its payload, so that empty ones are bounded as well. */
const MESSAGE_BYTES = 128;
const MIN_GARBAGE = 1024;

/** Messages that wait for a reader, each with a payload of its own. */
export class MessageQueue {
  #messages: (MediaMessage | undefined)[] = [];
  #first = 0;
  #heldBytes = 0;

  /** What waits, in memory. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  push(message: MediaMessage): void {
    this.#messages.push(copyOf(message));
    this.#heldBytes += message.payload.length + MESSAGE_BYTES;
  }

  shift(): MediaMessage | undefined {
    const message = this.#messages[this.#first];
    if (message === undefined) return undefined;
    this.#messages[this.#first++] = undefined;
    this.#heldBytes -= message.payload.length + MESSAGE_BYTES;
    // Cutting the front off each time would move all that waits.
    if (this.#first > MIN_GARBAGE && this.#first * 2 > this.#messages.length) {
      this.#messages = this.#messages.slice(this.#first);
      this.#first = 0;
    }
    return message;
  }

  clear(): void {
    this.#messages = [];
    this.#first = 0;
    this.#heldBytes = 0;
  }
}

/** The same with a payload that stays as it is. `slice` of a Node Buffer would copy nothing. */
export function copyOf(message: MediaMessage): MediaMessage {
  return { ...message, payload: new Uint8Array(message.payload) };
}
