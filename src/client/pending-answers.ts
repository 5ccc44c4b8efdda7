import { type PendingAnswer, pendingAnswer } from "./pending-answer.ts";

/** Requests that wait for an answer, by transaction id. */
export class PendingAnswers<Value> {
  readonly #answers = new Map<number, PendingAnswer<Value>>();
  readonly #peer: string;

  /** Who is waited for, in words. */
  constructor(peer = "the server") {
    this.#peer = peer;
  }

  /** Settles with the answer, or rejects with `timeout.answer`; `name` is what was asked. */
  async wait(transactionId: number, name: string, timeoutMs: number): Promise<Value> {
    const answer = pendingAnswer<Value>(`${this.#peer} did not answer ${name}`, timeoutMs);
    this.#answers.set(transactionId, answer);
    try {
      return await answer.promise;
    } finally {
      this.#answers.delete(transactionId);
    }
  }

  /** False when nobody waits, or not any more. */
  resolve(transactionId: number, value: Value): boolean {
    const answer = this.#answers.get(transactionId);
    answer?.resolve(value);
    return answer !== undefined;
  }

  reject(transactionId: number, error: Error): void {
    this.#answers.get(transactionId)?.reject(error);
  }

  rejectAll(error: Error): void {
    for (const answer of this.#answers.values()) answer.reject(error);
  }
}
