import type { ByteStream, ByteStreamEvents } from "../byte-stream.ts";
import { PieceQueue } from "./piece-queue.ts";
import type { PostConnection, PostFailure } from "./rtmpt-client-connection.ts";

/** Most of one request: while it is under way, nothing else is. */
export const MAX_REQUEST_BYTES: number = 256 * 1024;
/** What is read while the owner reads nothing, as a kernel's buffers would, so that writes need not wait for it. */
const MAX_HELD_BYTES = 64 * 1024;
const DEFAULT_CLOSE_GRACE_MS = 1000;
/** The unit of the interval byte is 1/64 s; less than 20 ms would only ask more often, and half a second is Flash's most. */
const INTERVAL_UNIT_MS = 1000 / 64;
const SHORTEST_INTERVAL_MS = 20;
const LONGEST_INTERVAL_MS = 500;
/** The interval byte of a session that has ended. */
const CLOSED = 0;
/** The body of requests that carry nothing. */
const ONE_BYTE = new Uint8Array(1);

/** How long to wait after an empty answer, by its first byte. */
export function pollDelayMs(interval: number): number {
  return Math.min(Math.max(interval * INTERVAL_UNIT_MS, SHORTEST_INTERVAL_MS), LONGEST_INTERVAL_MS);
}

export type RtmptSession = {
  readonly transport: "http" | "https";
  /** `address:port`. */
  readonly remoteAddress: string;
  /** Ready for a path. */
  readonly id: string;
  /** The one that the session was opened on. */
  readonly connection: PostConnection;
  /** Rejects with the signal's reason when that aborts. */
  reconnect(signal: AbortSignal): Promise<PostConnection>;
  /** For messages of errors. */
  readonly name: string;
};

/** A request, and what is known of its answer. */
type Exchange = {
  readonly kind: "send" | "idle" | "close";
  readonly body: Uint8Array;
  isRepeated: boolean;
  /** Bytes of the answer that came in this attempt, and in all: a repeated answer begins with what is known. */
  attemptBytes: number;
  takenBytes: number;
  interval: number;
};

/**
 * An open session of RTMPT as a byte stream. One request is under way at a time: what is written meanwhile waits for its
 * answer, and servers may hold that back for a while when they have nothing to say. A request whose connection breaks is
 * repeated once on another one, under the same number, so that neither side loses a byte.
 */
export class RtmptStream implements ByteStream {
  readonly transport: "http" | "https";
  readonly remoteAddress: string;
  readonly #session: RtmptSession;
  readonly #abort: AbortController = new AbortController();
  readonly #outgoing: PieceQueue = new PieceQueue();
  readonly #held: PieceQueue = new PieceQueue();
  #connection: PostConnection;
  #events: ByteStreamEvents | undefined;
  #exchange: Exchange | undefined;
  #sequence = 0;
  #bytesRead = 0;
  #bytesWritten = 0;
  #pollTimer: NodeJS.Timeout | undefined;
  #turn: NodeJS.Immediate | undefined;
  #graceTimer: NodeJS.Timeout | undefined;
  #isPaused = false;
  /** The server has ended the session, and the owner has still to read what came before. */
  #isEnded = false;
  #isClosing = false;
  #isClosed = false;
  #error: Error | undefined;

  constructor(session: RtmptSession) {
    this.transport = session.transport;
    this.remoteAddress = session.remoteAddress;
    this.#session = session;
    this.#connection = session.connection;
  }

  get unsentBytes(): number {
    return this.#outgoing.byteLength + (this.#exchange?.kind === "send" ? this.#exchange.body.length : 0);
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
    else this.#askSoon();
  }

