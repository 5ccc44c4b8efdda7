import { concatBytes } from "../../bytes/concat.ts";
import type { ByteStream, ByteStreamEvents } from "../byte-stream.ts";
import { CloseCode, type WebSocketPort } from "./websocket-port.ts";

/** How long a peer may take to read what is left, and to answer our close frame. */
const DEFAULT_CLOSE_GRACE_MS = 1000;
/** Pieces of one write become one frame where copying them costs less than frames of their own. */
const MAX_GATHERED_BYTES = 4096;
/** Longer ones are sent in several frames: receivers hold a frame until it is whole, and limit what they hold. */
const MAX_SENT_FRAME_BYTES = 1024 * 1024;
/** What may arrive while nobody reads, where the peer cannot be held up: in browsers. */
export const MAX_HELD_BYTES: number = 16 * 1024 * 1024;
/** What a held frame counts above its payload, so that tiny ones are bounded as well. */
const HELD_FRAME_BYTES = 128;

export type WebSocketStreamOptions = {
  readonly transport: "ws" | "wss";
  /** `address:port` of the peer, IPv6 in brackets. */
  readonly remoteAddress: string;
};

/**
 * A WebSocket as a byte stream: the payloads of its binary frames, one after the other; where a frame ends means nothing.
 * Owns the port from here on, and does not read before `start`. A text frame ends it with the code 1003.
 */
