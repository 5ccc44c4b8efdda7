import type { HttpExchange } from "./http-exchange.ts";
import { PieceQueue } from "./piece-queue.ts";
import { PollInterval, SESSION_OVER } from "./poll-interval.ts";
import type { RequestSlot } from "./request-slot.ts";

/** The longest body of an answer, its first byte included: larger ones delay what is urgent, and some proxies. */
export const MAX_ANSWER_BYTES: number = 64 * 1024;
/** Answers with data up to this length are all made in one buffer, which the tunnel keeps. */
export const KEPT_ANSWER_BYTES: number = 32 * 1024;

export type DownstreamEvents = {
  /** The kernel has all that was written. */
  onDrain(): void;
  /** An answer with data was lost, and the client has gone on without it. */
  onHole(): void;
  /** All was delivered after `close`, and the client knows that the session is over. */
  onOver(): void;
};

/** An answer with data that the kernel has not got wholly. */
type Flight = { readonly slot: RequestSlot; readonly bytes: number; isLost: boolean };

/**
 * Keeps what is written until a request takes it. Only the newest request gets data, and only when the answer before is
 * with the kernel: so the client reads answers in the order of its requests, whatever TCP connections they came on.
 */
export class Downstream {
  readonly #events: DownstreamEvents;
  readonly #interval = new PollInterval();
  readonly #pending = new PieceQueue();
  /** The newest request that was worked off, and its answer once it is given. */
  #newest: { readonly slot: RequestSlot; answer: Uint8Array | undefined } | undefined;
  /** Who waits for that answer. */
  #waiting: HttpExchange | undefined;
  /** How long the newest request waits for data. */
  #holdMs = 0;
  #holdTimer: NodeJS.Timeout | undefined;
  #flight: Flight | undefined;
  /** Where the next answer is made. No answer before it is under way then, or may be asked for again. */
  #answerBuffer: Uint8Array | undefined;
  #awaitsDrain = false;
  #isClosing = false;
  #isOver = false;

  constructor(events: DownstreamEvents) {
    this.#events = events;
  }

  get unsentBytes(): number {
    return this.#pending.byteLength + (this.#flight?.bytes ?? 0);
  }

  /** A request waits for its answer. */
  get isHolding(): boolean {
    return this.#waiting !== undefined;
  }

  /** Keeps the pieces; `flush` sends them. */
  write(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) this.#pending.push(piece);
    if (this.#pending.byteLength > 0) this.#awaitsDrain = true;
  }

  /** A request was worked off: it gets what there is at the next `flush`, or after `holdMs` an answer without data. */
  ask(slot: RequestSlot, holdMs: number): void {
    this.#answerEmpty(this.#interval.afterActivity());
    this.#newest = { slot, answer: undefined };
    this.#holdMs = holdMs;
    if (slot.exchange.canAnswer) this.#waiting = slot.exchange;
    if (this.#flight?.isLost) this.#events.onHole();
  }

  /** The newest request came again: it gets the answer that it had, if it had one. */
  askAgain(exchange: HttpExchange): void {
    const { slot, answer } = this.#newest ?? {};
    if (slot === undefined || answer === undefined) {
      this.#stopWaiting()?.refuse(400, "the request came again");
      this.#waiting = exchange;
    } else if (answer.length > 1) {
      // The first exchange may still be sending it when the next answer is made.
      this.#answerBuffer = undefined;
      this.#send(exchange, slot, answer, this.#flight?.bytes ?? 0);
    } else {
      exchange.answer(answer);
    }
  }

  /** The request went down before it was answered. */
  forget(exchange: HttpExchange): void {
    if (exchange === this.#waiting) this.#stopWaiting();
  }

  /** Sends what is pending, if somebody waits for it. */
  flush(): void {
    if (this.#waiting === undefined || this.#isOver) return;
    if (this.#flight === undefined && this.#pending.byteLength > 0) return this.#answerData();
    if (this.#flight === undefined && this.#isClosing) return this.#answerOver();
    if (this.#holdMs === 0) this.#answerHeld();
    else this.#holdTimer ??= setTimeout(() => this.#answerHeld(), this.#holdMs);
  }

  /** Tells the client that the session is over as soon as all is delivered. */
  close(): void {
    this.#isClosing = true;
  }

  /** Drops what is pending, and answers whoever waits. */
  end(answer: (exchange: HttpExchange) => void): void {
    this.#isOver = true;
    this.#pending.clear();
    this.#flight = undefined;
    const waiting = this.#stopWaiting();
    if (waiting !== undefined) answer(waiting);
  }

  #answerData(): void {
    const exchange = this.#stopWaiting();
    const newest = this.#newest;
    if (exchange === undefined || newest === undefined) return;
    const answer = this.#noteAnswer(this.#interval.afterActivity(), this.#pending.takePieces(MAX_ANSWER_BYTES - 1));
    this.#send(exchange, newest.slot, answer, answer.length - 1);
  }

  #answerOver(): void {
    this.#answerEmpty(SESSION_OVER);
    this.#events.onOver();
  }

  #answerHeld(): void {
    const isIdle = this.#newest?.slot.kind === "idle";
    this.#answerEmpty(isIdle ? this.#interval.afterSilence() : this.#interval.afterActivity());
  }

  #answerEmpty(firstByte: number): void {
    this.#stopWaiting()?.answer(this.#noteAnswer(firstByte, []));
  }

  #send(exchange: HttpExchange, slot: RequestSlot, answer: Uint8Array, bytes: number): void {
    const flight: Flight = { slot, bytes, isLost: false };
    this.#flight = flight;
    exchange.answer(answer, (isSent) => this.#landed(flight, isSent));
  }

  #landed(flight: Flight, isSent: boolean): void {
    if (flight !== this.#flight || this.#isOver) return;
    if (isSent) {
      this.#flight = undefined;
      this.flush();
      this.#tellDrain();
    } else if (flight.slot === this.#newest?.slot) {
      flight.isLost = true;
    } else {
      this.#events.onHole();
    }
  }

  #tellDrain(): void {
    if (!this.#awaitsDrain || this.unsentBytes > 0 || this.#isOver) return;
    this.#awaitsDrain = false;
    this.#events.onDrain();
  }

  #stopWaiting(): HttpExchange | undefined {
    const exchange = this.#waiting;
    this.#waiting = undefined;
    clearTimeout(this.#holdTimer);
    this.#holdTimer = undefined;
    return exchange;
  }

  #noteAnswer(firstByte: number, data: readonly Uint8Array[]): Uint8Array {
    let length = 1;
    for (const piece of data) length += piece.length;
    const answer = length === 1 ? new Uint8Array(1) : this.#bufferFor(length);
    answer[0] = firstByte;
    let at = 1;
    // A copy: the answer may be asked for again when its owner has made something else of the pieces.
    for (const piece of data) {
      answer.set(piece, at);
      at += piece.length;
    }
    if (this.#newest !== undefined) this.#newest.answer = answer;
    return answer;
  }

  #bufferFor(length: number): Uint8Array {
    if (length > KEPT_ANSWER_BYTES) return new Uint8Array(length);
    this.#answerBuffer ??= new Uint8Array(KEPT_ANSWER_BYTES);
    return this.#answerBuffer.subarray(0, length);
  }
}
