import type { Found, Inquiry, SupervisorMessage, WorkerMessage } from "./messages.ts";

export type InquiriesOptions = {
  nowMs(): number;
  send(worker: number, message: SupervisorMessage): void;
  /** A worker did not answer in time. */
  onSilent(worker: number): void;
};

/** A worker that sends no piece of its answer for so long is left out. */
export const INQUIRY_MS = 2_000;

type Pending = {
  readonly worker: number;
  readonly values: unknown[];
  readonly settle: (values: readonly unknown[] | undefined) => void;
  deadlineMs: number;
};

/** What workers were asked for people, and have not answered yet. */
export class Inquiries {
  readonly #options: InquiriesOptions;
  readonly #pending = new Map<number, Pending>();
  #count = 0;

  constructor(options: InquiriesOptions) {
    this.#options = options;
  }

  /** Undefined where the worker does not answer in time, or ends before. */
  ask<Asked extends Inquiry>(worker: number, inquiry: Asked): Promise<readonly Found[Asked["kind"]][] | undefined> {
    const id = ++this.#count;
    const deadlineMs = this.#options.nowMs() + INQUIRY_MS;
    return new Promise((resolve) => {
      const settle = (values: readonly unknown[] | undefined): void =>
        resolve(values as readonly Found[Asked["kind"]][] | undefined);
      this.#pending.set(id, { worker, values: [], settle, deadlineMs });
      this.#options.send(worker, { kind: "inquiry", id, inquiry });
    });
  }

  receive(worker: number, { id, values, isLast }: WorkerMessage & { readonly kind: "found" }): void {
    const pending = this.#pending.get(id);
    if (pending?.worker !== worker) return;
    for (const value of values) pending.values.push(value);
    pending.deadlineMs = this.#options.nowMs() + INQUIRY_MS;
    if (isLast) this.#settle(id, pending, pending.values);
  }

  /** A worker is gone. */
  remove(worker: number): void {
    for (const [id, pending] of this.#pending) if (pending.worker === worker) this.#settle(id, pending, undefined);
  }

  /** Call about twice a second. */
  tick(nowMs: number): void {
    for (const [id, pending] of this.#pending) {
      if (nowMs < pending.deadlineMs) continue;
      this.#settle(id, pending, undefined);
      this.#options.onSilent(pending.worker);
    }
  }

  #settle(id: number, { settle }: Pending, values: readonly unknown[] | undefined): void {
    this.#pending.delete(id);
    settle(values);
  }
}
