import type { OutgoingFlexMessage } from "../../formats/flex/message.ts";

/** A message for one subscriber. */
export type Push = {
  /** Made when it is sent. */
  message(): OutgoingFlexMessage;
  /** About how long it is when it is sent. */
  readonly byteLength: number;
  /** By the server's clock; Infinity for most. */
  readonly expiresAtMs: number;
};

export type BacklogLimits = { readonly maxBacklogMessages: number; readonly maxBacklogBytes: number };

/** Messages that wait because their subscriber does not read, or has not polled. */
export class Backlog {
  readonly #limits: BacklogLimits;
  #pushes: Push[] = [];
  #byteLength = 0;
  /** How many were dropped because too many waited. */
  dropped = 0;

  constructor(limits: BacklogLimits) {
    this.#limits = limits;
  }

  get isEmpty(): boolean {
    return this.#pushes.length === 0;
  }

  /** Of the oldest; 0 where there is none. */
  get nextByteLength(): number {
    return this.#pushes[0]?.byteLength ?? 0;
  }

  /** Whether one more would make others go. */
  isFullFor({ byteLength }: Push): boolean {
    const { maxBacklogMessages, maxBacklogBytes } = this.#limits;
    const isTooLong = this.#pushes.length > 0 && this.#byteLength + byteLength > maxBacklogBytes;
    return this.#pushes.length >= maxBacklogMessages || isTooLong;
  }

  /** Keeps a message, and drops the oldest until there is room. */
  add(push: Push): void {
    let drop = 0;
    while (this.#isOver(push, drop)) this.#byteLength -= this.#pushes[drop++]?.byteLength ?? 0;
    if (drop > 0) this.#pushes.splice(0, drop);
    this.dropped += drop;
    this.#pushes.push(push);
    this.#byteLength += push.byteLength;
  }

  /** The oldest that is not too old; it waits no more. */
  take(nowMs: number): Push | undefined {
    for (let push = this.#pushes.shift(); push !== undefined; push = this.#pushes.shift()) {
      this.#byteLength -= push.byteLength;
      if (push.expiresAtMs > nowMs) return push;
    }
    return undefined;
  }

  clear(): void {
    this.#pushes = [];
    this.#byteLength = 0;
  }

  #isOver({ byteLength }: Push, dropped: number): boolean {
    const left = this.#pushes.length - dropped;
    const { maxBacklogMessages, maxBacklogBytes } = this.#limits;
    return left > 0 && (left >= maxBacklogMessages || this.#byteLength + byteLength > maxBacklogBytes);
  }
}
