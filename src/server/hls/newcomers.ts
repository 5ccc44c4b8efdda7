import type { HlsSession } from "./hls-session.ts";

/** Of one network: viewers who open a playlist at the same moment, and have not fetched what it names. */
export const MAX_NEWCOMERS = 256;

/**
 * Sessions that were let in and have asked for nothing since. One costs its client a single request and no connection, so
 * that a few clients could take every viewer's place; of each network only so many are kept. Who gives way comes back by
 * asking: `HlsSessions.admit`.
 */
export class Newcomers {
  readonly #byNetwork = new Map<string, Set<HlsSession>>();

  /** The oldest that waits for nothing gives way where there are too many. False where all of them wait for an answer. */
  makeRoom(network: string): boolean {
    const sessions = this.#byNetwork.get(network);
    if (sessions === undefined || sessions.size < MAX_NEWCOMERS) return true;
    for (const session of sessions) {
      if (session.isWaiting) continue;
      session.giveWay();
      return true;
    }
    return false;
  }

  add(network: string, session: HlsSession): void {
    const sessions = this.#byNetwork.get(network) ?? new Set();
    sessions.add(session);
    this.#byNetwork.set(network, sessions);
  }

  /** It has asked again, or is over. */
  delete(network: string, session: HlsSession): void {
    const sessions = this.#byNetwork.get(network);
    sessions?.delete(session);
    if (sessions?.size === 0) this.#byNetwork.delete(network);
  }
}
