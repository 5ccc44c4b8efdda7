import { LONGEST_TIMEOUT_MS } from "./options.ts";

/** Time and chance, for what is tried again later. */
export type ClientClock = {
  /** Milliseconds of a clock that never goes back. */
  nowMs(): number;
  /** Resolves after that time, or as soon as the signal aborts. */
  wait(delayMs: number, signal: AbortSignal): Promise<void>;
  /** At least 0, and less than 1. */
  random(): number;
};

export const systemClock: ClientClock = {
  nowMs: () => performance.now(),
  wait(delayMs, signal) {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, Math.min(delayMs, LONGEST_TIMEOUT_MS));
    const stop = (): void => {
      clearTimeout(timer);
      resolve();
    };
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    return promise.finally(() => signal.removeEventListener("abort", stop));
  },
  random: Math.random,
};
