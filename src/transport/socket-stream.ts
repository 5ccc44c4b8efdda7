import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { formatAddress } from "./address.ts";
import type { ByteStream, ByteStreamEvents } from "./byte-stream.ts";
import { directDescriptor, writeDirectly } from "./direct-write.ts";
import { readShared } from "./shared-read-buffer.ts";

/** How long a peer may take to read what is left, and to close its side. */
const DEFAULT_CLOSE_GRACE_MS = 1000;

const NO_BYTES = new Uint8Array();

/**
 * A connected TCP socket as a byte stream; a TLS socket is a TCP socket too. Owns it from here on, and does not read
 * before `start`. A peer that closes its side is told so by our closing ours, once everything is sent. `remoteAddress` is
 * the client's where a balancer stands in between.
 */
export function socketStream(socket: Socket, remoteAddress: string = remoteAddressOf(socket)): ByteStream {
  return new SocketStream(socket, remoteAddress);
}

/** The same for a socket that somebody else reads: what the peer sends is not told, only its end. */
export function sendingStream(socket: Socket, remoteAddress: string): ByteStream {
  return new SocketStream(socket, remoteAddress, false);
}

/** `address:port` of the other end. To be asked for before the socket is destroyed: it forgets its peer then. */
export function remoteAddressOf(socket: Socket): string {
  return formatAddress(socket.remoteAddress ?? "unknown", socket.remotePort ?? 0);
}

class SocketStream implements ByteStream {
  // What each write touches, side by side: with thousands of viewers these come from memory, not from a cache.
  /** Takes bytes past Node's streams, unless some wait there; -1 where there is none. */
  #descriptor: number;
  #bytesWritten = 0;
  /** Bytes wait in the socket, as far as is known. */
  #hasUnsent = false;
  #isClosing = false;
  readonly transport: "tcp" | "tls";
  readonly remoteAddress: string;
  readonly #socket: Socket;
  readonly #reads: boolean;
  #events: ByteStreamEvents | undefined;
  #bytesRead = 0;
  #isClosed = false;
  #isDrainMarked = false;
  #error: Error | undefined;
  #graceTimer: NodeJS.Timeout | undefined;

  constructor(socket: Socket, remoteAddress: string, reads = true) {
    this.#socket = socket;
    this.#reads = reads;
    this.#hasUnsent = socket.writableLength > 0;
    this.transport = socket instanceof TLSSocket ? "tls" : "tcp";
    this.remoteAddress = remoteAddress;
    this.#descriptor = directDescriptor(socket, () => this.#forgetDescriptor()) ?? -1;
    socket.setNoDelay(true);
    // Otherwise Node refuses to write as soon as the peer has closed its side, and our last answers are lost.
    socket.allowHalfOpen = true;
    socket.on("error", (error) => {
      if (!this.#isClosing) this.#error ??= error;
    });
    socket.on("close", () => {
      this.#isClosed = true;
      clearTimeout(this.#graceTimer);
      this.#events?.onClose(this.#error);
    });
  }

  get unsentBytes(): number {
    return this.#hasUnsent ? this.#socket.writableLength : 0;
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
    if (this.#isClosed) {
      queueMicrotask(() => events.onClose(this.#error));
      return;
    }
    if (this.#reads) this.#startReading(events);
    this.#socket.on("end", () => {
      if (this.#isClosing) return;
      events.onEnd();
      if (!this.#isClosing) this.close();
    });
  }

  #startReading(events: ByteStreamEvents): void {
    const onBytes = (bytes: Uint8Array): void => {
      if (this.#isClosing) return;
      this.#bytesRead += bytes.length;
      events.onBytes(bytes);
    };
    if (this.transport === "tcp") readShared(this.#socket, onBytes);
    // No Buffer: its slice() is a view, where everybody above means a copy.
    this.#socket.on("data", ({ buffer, byteOffset, length }: Uint8Array) => {
      onBytes(new Uint8Array(buffer, byteOffset, length));
    });
  }

  write(pieces: readonly Uint8Array[]): void {
    if (this.#isClosing) return;
    if (this.#hasUnsent || this.#descriptor < 0) return this.#writeByNode(pieces);
    const taken = writeDirectly(this.#descriptor, pieces);
    this.#bytesWritten += taken;
    if (taken < totalLength(pieces)) this.#writeByNode(piecesBehind(pieces, taken));
  }

  pause(): void {
    if (!this.#isClosing) this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(graceMs: number = DEFAULT_CLOSE_GRACE_MS): void {
    if (this.#isClosed || this.#isClosing) return;
    this.#isClosing = true;
    this.#socket.end();
    // What the peer still sends is read and dropped: closing on unread bytes would reset our last answers away.
    this.#socket.resume();
    this.#graceTimer = setTimeout(() => this.#socket.destroy(), graceMs);
    this.#graceTimer.unref();
  }

  destroy(): void {
    this.#isClosing = true;
    this.#socket.destroy();
  }

  #writeByNode(pieces: readonly Uint8Array[]): void {
    const socket = this.#socket;
    if (!socket.writable) return;
    const [only] = pieces;
    if (only !== undefined && pieces.length === 1) {
      if (this.transport === "tls" && only.length > 0) this.#writeMarked(only);
      else this.#writePiece(only);
    } else {
      socket.cork();
      for (const piece of pieces) this.#writePiece(piece);
      socket.uncork();
    }
    this.#hasUnsent = socket.writableLength > 0;
    if (this.#hasUnsent) this.#markDrain();
  }

  #writePiece(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#bytesWritten += piece.length;
    this.#socket.write(piece);
  }

  /** TLS never takes a write at once: an empty one behind each would cost a system call of its own. */
  #writeMarked(piece: Uint8Array): void {
    if (this.#isDrainMarked) return this.#writePiece(piece);
    this.#isDrainMarked = true;
    this.#bytesWritten += piece.length;
    this.#socket.write(piece, this.#onMarkWritten);
  }

  /**
   * Node's own `drain` comes only after more than its high-water mark. An empty write behind the others calls back when
   * they are done, and costs nothing while the kernel takes everything at once.
   */
  #markDrain(): void {
    if (this.#isDrainMarked) return;
    this.#isDrainMarked = true;
    this.#socket.write(NO_BYTES, this.#onMarkWritten);
  }

  readonly #onMarkWritten = (error?: Error | null): void => {
    this.#isDrainMarked = false;
    this.#hasUnsent = this.#socket.writableLength > 0;
    if (error || this.#isClosing) return;
    if (this.#hasUnsent) this.#markDrain();
    else this.#events?.onDrain();
  };

  #forgetDescriptor(): void {
    this.#descriptor = -1;
  }
}

function totalLength(pieces: readonly Uint8Array[]): number {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  return length;
}

/** What is left of the pieces without their first bytes. */
function piecesBehind(pieces: readonly Uint8Array[], byteCount: number): Uint8Array[] {
  const left: Uint8Array[] = [];
  let skip = byteCount;
  for (const piece of pieces) {
    if (skip < piece.length) left.push(piece.subarray(skip));
    skip = Math.max(0, skip - piece.length);
  }
  return left;
}
