import type { ByteStream } from "../../src/transport/byte-stream.ts";

/** Owns a byte stream: writes down what happens to it, and lets a test wait for it. */
export class StreamRecorder {
  /** `drain`, `end` and `close`, in order. */
  readonly events: string[] = [];
  /** Resolves with the error that the stream closed with. */
  readonly closed: Promise<Error | undefined>;
  readonly #received: Uint8Array[] = [];
  readonly #looks = new Set<() => void>();

  constructor(stream: ByteStream, onBytes: (bytes: Uint8Array) => void = () => {}) {
    const { promise, resolve } = Promise.withResolvers<Error | undefined>();
    this.closed = promise;
    stream.start({
      onBytes: (bytes) => {
        this.#received.push(bytes.slice());
        onBytes(bytes);
        this.#look();
      },
      onDrain: () => this.#note(`drain ${stream.unsentBytes}`),
      onEnd: () => this.#note("end"),
      onClose: (error) => {
        this.#note("close");
        resolve(error);
      },
    });
  }

  get received(): Uint8Array {
    return Uint8Array.from(Buffer.concat(this.#received));
  }

  /** Resolves once the condition holds, looked at after every event. */
  async until(condition: () => boolean): Promise<void> {
    if (condition()) return;
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (!condition()) return;
        this.#looks.delete(look);
        resolve();
      };
      this.#looks.add(look);
    });
  }

  async untilBytes(count: number): Promise<Uint8Array> {
    await this.until(() => this.#received.reduce((sum, { length }) => sum + length, 0) >= count);
    return this.received;
  }

  #note(event: string): void {
    this.events.push(event);
    this.#look();
  }

  #look(): void {
    for (const look of this.#looks) look();
  }
}
