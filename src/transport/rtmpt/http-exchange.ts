import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { ProtocolError } from "../../errors.ts";

export type HttpExchangeEvents = {
  /** A part of the body; it stays as it is. */
  onBytes?(bytes: Uint8Array): void;
  onEnd(): void;
  /** The body was longer than allowed, or took too long: it was refused, and no more comes. */
  onRefused?(reason: string): void;
  /** The TCP connection closed before the request was answered. */
  onLost?(): void;
};

export type HttpExchangeOptions = {
  readonly maxBodyBytes: number;
  readonly nowMs: number;
  /** Holds this exchange as long as its body comes. */
  readonly receiving: Set<HttpExchange>;
  /** Told of a body that is too long or too slow, whatever the request was for. */
  onRefused(error: ProtocolError): void;
};

/** The exchanges of a TCP connection that are not over. Node tells of a lost connection only the first of them. */
const openExchanges = new WeakMap<Socket, Set<HttpExchange>>();

/** One HTTP request with a body, and its answer. Neither is held back by HTTP itself: the body comes as it arrives. */
export class HttpExchange {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #maxBodyBytes: number;
  readonly #receiving: Set<HttpExchange>;
  readonly #onRefused: (error: ProtocolError) => void;
  #events: HttpExchangeEvents | undefined;
  #bodyBytes = 0;
  #receivesSinceMs: number;
  #isWhole = false;
  #isAnswered = false;
  #isOver = false;
  #isStopped = false;
  #onSent: ((isSent: boolean) => void) | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, options: HttpExchangeOptions) {
    this.#request = request;
    this.#response = response;
    this.#maxBodyBytes = options.maxBodyBytes;
    this.#receivesSinceMs = options.nowMs;
    this.#receiving = options.receiving;
    this.#onRefused = options.onRefused;
    // Their owner is told once, by the connection's end.
    request.on("error", () => {});
    response.on("error", () => {});
    response.once("finish", () => this.#finish(true));
    this.#watchConnection();
  }

  get canAnswer(): boolean {
    return !this.#isAnswered && !this.#isOver;
  }

  /** Begins to read the body; once. One that announces too much is refused before anything is read. */
  receive(events: HttpExchangeEvents): void {
    this.#events = events;
    this.#receiving.add(this);
    const request = this.#request;
    if (this.#declaredBytes > this.#maxBodyBytes) return this.#refuseLength();
    request.on("data", (bytes: Uint8Array) => this.#take(bytes));
    request.once("end", () => {
      if (this.#isBodyOver) return;
      this.#isWhole = true;
      this.#receiving.delete(this);
      this.#events?.onEnd();
    });
  }

  /** Stops reading the body, for back-pressure. Returns how much of it Node may read and keep nevertheless. */
  stop(): number {
    const isLengthKnown = "content-length" in this.#request.headers;
    const comingBytes = isLengthKnown ? this.#declaredBytes - this.#bodyBytes : Number.POSITIVE_INFINITY;
    if (this.#isStopped || this.#isBodyOver || comingBytes === 0) return 0;
    this.#isStopped = true;
    this.#request.pause();
    return Math.min(comingBytes, this.#request.readableHighWaterMark);
  }

  /** Reads on. The time of a body does not count while it was not read. */
  goOn(nowMs: number): void {
    if (!this.#isStopped) return;
    this.#receivesSinceMs = nowMs;
    this.#release();
  }

  /** Refuses a body that takes longer than `requestMs`. */
  tick(nowMs: number, requestMs: number): void {
    if (this.#isBodyOver || this.#isStopped || nowMs - this.#receivesSinceMs <= requestMs) return;
    const message = `the body of a request was not there after ${requestMs} ms`;
    this.#refuseBody(408, new ProtocolError("timeout.request", message));
  }

  /** Answers with 200. `onSent` tells whether the kernel got all of it, or the connection closed first. */
  answer(body: Uint8Array, onSent?: (isSent: boolean) => void): void {
    if (!this.canAnswer) return;
    this.#onSent = onSent;
    this.#send(200, "application/x-fcs", body);
  }

  /** Answers with an error; a body that is still coming goes down with its connection. */
  refuse(status: number, reason: string): void {
    if (!this.canAnswer) return;
    if (status === 405) this.#response.setHeader("Allow", "POST");
    this.#send(status, "text/plain", Buffer.from(reason === "" ? "" : `${reason}\n`));
  }

  get #isBodyOver(): boolean {
    return this.#isWhole || this.#isAnswered || this.#isOver;
  }

  /** 0 for one without a length. */
  get #declaredBytes(): number {
    return Number(this.#request.headers["content-length"] ?? 0);
  }

  #take(bytes: Uint8Array): void {
    if (this.#isBodyOver) return;
    this.#bodyBytes += bytes.length;
    if (this.#bodyBytes > this.#maxBodyBytes) return this.#refuseLength();
    // No Buffer: its slice() is a view, where everybody above means a copy.
    this.#events?.onBytes?.(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length));
  }

  #refuseLength(): void {
    const message = `the body of a request is longer than ${this.#maxBodyBytes} bytes`;
    this.#refuseBody(413, new ProtocolError("http.request", message));
  }

  #refuseBody(status: number, error: ProtocolError): void {
    this.refuse(status, error.message);
    this.#onRefused(error);
    this.#events?.onRefused?.(error.message);
  }

  /**
   * Head and body in one write: Nagle's algorithm and delayed acknowledgements would make 40 ms of two. The names are
   * written as librtmp looks for them: docs/interop.md.
   */
  #send(status: number, contentType: string, body: Uint8Array): void {
    this.#isAnswered = true;
    this.#receiving.delete(this);
    this.#release();
    const response = this.#response;
    const isKept = response.shouldKeepAlive && (this.#isWhole || status === 200);
    response.sendDate = false;
    response.writeHead(status, {
      "Content-Type": contentType,
      "Content-Length": body.length,
      "Cache-Control": "no-cache",
      Connection: isKept ? "Keep-Alive" : "close",
    });
    response.end(body);
  }

  #release(): void {
    if (!this.#isStopped) return;
    this.#isStopped = false;
    this.#request.resume();
  }

  #watchConnection(): void {
    const { socket } = this.#request;
    const watched = openExchanges.get(socket);
    if (watched !== undefined) {
      watched.add(this);
      return;
    }
    const exchanges = new Set([this]);
    openExchanges.set(socket, exchanges);
    socket.once("close", () => {
      for (const exchange of exchanges) exchange.#finish(false);
    });
  }

  #finish(isSent: boolean): void {
    openExchanges.get(this.#request.socket)?.delete(this);
    this.#receiving.delete(this);
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#isAnswered) this.#onSent?.(isSent);
    else this.#events?.onLost?.();
  }
}
