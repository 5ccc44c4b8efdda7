import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";

/** Ends what takes too long: bodies of requests that do not become whole. One timer serves all of a port. */
export class RequestDeadlines {
  readonly #limitMs: number;
  readonly #checkMs: number;
  readonly #onLate: (socket: Socket) => void;
  /** The newest request of each connection, and when its header was whole. */
  readonly #requests = new Map<Socket, { readonly request: IncomingMessage; readonly sinceMs: number }>();
  #timer: NodeJS.Timeout | undefined;

  /** A body may take `limitMs`; looked for every `checkMs`. */
  constructor(limitMs: number, checkMs: number, onLate: (socket: Socket) => void) {
    this.#limitMs = limitMs;
    this.#checkMs = checkMs;
    this.#onLate = onLate;
  }

  /** A request whose header is there. */
  begin(request: IncomingMessage): void {
    this.#requests.set(request.socket, { request, sinceMs: performance.now() });
    this.#timer ??= setInterval(() => this.#check(), this.#checkMs).unref();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#requests.clear();
  }

  #check(): void {
    const nowMs = performance.now();
    for (const [socket, { request, sinceMs }] of this.#requests) {
      if (request.complete || socket.destroyed) this.#requests.delete(socket);
      else if (nowMs - sinceMs > this.#limitMs) {
        this.#requests.delete(socket);
        this.#onLate(socket);
      }
    }
    if (this.#requests.size === 0) this.close();
  }
}
