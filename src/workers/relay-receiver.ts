import { ProtocolError } from "../errors.ts";
import type { ByteStream } from "../transport/byte-stream.ts";
import { encodeLinkHello, type LinkEvent, LinkReader } from "./link-protocol.ts";

export type RelayReceiverEvents = {
  /** Payloads are valid during the call. */
  onEvent(event: LinkEvent): void;
  /** Called once, last; with what was wrong, for the log, if the other process sent what is no relay. */
  onClosed(error?: LinkError): void;
};

export type LinkError = { readonly reason: string; readonly code?: string; readonly remedy?: string };

/** The watching end of a link to the home of a broadcast. */
export class RelayReceiver {
  readonly #stream: ByteStream;
  readonly #reader: LinkReader;
  readonly #events: RelayReceiverEvents;
  #error: LinkError | undefined;
  #isClosed = false;

  constructor(stream: ByteStream, name: string, maxMessageBytes: number, events: RelayReceiverEvents) {
    this.#stream = stream;
    this.#reader = new LinkReader(maxMessageBytes);
    this.#events = events;
    stream.start({
      onBytes: (bytes) => this.#receive(bytes),
      onDrain() {},
      onEnd() {},
      // That a process has died is told by the supervisor.
      onClose: () => this.#close(),
    });
    stream.write([encodeLinkHello(name)]);
  }

  /** Ends it at once, also for its owner. */
  close(): void {
    this.#stream.destroy();
    this.#close();
  }

  #receive(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    try {
      this.#reader.push(bytes);
      for (let event = this.#reader.next(); event !== undefined && !this.#isClosed; event = this.#reader.next()) {
        this.#events.onEvent(event);
      }
    } catch (error) {
      this.#error = describe(error);
      this.close();
    }
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#events.onClosed(this.#error);
  }
}

function describe(error: unknown): LinkError {
  if (!(error instanceof ProtocolError)) return { reason: error instanceof Error ? error.message : String(error) };
  const { code, remedy, message } = error;
  return { reason: message, code, remedy };
}
