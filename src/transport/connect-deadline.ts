import type { Socket } from "node:net";

const DEFAULT_CONNECT_TIMEOUT_MS = 10_000;

export type ConnectLimits = {
  /** Gives up when aborted: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** For all the steps together: looking up the name, connecting, proxy, TLS. @default 10_000 */
  readonly timeoutMs?: number;
};

/** What one attempt to connect, of whatever steps, hands to each of them. */
export type ConnectDeadline = { readonly signal: AbortSignal; readonly timeoutMs: number };

/**
 * Gives the steps of a connection one signal, which aborts with the caller's, or with `timeoutError` when time is up.
 * Steps end what they opened when it does.
 */
export async function withDeadline<Result>(
  { signal: outer, timeoutMs = DEFAULT_CONNECT_TIMEOUT_MS }: ConnectLimits,
  timeoutError: (timeoutMs: number) => Error,
  connect: (deadline: ConnectDeadline) => Promise<Result>,
): Promise<Result> {
  outer?.throwIfAborted();
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(outer?.reason);
  const timer = setTimeout(() => controller.abort(timeoutError(timeoutMs)), timeoutMs);
  outer?.addEventListener("abort", onAbort, { once: true });
  try {
    return await connect({ signal: controller.signal, timeoutMs });
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener("abort", onAbort);
  }
}

/** Resolves when the socket is connected. Destroys it and rejects when it fails, and when the signal aborts. */
export function untilConnected(
  socket: Socket,
  event: "connect" | "secureConnect",
  signal: AbortSignal,
  explain: (error: Error) => Error,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (reason: unknown): void => {
      signal.removeEventListener("abort", onAbort);
      socket.destroy();
      reject(reason);
    };
    const onAbort = (): void => fail(signal.reason);
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    // Stays: one more error may come after a failure, and before the connection has an owner.
    socket.on("error", (error) => fail(explain(error)));
    socket.once(event, () => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    });
  });
}
