/** What counts as large: less than this may wait for each client. */
export const LARGE_BYTES: number = 64 * 1024;

/**
 * Bounds what lies in the sockets of all clients together: whole objects of megabytes, sent to many who do not read. Those
 * who find no room wait, and get the object as it is then.
 */
export class LargeMessages<Waiter> {
  readonly #maxBytes: number;
  readonly #onRoom: (waiters: Iterable<Waiter>) => void;
  #waiting = new Set<Waiter>();
  #heldBytes = 0;

  /** `onRoom` is called with those who found no room, when there is some. */
  constructor(maxBytes: number, onRoom: (waiters: Iterable<Waiter>) => void) {
    this.#maxBytes = maxBytes;
    this.#onRoom = onRoom;
  }

  /** False if there is no room now. One alone always has it. */
  take(waiter: Waiter, bytes: number): boolean {
    if (this.#heldBytes > 0 && this.#heldBytes + bytes > this.#maxBytes) {
      this.#waiting.add(waiter);
      return false;
    }
    this.#heldBytes += bytes;
    return true;
  }

  /** So much has been read. */
  release(bytes: number): void {
    if (bytes === 0) return;
    this.#heldBytes -= bytes;
    const waiters = this.#waiting;
    this.#waiting = new Set();
    if (waiters.size > 0) this.#onRoom(waiters);
  }

  /** It is gone. */
  forget(waiter: Waiter): void {
    this.#waiting.delete(waiter);
  }
}
