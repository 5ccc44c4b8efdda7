import type { CommandContext } from "./context.ts";

/** `npm start` passes on the INT of a Ctrl+C, which the terminal has sent to us too: these two count as one. */
const SAME_KEY_PRESS_MS = 250;

/** Calls `onStop` with 1 for the first INT or TERM, 2 for the second, …. Returns a function that ends it. */
export function countStopSignals(
  context: Pick<CommandContext, "clock" | "onSignal">,
  onStop: (count: number) => void,
): () => void {
  let count = 0;
  let lastInterruptMs = Number.NEGATIVE_INFINITY;
  const stop = (): void => onStop(++count);
  const interrupt = (): void => {
    const nowMs = context.clock.nowMs();
    const isRepeated = nowMs - lastInterruptMs < SAME_KEY_PRESS_MS;
    lastInterruptMs = nowMs;
    if (!isRepeated) stop();
  };
  const undo = [context.onSignal("SIGINT", interrupt), context.onSignal("SIGTERM", stop)];
  return () => {
    for (const stopListening of undo) stopListening();
  };
}
