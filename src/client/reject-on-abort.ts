/** Calls `reject` when the signal aborts, or at once where it has. Returns a function that undoes it. */
export function rejectOnAbort(signal: AbortSignal | undefined, reject: (error: Error) => void): () => void {
  if (signal === undefined) return () => {};
  const onAbort = (): void => reject(abortError(signal));
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  return () => signal.removeEventListener("abort", onAbort);
}

/** The signal's reason, which may be anything. */
export function abortError(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return reason instanceof Error ? reason : new Error("aborted", { cause: reason });
}
