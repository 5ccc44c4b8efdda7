import type { ProtocolErrorCode } from "../errors.ts";
import { clientError } from "./client-error.ts";
import { LONGEST_TIMEOUT_MS } from "./options.ts";

/** Somebody waits for the server. */
export type PendingAnswer<Value> = {
  readonly promise: Promise<Value>;
  /** Nothing happens when the wait is over already. */
  resolve(value: Value): void;
  reject(error: Error): void;
};

/** `missing` says what did not happen when `timeoutMs` have passed: "the server did not answer publish". */
export function pendingAnswer<Value>(
  missing: string,
  timeoutMs: number,
  code: ProtocolErrorCode = "timeout.answer",
): PendingAnswer<Value> {
  const { promise, resolve, reject } = Promise.withResolvers<Value>();
  const waitMs = Math.min(timeoutMs, LONGEST_TIMEOUT_MS);
  const timer = setTimeout(() => reject(clientError(code, `${missing} within ${timeoutMs} ms`)), waitMs);
  // Whoever fails before it comes to waiting has an error of its own: this one must not end the process.
  promise.catch(() => {});
  return {
    promise,
    resolve(value) {
      clearTimeout(timer);
      resolve(value);
    },
    reject(error) {
      clearTimeout(timer);
      reject(error);
    },
  };
}
