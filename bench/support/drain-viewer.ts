import { createClientHandshake } from "../../src/rtmp/handshake/client-handshake.ts";
import { encodeAcknowledgement } from "../../src/rtmp/message/control.ts";
import type { ClientEvent } from "../../src/rtmp/session/client-events.ts";
import { ClientSession } from "../../src/rtmp/session/client-session.ts";
import { Wire } from "../../src/rtmp/session/wire.ts";
import type { ByteStream } from "../../src/transport/byte-stream.ts";
import { nodeCrypto } from "../../src/transport/node-crypto.ts";
import { formatTcUrl, type RtmpUrl } from "../../src/transport/rtmp-url.ts";

/** Half of the window that the server announces. */
const ACKNOWLEDGE_AFTER_BYTES = 1_250_000;

/**
 * Plays in order up to the first frame. From then on it only counts and acknowledges what comes, and does not even decrypt
 * it: a load that must not be what is measured.
 */
export class DrainViewer {
  /** Settles when frames come; rejects when the server does not want that. */
  readonly playing: Promise<void>;
  readonly #stream: Pick<ByteStream, "start" | "write" | "destroy">;
  readonly #url: RtmpUrl;
  readonly #wire: Wire;
  readonly #session = new ClientSession();
  readonly #settle: PromiseWithResolvers<void>;
  #isPlaying = false;
  #receivedBytes = 0;
  #acknowledgedBytes = 0;
  #failure: string | undefined;

  /** Owns the stream. */
  constructor(stream: Pick<ByteStream, "start" | "write" | "destroy">, url: RtmpUrl) {
    this.#stream = stream;
    this.#url = url;
    this.#settle = Promise.withResolvers<void>();
    this.playing = this.#settle.promise;
    const form = url.scheme === "rtmpe" || url.scheme === "rtmpte" ? "encrypted" : "plain";
    this.#wire = new Wire({ handshake: createClientHandshake({ form, nowMs: 0, crypto: nodeCrypto }) });
    this.#session.connect({ app: url.app, tcUrl: formatTcUrl(url) });
    stream.start({
      onBytes: (bytes) => this.#receive(bytes),
      onDrain() {},
      onEnd() {},
      onClose: (error) => this.#fail(error?.message ?? "the server closed the connection"),
    });
    this.#send();
  }

  /** RTMP bytes so far, without what HTTP, WebSockets and TLS add to them. */
  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** Why the connection is over; undefined while it stands. */
  get failure(): string | undefined {
    return this.#failure;
  }

  #receive(bytes: Uint8Array): void {
    this.#receivedBytes += bytes.length;
    if (!this.#isPlaying) return this.#begin(bytes);
    if (this.#receivedBytes - this.#acknowledgedBytes < ACKNOWLEDGE_AFTER_BYTES) return;
    this.#acknowledgedBytes = this.#receivedBytes;
    this.#wire.send(encodeAcknowledgement(this.#receivedBytes));
    this.#send();
  }

  /** Everything up to the first frame. */
  #begin(bytes: Uint8Array): void {
    try {
      this.#wire.push(bytes);
      for (let message = this.#wire.next(); message !== undefined; message = this.#wire.next()) {
        const event = this.#session.receive(message);
        if (event !== undefined) this.#act(event);
      }
      this.#wire.retainInput();
      this.#send();
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error));
    }
  }

  #act(event: ClientEvent): void {
    if (event.kind === "connected") this.#session.createStream();
    else if (event.kind === "stream-created") this.#session.play(event.streamId, this.#url.key);
    else if (event.kind === "connect-rejected") this.#fail(`connect was refused: ${event.description}`);
    else if (event.kind === "status" && event.status.level === "error") this.#fail(event.status.description);
    else if (event.kind === "media" && !event.message.isConfig) {
      this.#isPlaying = true;
      this.#settle.resolve();
    }
  }

  #send(): void {
    for (const message of this.#session.takeMessages()) this.#wire.send(message);
    const pieces = this.#wire.takeOutput();
    if (pieces.length > 0) this.#stream.write(pieces);
  }

  #fail(reason: string): void {
    this.#failure ??= reason;
    this.#settle.reject(new Error(reason));
    this.#stream.destroy();
  }
}
