import type { Decision } from "./hooks.ts";

/**
 * The other processes of a server that runs in several, as one of them sees them: names and limits are one for all. A
 * server without it is alone. Whatever a promise waits for, only the connection that asks is held up.
 */
export type ServerPool = {
  /** Whether one more connection of that network is within the limits of the whole server. */
  admit(network: string): Promise<Decision>;
  /** An admitted connection has ended. */
  left(network: string): void;
  /**
   * Somebody wants to publish `broadcastName` here. Allowed once no publisher in another process stands in the way, by the
   * rules for busy names; `publisher` describes the new one in their logs. Undefined: allowed, and nothing to wait for.
   */
  claim(broadcastName: string, publisher: string): Promise<Decision> | undefined;
  /**
   * Somebody wants to watch `broadcastName` here. Resolves when the broadcast of this process gets what a publisher in
   * another process sends, or nobody publishes it yet. Undefined: nothing to wait for.
   */
  watch(broadcastName: string): Promise<void> | undefined;
  /** About twice a second: lets go of names that are neither published nor watched here any more. */
  tick(nowMs: number): void;
};
