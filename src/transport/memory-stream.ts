import { concatBytes } from "../bytes/concat.ts";
import type { ByteStream, ByteStreamEvents } from "./byte-stream.ts";

const DEFAULT_CLOSE_GRACE_MS = 1000;

export type MemoryStreamOptions = {
  /** What either side takes while it is paused or not started, as a kernel's buffers would. @default 0 */
  readonly bufferBytes?: number;
};

/**
 * Two byte streams that are joined in memory: what one writes, the other reads in the next microtask. While one side is
 * paused, the other's `unsentBytes` grow. Bytes are copied, and the copy is overwritten after `onBytes`, as a socket's
 * buffer may be.
 */
export function memoryStreamPair(options: MemoryStreamOptions = {}): readonly [ByteStream, ByteStream] {
  const { bufferBytes = 0 } = options;
  const left = new MemoryStream("memory:1", bufferBytes);
  const right = new MemoryStream("memory:2", bufferBytes);
  left.join(right);
  right.join(left);
  return [left, right];
}

class MemoryStream implements ByteStream {
  readonly transport = "memory";
  readonly remoteAddress: string;
  readonly #bufferBytes: number;
  /** Itself until it is joined. */
  #peer: MemoryStream = this;
  #events: ByteStreamEvents | undefined;
  /** What the peer wrote and this side has not read. */
  #inbox: Uint8Array[] = [];
  #inboxBytes = 0;
  #bytesRead = 0;
  #bytesWritten = 0;
  #isPaused = false;
  #isPumpScheduled = false;
  #awaitsDrain = false;
  /** This side sends and reads no more. */
  #isClosing = false;
  /** The peer ends in order, as soon as it has read everything. */
  #isEnding = false;
  #isClosed = false;
  #error: Error | undefined;
  #graceTimer: NodeJS.Timeout | undefined;

  constructor(remoteAddress: string, bufferBytes: number) {
    this.remoteAddress = remoteAddress;
    this.#bufferBytes = bufferBytes;
  }

  join(peer: MemoryStream): void {
    this.#peer = peer;
  }

  get unsentBytes(): number {
    return this.#peer.#overflowBytes;
  }

  get bytesRead(): number {
    return this.#bytesRead;
  }

  get bytesWritten(): number {
    return this.#bytesWritten;
  }

  start(events: ByteStreamEvents): void {
    if (this.#events !== undefined) throw new Error("the stream has an owner already");
    this.#events = events;
    if (this.#isClosed) queueMicrotask(() => events.onClose(this.#error));
    else this.#schedulePump();
  }

  write(pieces: readonly Uint8Array[]): void {
    const bytes = new Uint8Array(concatBytes(pieces));
    if (this.#isClosing || bytes.length === 0) return;
    this.#bytesWritten += bytes.length;
    this.#peer.#receive(bytes);
    if (this.unsentBytes > 0) this.#awaitsDrain = true;
  }

  pause(): void {
    if (this.#isClosing) return;
    this.#isPaused = true;
    if (this.#overflowBytes > 0) this.#peer.#awaitsDrain = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#schedulePump();
  }

  close(graceMs: number = DEFAULT_CLOSE_GRACE_MS): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#isEnding = true;
    this.#dropInbox();
    this.#graceTimer = setTimeout(() => this.destroy(), graceMs);
    this.#graceTimer.unref();
    this.#peer.#schedulePump();
  }

  destroy(): void {
    const peer = this.#peer;
    queueMicrotask(() => {
      peer.#finish(new Error("the other side dropped the connection"));
      this.#finish();
    });
    this.#isClosing = true;
    this.#isEnding = false;
    this.#dropInbox();
    peer.#dropInbox();
  }

  /** What does not fit into the buffer while nobody reads. */
  get #overflowBytes(): number {
    const isStalled = this.#isPaused || this.#events === undefined;
    return isStalled && !this.#isClosing ? Math.max(0, this.#inboxBytes - this.#bufferBytes) : 0;
  }

  #receive(bytes: Uint8Array): void {
    if (this.#isClosing) return;
    this.#inbox.push(bytes);
    this.#inboxBytes += bytes.length;
    this.#schedulePump();
  }

  #schedulePump(): void {
    if (this.#isPumpScheduled) return;
    this.#isPumpScheduled = true;
    queueMicrotask(() => {
      this.#isPumpScheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    const events = this.#events;
    if (events === undefined || this.#isClosed) return;
    while (!this.#isPaused) {
      const bytes = this.#inbox.shift();
      if (bytes === undefined) break;
      this.#inboxBytes -= bytes.length;
      this.#bytesRead += bytes.length;
      events.onBytes(bytes);
      bytes.fill(0);
    }
    if (this.#inboxBytes > 0) return;
    this.#tellDrain();
    if (this.#peer.#isEnding && !this.#isPaused) this.#end();
  }

  #tellDrain(): void {
    const peer = this.#peer;
    if (!peer.#awaitsDrain || peer.#isClosing) return;
    peer.#awaitsDrain = false;
    peer.#events?.onDrain();
  }

  /** The peer has closed, and all that it sent is read. */
  #end(): void {
    if (!this.#isClosing) this.#events?.onEnd();
    this.#isClosing = true;
    this.#finish();
    this.#peer.#finish();
  }

  #finish(error?: Error): void {
    if (this.#isClosed) return;
    if (!this.#isClosing) this.#error = error;
    this.#isClosing = true;
    this.#isClosed = true;
    clearTimeout(this.#graceTimer);
    this.#events?.onClose(this.#error);
  }

  #dropInbox(): void {
    this.#inbox = [];
    this.#inboxBytes = 0;
    this.#isPaused = false;
  }
}
