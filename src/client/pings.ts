import type { Wire } from "../rtmp/session/wire.ts";
import { type PendingAnswer, pendingAnswer } from "./pending-answer.ts";
import { rejectOnAbort } from "./reject-on-abort.ts";

/** Pings of one connection: an answer is everybody's who waits. */
export class Pings {
  readonly #wire: Wire;
  readonly #waiting = new Set<PendingAnswer<void>>();

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  /** Queues a ping; the round trip in milliseconds. */
  async ping(timeoutMs: number, signal: AbortSignal | undefined): Promise<number> {
    signal?.throwIfAborted();
    const pong = pendingAnswer<void>("the server did not answer ping", timeoutMs);
    this.#waiting.add(pong);
    const stopListening = rejectOnAbort(signal, pong.reject);
    this.#wire.sendPingRequest(performance.now());
    try {
      await pong.promise;
      return this.#wire.roundTripMs ?? 0;
    } finally {
      stopListening();
      this.#waiting.delete(pong);
    }
  }

  answered(): void {
    for (const pong of this.#waiting) pong.resolve();
  }

  rejectAll(error: Error): void {
    for (const pong of this.#waiting) pong.reject(error);
  }
}
