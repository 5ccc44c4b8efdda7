import type { ClientClock } from "./clock.ts";

/** How a stream goes on when its connection is lost. */
export type ReconnectOptions = {
  /** The longest first pause; each further one may be twice as long. @default 500 */
  readonly firstMs?: number;
  /** The longest pause of all. @default 30_000 */
  readonly maxMs?: number;
  /** Which part of a pause is left to chance, 0 to 1, so that not all clients come back at once. @default 1 */
  readonly jitter?: number;
  /** Attempts in a row; a stream that has lasted for 10 seconds begins to count anew. @default Infinity */
  readonly maxAttempts?: number;
  /** Try again also where the server says no. @default false: a wrong key stays wrong */
  readonly retryRefusals?: boolean;
  /** Begin with it: the first connection may fail as well. @default false */
  readonly fromStart?: boolean;
  /** Called with what happens. */
  readonly onEvent?: (event: ReconnectEvent) => void;
};

/** What happens to the connection of a stream. */
export type ReconnectEvent =
  /** The connection is gone. Media is dropped, or does not come, until `connected`. */
  | { readonly kind: "lost"; readonly reason: string }
  /** The next attempt comes after a pause; the first is number 1. */
  | { readonly kind: "waiting"; readonly attempt: number; readonly delayMs: number }
  | { readonly kind: "failed"; readonly attempt: number; readonly error: Error }
  /** The server asks the client to go there; the stream goes on meanwhile. Enhanced RTMP v2. */
  | { readonly kind: "moving"; readonly url: string }
  /** The stream goes on at that URL, which has neither password nor key. */
  | { readonly kind: "connected"; readonly url: string }
  | { readonly kind: "gave-up"; readonly reason: string };

export type ResolvedReconnectOptions = Required<Omit<ReconnectOptions, "onEvent">> & Pick<ReconnectOptions, "onEvent">;

/** A RangeError for numbers that make no sense. */
export function resolveReconnectOptions(options: true | ReconnectOptions): ResolvedReconnectOptions {
  const {
    firstMs = 500,
    maxMs = 30_000,
    jitter = 1,
    maxAttempts = Number.POSITIVE_INFINITY,
    ...others
  } = options === true ? {} : options;
  if (!(firstMs > 0 && maxMs >= firstMs)) throw new RangeError("reconnect needs 0 < firstMs <= maxMs");
  if (!(jitter >= 0 && jitter <= 1)) throw new RangeError("the jitter of reconnect is from 0 to 1");
  if (!(maxAttempts >= 1)) throw new RangeError("reconnect needs maxAttempts of at least 1");
  return { retryRefusals: false, fromStart: false, ...others, firstMs, maxMs, jitter, maxAttempts };
}

/** The pause before an attempt, of which the first is number 1: twice as long each time, up to the longest. */
export function backoffMs(
  attempt: number,
  { firstMs, maxMs, jitter }: Pick<ResolvedReconnectOptions, "firstMs" | "maxMs" | "jitter">,
  random: ClientClock["random"],
): number {
  const longestMs = Math.min(maxMs, firstMs * 2 ** (attempt - 1));
  return longestMs * (1 - jitter * random());
}
