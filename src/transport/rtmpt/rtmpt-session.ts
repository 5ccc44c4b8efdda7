import type { ByteStream, ByteStreamEvents } from "../byte-stream.ts";
import { Downstream } from "./downstream.ts";
import type { HttpExchange } from "./http-exchange.ts";
import { SESSION_OVER } from "./poll-interval.ts";
import { RequestLine } from "./request-line.ts";
import type { RequestSlot } from "./request-slot.ts";
import type { TunnelCommand } from "./tunnel-target.ts";

/** How long an idle request waits for data. librtmp and FFmpeg ignore the interval byte and ask at once: docs/interop.md. */
export const IDLE_HOLD_MS = 150;

/**
 * How long each of the first requests with data waits for an answer to it. FFmpeg reads answers only when it sends, so
 * what comes later stays until the next: docs/interop.md.
 */
export const SEND_HOLD_MS = 50;
const HELD_SENDS = 8;

const DEFAULT_CLOSE_GRACE_MS = 1000;
/** How long a closed session keeps its last words for a client that asks rarely. */
export const LINGER_MS = 5_000;

export type RtmptSessionOptions = {
  /** `address:port` of the client that opened it. */
  readonly remoteAddress: string;
  readonly isSecure: boolean;
  readonly maxPendingBytes: number;
  /** Without any request. */
  readonly timeoutMs: number;
  nowMs(): number;
  /** The session takes no more requests. */
  onOver(): void;
};

/**
 * An RTMPT session as a byte stream. What is written waits until the client asks, and TCP connections come and go: only
 * `/close`, silence, or requests that make no stream end it from outside.
 */
export class RtmptSession implements ByteStream {
  readonly transport: "http" | "https";
  readonly remoteAddress: string;
  readonly #options: RtmptSessionOptions;
  readonly #line: RequestLine;
  readonly #downstream: Downstream;
  #events: ByteStreamEvents | undefined;
  #bytesRead = 0;
  #bytesWritten = 0;
  #requestCount = 0;
  #lastRequestAtMs: number;
  #closedAtMs: number | undefined;
  #graceTimer: NodeJS.Timeout | undefined;
  #isSettling = false;
  /** No request is taken any more. */
  #isOver = false;
  /** The owner was, or is just being, told. */
  #isClosed = false;
  #error: Error | undefined;

  constructor(options: RtmptSessionOptions) {
    this.#options = options;
    this.transport = options.isSecure ? "https" : "http";
    this.remoteAddress = options.remoteAddress;
    this.#lastRequestAtMs = options.nowMs();
    this.#line = new RequestLine(options, {
      onBytes: (bytes) => this.#receive(bytes),
      onWorkedOff: (slot) => this.#ask(slot),
      onRepeated: (_slot, exchange) => {
        this.#downstream.askAgain(exchange);
        this.#settleSoon();
      },
      onLost: (exchange) => this.#downstream.forget(exchange),
      onBroken: (reason) => this.#fail(reason),
    });
    this.#downstream = new Downstream({
      onDrain: () => {
        if (this.#closedAtMs === undefined) this.#events?.onDrain();
      },
      onHole: () => this.#fail("an answer of the tunnel was lost, and not asked for again"),
      onOver: () => this.#finish(404, SESSION_ENDED),
    });
  }

  get unsentBytes(): number {
    return this.#downstream.unsentBytes;
  }

  get bytesRead(): number {
    return this.#bytesRead;
  }

  get bytesWritten(): number {
    return this.#bytesWritten;
  }

  /** The owner did not want it, or it is over. */
  get isOver(): boolean {
    return this.#isOver;
  }

  start(events: ByteStreamEvents): void {
    if (this.#events !== undefined) throw new Error("the stream has an owner already");
    this.#events = events;
    if (this.#isClosed) queueMicrotask(() => events.onClose(this.#error));
    else this.resume();
  }

  write(pieces: readonly Uint8Array[]): void {
    if (this.#closedAtMs !== undefined || this.#isOver) return;
    for (const piece of pieces) this.#bytesWritten += piece.length;
    this.#downstream.write(pieces);
    this.#settleSoon();
  }

  pause(): void {
    if (this.#closedAtMs === undefined) this.#line.pause();
  }

  resume(): void {
    this.#line.resume();
    this.#settleSoon();
  }

  close(graceMs: number = DEFAULT_CLOSE_GRACE_MS): void {
    if (this.#closedAtMs !== undefined || this.#isOver) return;
    this.#closedAtMs = this.#options.nowMs();
    this.#graceTimer = setTimeout(() => this.#tellClosed(), graceMs);
    this.#graceTimer.unref();
    this.#downstream.close();
    // What the client still sends is read and dropped.
    this.resume();
  }

  destroy(): void {
    this.#finish(404, SESSION_ENDED);
  }

  /** Takes a request of the client; `exchange` is not read yet. */
  request(kind: TunnelCommand, sequence: number, exchange: HttpExchange): void {
    this.#lastRequestAtMs = this.#options.nowMs();
    this.#line.receive(kind, sequence, exchange);
  }

  /** Does what is due by time. Call about twice a second. */
  tick(nowMs: number): void {
    const { timeoutMs } = this.#options;
    this.#line.tick(nowMs);
    if (this.#line.isWaiting || this.#downstream.isHolding) this.#lastRequestAtMs = nowMs;
    if (this.#closedAtMs !== undefined && nowMs - this.#closedAtMs > LINGER_MS) this.destroy();
    if (nowMs - this.#lastRequestAtMs > timeoutMs) this.#fail(`the tunnel's client asked nothing for ${timeoutMs} ms`);
  }

  #receive(bytes: Uint8Array): void {
    if (this.#closedAtMs !== undefined || this.#isOver) return;
    this.#bytesRead += bytes.length;
    this.#events?.onBytes(bytes);
  }

  #ask(slot: RequestSlot): void {
    if (this.#isOver) return;
    if (slot.kind === "close") return this.#endByClient(slot.exchange);
    this.#requestCount++;
    const isHeld = slot.kind === "idle" || this.#requestCount <= HELD_SENDS;
    this.#downstream.ask(slot, isHeld ? (slot.kind === "idle" ? IDLE_HOLD_MS : SEND_HOLD_MS) : 0);
    this.#settleSoon();
  }

  #endByClient(exchange: HttpExchange): void {
    this.#downstream.end((waiting) => waiting.answer(Uint8Array.of(SESSION_OVER)));
    exchange.answer(Uint8Array.of(SESSION_OVER));
    if (this.#closedAtMs === undefined) this.#events?.onEnd();
    this.#finish(404, SESSION_ENDED);
  }

  /** Later in this turn of the loop: all that is written until then goes into one answer. */
  #settleSoon(): void {
    if (this.#isSettling || this.#isOver) return;
    this.#isSettling = true;
    setImmediate(() => {
      this.#isSettling = false;
      if (this.#isOver) return;
      this.#line.pump();
      this.#downstream.flush();
    });
  }

  #fail(reason: string): void {
    if (this.#isOver) return;
    if (this.#closedAtMs === undefined) this.#error = new Error(reason);
    this.#finish(400, reason);
  }

  /** Whoever still waits for an answer gets an error. */
  #finish(status: number, reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#downstream.end((exchange) => exchange.refuse(status, reason));
    this.#line.close(status, reason);
    this.#options.onOver();
    this.#tellClosed();
  }

  /** Not before the caller has returned, as with a socket. */
  #tellClosed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#graceTimer);
    queueMicrotask(() => this.#events?.onClose(this.#error));
  }
}

const SESSION_ENDED = "the session ended";