export class WebSocketStream implements ByteStream {
  readonly transport: "ws" | "wss";
  readonly remoteAddress: string;
  readonly #port: WebSocketPort;
  #events: ByteStreamEvents | undefined;
  #bytesRead = 0;
  #bytesWritten = 0;
  /** Frames that came while reading was paused: at most those of one read of a socket, but any number in a browser. */
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #isPaused = true;
  #isClosing = false;
  /** Set when the port is closed; the owner is told when it has taken what is held, and is ready for more. */
  #closedWith: { readonly code: number; readonly reason: string } | undefined;
  #isFinished = false;
  #awaitsDrain = false;
  #error: Error | undefined;
  #graceTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(port: WebSocketPort, { transport, remoteAddress }: WebSocketStreamOptions) {
    this.#port = port;
    this.transport = transport;
    this.remoteAddress = remoteAddress;
    port.listen({
      onBytes: (bytes) => this.#receive(bytes),
      onText: () => this.#fail(new Error("the peer sent text"), CloseCode.UnsupportedData, "RTMP takes binary frames"),
      onSent: () => this.#sent(),
      onError: (error) => this.#fail(error, CloseCode.ProtocolError, ""),
      onClose: (code, reason) => {
        this.#closedWith = { code, reason };
        this.#finishIfTaken();
      },
    });
  }

  get unsentBytes(): number {
    return this.#closedWith === undefined ? this.#port.bufferedBytes : 0;
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
    if (this.#isFinished) queueMicrotask(() => events.onClose(this.#error));
    else this.resume();
  }

  write(pieces: readonly Uint8Array[]): void {
    if (this.#isClosing || this.#closedWith !== undefined) return;
    let length = 0;
    for (const piece of pieces) length += piece.length;
    if (length === 0) return;
    this.#bytesWritten += length;
    this.#port.send(framesOf(pieces, length));
    if (this.#port.bufferedBytes > 0) this.#awaitsDrain = true;
  }

  pause(): void {
    if (this.#isClosing) return;
    this.#isPaused = true;
    this.#port.pause();
  }

  /** What is held comes in a microtask, not during the call. */
  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#port.resume();
    if (this.#held.length > 0 || this.#closedWith !== undefined) queueMicrotask(() => this.#deliverHeld());
  }

  close(graceMs: number = DEFAULT_CLOSE_GRACE_MS): void {
    this.#end(CloseCode.Normal, "", graceMs);
  }

  destroy(): void {
    this.#isClosing = true;
    this.#dropHeld();
    this.#port.terminate();
  }

  #receive(bytes: Uint8Array): void {
    if (this.#isClosing || bytes.length === 0) return;
    this.#bytesRead += bytes.length;
    // Behind held frames the order must stay.
    if (this.#isPaused || this.#held.length > 0) this.#hold(bytes);
    else this.#events?.onBytes(bytes);
  }

  #hold(bytes: Uint8Array): void {
    this.#held.push(bytes);
    this.#heldBytes += bytes.length + HELD_FRAME_BYTES;
    if (this.#heldBytes <= MAX_HELD_BYTES) return;
    const error = new Error(`more than ${MAX_HELD_BYTES} bytes came while nobody read. Take what comes, or play less.`);
    this.#fail(error, CloseCode.PolicyViolation, "too slow");
  }

  /** All at once: taking many small frames one by one would cost whoever reads them more. */
  #deliverHeld(): void {
    if (this.#isPaused) return;
    if (this.#held.length > 0) this.#events?.onBytes(this.#takeHeld());
    this.#finishIfTaken();
  }

  #takeHeld(): Uint8Array {
    const bytes = concatBytes(this.#held);
    this.#held = [];
    this.#heldBytes = 0;
    return bytes;
  }

  #dropHeld(): void {
    this.#held = [];
    this.#heldBytes = 0;
    if (this.#closedWith !== undefined) queueMicrotask(() => this.#finish());
  }

  /** As with a socket, an end in order stands behind the bytes: who does not read learns of it when it reads on. */
  #finishIfTaken(): void {
    if (this.#closedWith === undefined || this.#held.length > 0) return;
    if (this.#isPaused && !this.#isClosing && isOrderly(this.#closedWith.code)) return;
    this.#finish();
  }

  #sent(): void {
    if (!this.#awaitsDrain || this.#isClosing || this.#port.bufferedBytes > 0) return;
    this.#awaitsDrain = false;
    this.#events?.onDrain();
  }

  #fail(error: Error, code: number, reason: string): void {
    if (this.#isClosing) return;
    this.#error = error;
    this.#end(code, reason, DEFAULT_CLOSE_GRACE_MS);
  }

  #end(code: number, reason: string, graceMs: number): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#dropHeld();
    if (this.#closedWith !== undefined) return;
    this.#graceTimer = setTimeout(() => this.#port.terminate(), graceMs);
    this.#port.close(code, reason);
    // What the peer still sends is read and dropped: its own close frame is behind that.
    this.#port.resume();
  }

  #finish(): void {
    if (this.#isFinished || this.#closedWith === undefined) return;
    this.#isFinished = true;
    clearTimeout(this.#graceTimer);
    const { code, reason } = this.#closedWith;
    const isByPeer = !this.#isClosing;
    this.#isClosing = true;
    if (isByPeer && isOrderly(code)) this.#events?.onEnd();
    else if (isByPeer) this.#error = closeError(code, reason);
    this.#events?.onClose(this.#error);
  }
}

/** The payloads for a write: one where it is small, and otherwise one for each piece, without a copy. */
function framesOf(pieces: readonly Uint8Array[], length: number): readonly Uint8Array[] {
  if (length <= MAX_GATHERED_BYTES) return [concatBytes(pieces)];
  return pieces.some((piece) => piece.length > MAX_SENT_FRAME_BYTES) ? pieces.flatMap(inParts) : pieces;
}

function inParts(piece: Uint8Array): Uint8Array[] {
  const count = Math.ceil(piece.length / MAX_SENT_FRAME_BYTES);
  return Array.from({ length: count }, (_, index) =>
    piece.subarray(index * MAX_SENT_FRAME_BYTES, (index + 1) * MAX_SENT_FRAME_BYTES),
  );
}

function isOrderly(code: number): boolean {
  return code === CloseCode.Normal || code === CloseCode.GoingAway || code === CloseCode.None;
}

function closeError(code: number, reason: string): Error {
  if (code === CloseCode.Abnormal) return new Error("the connection broke off without a close frame");
  return new Error(`the peer closed the WebSocket with ${code}${reason === "" ? "" : `: ${reason}`}`);
}
