import { createClientHandshake } from "../../src/rtmp/handshake/client-handshake.ts";
import type { Handshake } from "../../src/rtmp/handshake/handshake.ts";
import { createServerHandshake } from "../../src/rtmp/handshake/server-handshake.ts";
import type { Message } from "../../src/rtmp/message/message.ts";
import { Wire } from "../../src/rtmp/session/wire.ts";
import type { ByteStream } from "../../src/transport/byte-stream.ts";
import { nodeCrypto } from "../../src/transport/node-crypto.ts";

/** Bytes that may wait to reach the kernel before the sender waits too. */
const MAX_UNSENT_BYTES = 1024 * 1024;

/** One end of a connection by its wire alone: what it sends is the test's, whatever a client or server would do. */
export class WireEnd {
  readonly wire: Wire;
  readonly stream: ByteStream;
  /** Resolves when the connection is over; rejects when it broke, or what came could not be read. */
  readonly closed: Promise<void>;
  readonly #onMessage: (message: Message) => void;
  readonly #end = Promise.withResolvers<void>();
  #drained: PromiseWithResolvers<void> | undefined;

  private constructor(stream: ByteStream, handshake: Handshake, onMessage: (message: Message) => void) {
    this.stream = stream;
    this.wire = new Wire({ handshake });
    this.#onMessage = onMessage;
    this.closed = this.#end.promise;
    this.closed.catch(() => {});
    stream.start({
      onBytes: (bytes) => this.#receive(bytes),
      onDrain: () => this.#wake(),
      onEnd: () => stream.close(),
      onClose: (error) => {
        if (error === undefined) this.#end.resolve();
        else this.#end.reject(error);
        this.#wake();
      },
    });
    this.flush();
  }

  /** `onMessage` gets what the wire does not handle itself; its payload is valid during the call. */
  static client(stream: ByteStream, isRtmpe: boolean, onMessage: (message: Message) => void): WireEnd {
    const form = isRtmpe ? "encrypted" : "plain";
    return new WireEnd(stream, createClientHandshake({ form, nowMs: 0, crypto: nodeCrypto }), onMessage);
  }

  static server(stream: ByteStream, onMessage: (message: Message) => void): WireEnd {
    return new WireEnd(stream, createServerHandshake({ nowMs: 0, crypto: nodeCrypto }), onMessage);
  }

  /** Its payload may be used again afterwards. */
  send(message: Message): void {
    this.wire.send(message);
    this.flush();
  }

  /** Announces another chunk size for all that is sent from now on. */
  changeChunkSize(chunkSize: number): void {
    this.wire.sendChunkSize(chunkSize);
    this.flush();
  }

  flush(): void {
    const pieces = this.wire.takeOutput();
    if (pieces.length > 0) this.stream.write(pieces);
  }

  get isCongested(): boolean {
    return this.stream.unsentBytes > MAX_UNSENT_BYTES;
  }

  /** Resolves when more may be sent. */
  async ready(): Promise<void> {
    if (!this.isCongested) return;
    this.#drained ??= Promise.withResolvers();
    await this.#drained.promise;
  }

  #receive(bytes: Uint8Array): void {
    try {
      this.wire.push(bytes);
      for (let message = this.wire.next(); message !== undefined; message = this.wire.next()) this.#onMessage(message);
      this.flush();
    } catch (error) {
      this.#end.reject(error);
      this.stream.destroy();
    }
  }

  #wake(): void {
    this.#drained?.resolve();
    this.#drained = undefined;
  }
}
