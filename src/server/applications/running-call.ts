import type { MethodCall } from "./method.ts";

/** A call of a client that has no answer yet. */
export class RunningCall implements MethodCall {
  readonly name: string;
  readonly transactionId: number;
  /** When its time is over. */
  readonly deadlineMs: number;
  #isOver = false;
  /** Made when somebody asks for the signal. */
  #controller: AbortController | undefined;
  #reason: Error | undefined;

  constructor(name: string, transactionId: number, deadlineMs: number) {
    this.name = name;
    this.transactionId = transactionId;
    this.deadlineMs = deadlineMs;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** It has been answered, or never will be. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The method is done. */
  end(): void {
    this.#isOver = true;
  }

  /** Nobody waits for the method any more. */
  abort(reason: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#reason = reason;
    this.#controller?.abort(reason);
  }
}
