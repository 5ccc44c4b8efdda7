import type { FlushSink } from "./flush-sink.ts";
import { LENGTH_AT, messagesOf, sentAtMsOf } from "./link-load.ts";

/** Seconds of a hundred broadcasts of 2.6 Mbit/s: a power of two. */
const RING_BYTES = 64 * 1024 * 1024;
const ALIGNMENT = 16;
const NO_LENGTH = 0xffff_ffff;
/** Where the writer is, in bytes since the start, modulo 2^32; behind it a word for each reader that wants to be woken. */
const HEAD = 0;
const FIRST_READER = 1;

/** Memory of all threads of a process: one writes, the others read what has not been overwritten. */
export type SharedRing = { readonly control: Int32Array<SharedArrayBuffer>; readonly bytes: SharedArrayBuffer };

export function createSharedRing(readers: number): SharedRing {
  const control = new SharedArrayBuffer((FIRST_READER + readers) * Int32Array.BYTES_PER_ELEMENT);
  return { control: new Int32Array(control), bytes: new SharedArrayBuffer(RING_BYTES) };
}

export class RingWriter {
  readonly #ring: SharedRing;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #head = 0;

  constructor(ring: SharedRing) {
    this.#ring = ring;
    this.#bytes = new Uint8Array(ring.bytes);
    this.#view = new DataView(ring.bytes);
  }

  write(flush: Uint8Array): void {
    let at = this.#head % RING_BYTES;
    const length = alignedLength(flush.length);
    if (at + length > RING_BYTES) {
      this.#view.setUint32(at + LENGTH_AT, NO_LENGTH);
      this.#head = (this.#head + RING_BYTES - at) >>> 0;
      at = 0;
    }
    this.#bytes.set(flush, at);
    this.#head = (this.#head + length) >>> 0;
  }

  /** Shows the readers what was written. */
  publish(): void {
    Atomics.store(this.#ring.control, HEAD, this.#head | 0);
  }

  /** For readers that wait by `RingReader.wait`. */
  notify(): void {
    Atomics.notify(this.#ring.control, HEAD);
  }

  /** Whether a reader has asked to be woken; it is asked only once. */
  takeWish(reader: number): boolean {
    return Atomics.exchange(this.#ring.control, FIRST_READER + reader, 0) === 1;
  }
}

export class RingReader {
  readonly #ring: SharedRing;
  readonly #sink: FlushSink;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #tail = 0;

  constructor(ring: SharedRing, sink: FlushSink) {
    this.#ring = ring;
    this.#sink = sink;
    this.#bytes = new Uint8Array(ring.bytes);
    this.#view = new DataView(ring.bytes);
  }

  /** Reads all that is there, now and whenever `Atomics.notify` says that there is more. */
  readonly wait = (): void => {
    for (;;) {
      const head = this.read();
      const waiting = Atomics.waitAsync(this.#ring.control, HEAD, head);
      if (!waiting.async) continue;
      void waiting.value.then(this.wait);
      return;
    }
  };

  /** Reads all that is there, and asks to be woken when there is more. */
  readAndWish(reader: number): void {
    for (;;) {
      const head = this.read();
      Atomics.store(this.#ring.control, FIRST_READER + reader, 1);
      if (Atomics.load(this.#ring.control, HEAD) === head) return;
    }
  }

  /** Returns the head up to which was read. */
  read(): number {
    const head = Atomics.load(this.#ring.control, HEAD);
    while (this.#tail !== head >>> 0) this.#readNext();
    return head;
  }

  #readNext(): void {
    const at = this.#tail % RING_BYTES;
    const length = this.#view.getUint32(at + LENGTH_AT);
    if (length === NO_LENGTH) {
      this.#tail = (this.#tail + RING_BYTES - at) >>> 0;
      return;
    }
    const sentAtMs = sentAtMsOf(this.#view, at);
    const messages = messagesOf(this.#view, at);
    this.#sink.store(this.#bytes.subarray(at, at + length));
    if ((Atomics.load(this.#ring.control, HEAD) - this.#tail) >>> 0 > RING_BYTES / 2) {
      // The writer may have been all the way round meanwhile: what was copied is worth nothing.
      this.#sink.lost();
      this.#tail = Atomics.load(this.#ring.control, HEAD) >>> 0;
      return;
    }
    this.#sink.flushEnded(sentAtMs, messages);
    this.#tail = (this.#tail + alignedLength(length)) >>> 0;
  }
}

function alignedLength(length: number): number {
  return Math.ceil(length / ALIGNMENT) * ALIGNMENT;
}
