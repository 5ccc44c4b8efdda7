import type { SupervisorMessage, WorkerMessage } from "./messages.ts";

export type Answer = Extract<SupervisorMessage, { readonly kind: "answer" }>;

/** The way to the supervisor. */
export type SupervisorPort = { send(message: WorkerMessage): void };

/** What a worker has asked its supervisor. Each question is answered, unless the supervisor is gone, and the worker ends. */
export class Questions {
  readonly #port: SupervisorPort;
  readonly #open = new Map<number, (answer: Answer) => void>();
  #count = 0;

  constructor(port: SupervisorPort) {
    this.#port = port;
  }

  /** The answer is told in order with the other messages of the supervisor. */
  ask(question: (id: number) => WorkerMessage, answered: (answer: Answer) => void): void {
    const id = ++this.#count;
    this.#open.set(id, answered);
    this.#port.send(question(id));
  }

  receive(answer: Answer): void {
    const answered = this.#open.get(answer.id);
    this.#open.delete(answer.id);
    answered?.(answer);
  }
}