  write(pieces: readonly Uint8Array[]): void {
    if (this.#isClosing || this.#isEnded) return;
    for (const piece of pieces) {
      this.#bytesWritten += piece.length;
      this.#outgoing.push(piece);
    }
    if (this.#outgoing.byteLength > 0) this.#askSoon();
  }

  pause(): void {
    if (this.#isClosing) return;
    this.#isPaused = true;
    clearTimeout(this.#pollTimer);
  }

  resume(): void {
    if (!this.#isPaused || this.#isClosing) return;
    this.#isPaused = false;
    if (this.#held.byteLength > 0) this.#deliver(this.#held.take(this.#held.byteLength));
    if (this.#isPaused || this.#isClosing) return;
    if (this.#isEnded) return this.#end();
    this.#connection.resume();
    this.#askSoon();
  }

  close(graceMs: number = DEFAULT_CLOSE_GRACE_MS): void {
    if (this.#isClosed || this.#isClosing) return;
    this.#isClosing = true;
    this.#held.clear();
    // What still comes is read and dropped: the request under way has to end before what is left is sent.
    this.#connection.resume();
    this.#graceTimer = setTimeout(() => this.destroy(), graceMs);
    this.#graceTimer.unref();
    if (this.#isEnded) this.#finish();
    else this.#askSoon();
  }

  destroy(): void {
    this.#isClosing = true;
    this.#finish();
  }

  /** In the next turn: what is written until then goes into one request, and answers to what just came too. */
  #askSoon(): void {
    if (this.#exchange !== undefined || this.#isClosed) return;
    clearTimeout(this.#pollTimer);
    this.#turn ??= setImmediate(() => {
      this.#turn = undefined;
      this.#ask();
    });
  }

  #ask(): void {
    if (this.#exchange !== undefined || this.#isClosed || this.#isEnded) return;
    // Without an owner there is nobody to read the answer.
    if (this.#events === undefined && !this.#isClosing) return;
    const hasBytes = this.#outgoing.byteLength > 0;
    if (!hasBytes && this.#isPaused && !this.#isClosing) return;
    const kind = hasBytes ? "send" : this.#isClosing ? "close" : "idle";
    const body = hasBytes ? this.#outgoing.take(MAX_REQUEST_BYTES) : ONE_BYTE;
    const exchange: Exchange = { kind, body, isRepeated: false, attemptBytes: 0, takenBytes: 0, interval: CLOSED };
    this.#exchange = exchange;
    this.#post(exchange);
  }

  #post(exchange: Exchange): void {
    if (!this.#connection.isUsable) {
      void this.#reconnect(exchange);
      return;
    }
    this.#connection.post(`/${exchange.kind}/${this.#session.id}/${this.#sequence}`, exchange.body, {
      onData: (bytes) => this.#read(exchange, bytes),
      onEnd: () => this.#answered(exchange),
      onFailure: (failure) => this.#failed(exchange, failure),
    });
  }

  async #reconnect(exchange: Exchange): Promise<void> {
    this.#connection.destroy();
    try {
      const connection = await this.#session.reconnect(this.#abort.signal);
      if (this.#isClosed) return connection.destroy();
      this.#connection = connection;
      this.#post(exchange);
    } catch (error) {
      this.#failed(exchange, { error: error instanceof Error ? error : new Error(String(error)), mayRepeat: true });
    }
  }

  #read(exchange: Exchange, bytes: Uint8Array): void {
    const known = Math.min(exchange.takenBytes - exchange.attemptBytes, bytes.length);
    exchange.attemptBytes += bytes.length;
    let fresh = bytes.subarray(Math.max(known, 0));
    if (fresh.length === 0) return;
    if (exchange.takenBytes === 0) {
      exchange.interval = fresh[0] ?? CLOSED;
      fresh = fresh.subarray(1);
    }
    exchange.takenBytes = exchange.attemptBytes;
    if (exchange.kind === "close" || this.#isClosing || fresh.length === 0) return;
    if (this.#isPaused) this.#hold(fresh);
    else this.#deliver(fresh);
  }

  #hold(bytes: Uint8Array): void {
    this.#held.push(new Uint8Array(bytes));
    if (this.#held.byteLength >= MAX_HELD_BYTES) this.#connection.pause();
  }

  #deliver(bytes: Uint8Array): void {
    this.#bytesRead += bytes.length;
    this.#events?.onBytes(bytes);
  }

  #answered(exchange: Exchange): void {
    if (this.#isClosed) return;
    if (exchange.kind === "close") return this.#finish();
    if (exchange.attemptBytes === 0) return this.#fail(new Error("an answer without its first byte, the interval"));
    if (exchange.attemptBytes < exchange.takenBytes) {
      return this.#fail(new Error("the repeated answer is shorter than what came of it before: bytes are lost"));
    }
    this.#exchange = undefined;
    this.#sequence = (this.#sequence + 1) >>> 0;
    if (exchange.interval === CLOSED) return this.#sessionEnded();
    const wasSent = exchange.kind === "send" && this.#outgoing.byteLength === 0;
    if (wasSent && !this.#isClosing) this.#events?.onDrain();
    if (this.#isClosed || this.#turn !== undefined) return;
    const isEmpty = exchange.takenBytes === 1 && this.#outgoing.byteLength === 0 && !this.#isClosing;
    if (!isEmpty) this.#askSoon();
    else if (!this.#isPaused) this.#pollTimer = setTimeout(() => this.#ask(), pollDelayMs(exchange.interval));
  }

  #sessionEnded(): void {
    this.#isEnded = true;
    this.#outgoing.clear();
    if (this.#isClosing) this.#finish();
    else if (!this.#isPaused) this.#end();
  }

  #end(): void {
    this.#events?.onEnd();
    this.#isClosing = true;
    this.#finish();
  }

  #failed(exchange: Exchange, { error, mayRepeat }: PostFailure): void {
    if (this.#isClosed) return;
    if (!mayRepeat || exchange.isRepeated || exchange.kind === "close") return this.#fail(error);
    exchange.isRepeated = true;
    exchange.attemptBytes = 0;
    this.#post(exchange);
  }

  #fail(cause: Error): void {
    const reason = cause.message.replace(/\.$/, "");
    const error = new Error(`the tunnel ${this.#session.name} broke: ${reason}`, { cause });
    this.#finish(this.#isClosing ? undefined : error);
  }

  #finish(error?: Error): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#error = error;
    clearTimeout(this.#pollTimer);
    clearTimeout(this.#graceTimer);
    clearImmediate(this.#turn);
    this.#outgoing.clear();
    this.#held.clear();
    this.#exchange = undefined;
    this.#abort.abort();
    this.#connection.destroy();
    const events = this.#events;
    if (events !== undefined) queueMicrotask(() => events.onClose(error));
  }
}
