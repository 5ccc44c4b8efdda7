import type { AuthenticationMode } from "../../rtmp/authentication/access-manager.ts";

/** What one user was given to sign. */
export type Challenge = {
  readonly mode: AuthenticationMode;
  readonly user: string;
  /** What the client sends back: `opaque` of Adobe's scheme, `nonce` of Limelight's. */
  readonly id: string;
  readonly expiresAtMs: number;
};

/** How long an encoder has between two of its connections. */
export const CHALLENGE_LIFETIME_MS = 60_000;
/** Beyond it the oldest is forgotten: real encoders need theirs for some milliseconds. */
export const MAX_CHALLENGES = 10_000;

/** Challenges that were given out and not used yet: each is good for one answer of one user. */
export class Challenges {
  /** The oldest first. */
  readonly #open = new Map<string, Challenge>();

  get size(): number {
    return this.#open.size;
  }

  issue(mode: AuthenticationMode, user: string, id: string, nowMs: number): void {
    this.forgetExpired(nowMs);
    const [oldest] = this.#open.keys();
    if (this.#open.size >= MAX_CHALLENGES && oldest !== undefined) this.#open.delete(oldest);
    this.#open.set(id, { mode, user, id, expiresAtMs: nowMs + CHALLENGE_LIFETIME_MS });
  }

  /** Uses it up, whoever asks. False for one that was not given to this user, was used, or has expired. */
  redeem(mode: AuthenticationMode, user: string, id: string, nowMs: number): boolean {
    const challenge = this.#open.get(id);
    this.#open.delete(id);
    return (
      challenge !== undefined && challenge.mode === mode && challenge.user === user && nowMs < challenge.expiresAtMs
    );
  }

  forgetExpired(nowMs: number): void {
    for (const { id, expiresAtMs } of this.#open.values()) {
      if (nowMs < expiresAtMs) return;
      this.#open.delete(id);
    }
  }
}
