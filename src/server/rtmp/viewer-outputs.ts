import type { SentEntry, ViewerNotice } from "../../broadcast/viewer.ts";
import { classifyMedia } from "../../formats/flv/classify.ts";
import type { CipherPair } from "../../rtmp/handshake/handshake.ts";
import { type Message, MessageType } from "../../rtmp/message/message.ts";
import type { Wire } from "../../rtmp/session/wire.ts";
import type { ByteStream } from "../../transport/byte-stream.ts";

/** Where the played streams of a connection are sent. */
export type ViewerPort = {
  readonly stream: ByteStream;
  readonly wire: Wire;
  /** Writes what the wire has, as far as the connection takes it. */
  pump(): void;
  /** A viewer took nothing for so long: says so and closes. */
  closeSlow(blockedMs: number): void;
};

/**
 * Gives a viewer the bytes that all viewers of a broadcast share: nothing is made for it alone, unless its connection is
 * encrypted.
 */
export class SharedOutput {
  readonly kind = "bytes";
  readonly #stream: ByteStream;
  readonly #ciphers: CipherPair | undefined;
  readonly #port: ViewerPort;
  readonly streamId: number;
  readonly notify: (notice: ViewerNotice) => void;

  constructor(port: ViewerPort, streamId: number, notify: (notice: ViewerNotice) => void) {
    this.#stream = port.stream;
    this.#ciphers = port.wire.ciphers;
    this.#port = port;
    this.streamId = streamId;
    this.notify = notify;
  }

  get isReady(): boolean {
    return this.#stream.unsentBytes === 0;
  }

  get unsentBytes(): number {
    return this.#stream.unsentBytes;
  }

  get takenBytes(): number {
    return this.#stream.bytesWritten - this.#stream.unsentBytes;
  }

  write(pieces: readonly Uint8Array[]): void {
    if (this.#ciphers === undefined) this.#stream.write(pieces);
    else writeEncrypted(this.#stream, pieces, this.#ciphers);
  }

  closeSlow(blockedMs: number): void {
    this.#port.closeSlow(blockedMs);
  }
}

const ENCRYPTION_BUFFER_BYTES = 64 * 1024;
/** Where bytes are encrypted that a socket takes at once, for one viewer after another. */
let encryptionBuffer = new Uint8Array(ENCRYPTION_BUFFER_BYTES);

/** In one piece: a cipher is slow with short ones. */
function writeEncrypted(stream: ByteStream, pieces: readonly Uint8Array[], ciphers: CipherPair): void {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  // Tunnels and TLS always keep what they are given.
  const isShared = stream.transport === "tcp" && length <= encryptionBuffer.length;
  const bytes = isShared ? encryptionBuffer.subarray(0, length) : new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  ciphers.encrypt(bytes);
  stream.write([bytes]);
  if (isShared && stream.unsentBytes > 0) encryptionBuffer = new Uint8Array(ENCRYPTION_BUFFER_BYTES);
}

/**
 * Gives a viewer its messages through the wire's channels, so that chunks of calls, audio and data go between those of
 * video. When pictures pile up, the ones that wait are dropped: at a keyframe of the default track, which makes them
 * needless, or when more than `maxQueuedBytes` wait, and then until the next such keyframe.
 */
export class InterleavedOutput {
  readonly kind = "messages";
  readonly streamId: number;
  readonly notify: (notice: ViewerNotice) => void;
  readonly #port: ViewerPort;
  readonly #maxQueuedBytes: number;
  #awaitsKeyframe = false;

  constructor(port: ViewerPort, streamId: number, notify: (notice: ViewerNotice) => void, maxQueuedBytes: number) {
    this.#port = port;
    this.streamId = streamId;
    this.notify = notify;
    this.#maxQueuedBytes = maxQueuedBytes;
  }

  get isReady(): boolean {
    return this.unsentBytes <= this.#maxQueuedBytes;
  }

  get unsentBytes(): number {
    return this.#port.stream.unsentBytes + this.#port.wire.queuedBytes;
  }

  get takenBytes(): number {
    const { bytesWritten, unsentBytes } = this.#port.stream;
    return bytesWritten - unsentBytes;
  }

  send(message: Message, entry: SentEntry): void {
    const isPicture = message.type === MessageType.Video && !entry.isConfig;
    if (isPicture && entry.isKeyframe && entry.trackId === 0) {
      this.#awaitsKeyframe = false;
      this.#dropPictures();
    }
    if (isPicture && this.#awaitsKeyframe) return;
    if (!this.#port.wire.send(message) || this.unsentBytes > this.#maxQueuedBytes) {
      this.#dropPictures();
      this.#awaitsKeyframe = true;
    }
    this.#port.pump();
  }

  closeSlow(blockedMs: number): void {
    this.#port.closeSlow(blockedMs);
  }

  /** Configurations stay: they are few and small, and a decoder needs them. */
  #dropPictures(): void {
    if (this.unsentBytes <= this.#maxQueuedBytes / 8) return;
    this.#port.wire.dropUnsent(
      ({ type, streamId, payload }) =>
        type === MessageType.Video && streamId === this.streamId && !classifyMedia("video", 0, payload).isConfig,
    );
  }
}
