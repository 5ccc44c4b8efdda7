import { randomBytes } from "node:crypto";

/** What a browser shows instead of the token once it is signed in. */
export type Session = { readonly id: string; readonly expiresAtMs: number };

const ID_BYTES = 32;

/** The browsers that are signed in: a bounded number, each for a bounded time. */
export class Sessions {
  readonly #maxSessions: number;
  readonly #sessionMs: number;
  /** The oldest first. */
  readonly #expiresAtMs = new Map<string, number>();

  constructor(options: { readonly maxSessions: number; readonly sessionMs: number }) {
    this.#maxSessions = options.maxSessions;
    this.#sessionMs = options.sessionMs;
  }

  /** `ended` are the ids of those that make room. */
  begin(nowMs: number): { readonly session: Session; readonly ended: readonly string[] } {
    const ended: string[] = [];
    for (const [id, expiresAtMs] of this.#expiresAtMs) {
      if (expiresAtMs > nowMs && this.#expiresAtMs.size < this.#maxSessions) break;
      this.#expiresAtMs.delete(id);
      ended.push(id);
    }
    const session = { id: randomBytes(ID_BYTES).toString("base64url"), expiresAtMs: nowMs + this.#sessionMs };
    this.#expiresAtMs.set(session.id, session.expiresAtMs);
    return { session, ended };
  }

  /** Undefined for one that is not, or no more. An id is too long to be found by its timing. */
  find(id: string, nowMs: number): Session | undefined {
    const expiresAtMs = this.#expiresAtMs.get(id);
    return expiresAtMs === undefined || expiresAtMs <= nowMs ? undefined : { id, expiresAtMs };
  }

  end(id: string): void {
    this.#expiresAtMs.delete(id);
  }

  endAll(): void {
    this.#expiresAtMs.clear();
  }
}
