import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { AuthenticationMode } from "../../rtmp/authentication/access-manager.ts";

/** How long an encoder has between two of its connections. */
export const CHALLENGE_LIFETIME_MS = 60_000;
/** Beyond it the oldest of those that were used is forgotten. */
export const MAX_USED_CHALLENGES = 10_000;
/** As text: it fits into the description that FFmpeg reads, beside the longest name. */
export const CHALLENGE_CHARACTERS = 24;

/** When it was issued, in milliseconds. */
const TIME_BYTES = 6;
const RANDOM_BYTES = 4;
/** The rest of 18 bytes, which are 24 characters of base64, without padding. */
const PROOF_BYTES = 8;

/**
 * What users are given to sign: `opaque` of Adobe's scheme, `nonce` of Limelight's. Nothing is kept of those that are open:
 * each proves by an HMAC when and for whom it was made, so whoever has the secret, in whatever process, can check it. Good
 * for one answer here; where several processes have the secret, for one in each, within the lifetime.
 */
export class Challenges {
  readonly #secret: Uint8Array;
  /** Until when, the oldest first. */
  readonly #used = new Map<string, number>();

  constructor(secret: Uint8Array) {
    this.#secret = secret;
  }

  /** Those that were used and could be used again otherwise. */
  get usedCount(): number {
    return this.#used.size;
  }

  /** The time is that of the system, which all processes share. */
  issue(mode: AuthenticationMode, user: string, nowMs: number): string {
    const head = Buffer.alloc(TIME_BYTES + RANDOM_BYTES);
    head.writeUIntBE(Math.floor(nowMs), 0, TIME_BYTES);
    head.set(randomBytes(RANDOM_BYTES), TIME_BYTES);
    return Buffer.concat([head, this.#proof(mode, user, head)]).toString("base64");
  }

  /** Uses it up. False for one that was not given to this user, was used, or has expired. */
  redeem(mode: AuthenticationMode, user: string, id: string, nowMs: number): boolean {
    this.forgetExpired(nowMs);
    const bytes = Buffer.from(id, "base64");
    // Other spellings of the same bytes would be as good as new.
    if (bytes.length !== TIME_BYTES + RANDOM_BYTES + PROOF_BYTES || bytes.toString("base64") !== id) return false;
    const head = bytes.subarray(0, TIME_BYTES + RANDOM_BYTES);
    if (!timingSafeEqual(this.#proof(mode, user, head), bytes.subarray(head.length))) return false;
    const ageMs = nowMs - head.readUIntBE(0, TIME_BYTES);
    if (Math.abs(ageMs) >= CHALLENGE_LIFETIME_MS || this.#used.has(id)) return false;
    const [oldest] = this.#used.keys();
    if (this.#used.size >= MAX_USED_CHALLENGES && oldest !== undefined) this.#used.delete(oldest);
    // Twice as long: one from a clock that is ahead lives on.
    this.#used.set(id, nowMs + 2 * CHALLENGE_LIFETIME_MS);
    return true;
  }

  forgetExpired(nowMs: number): void {
    for (const [id, expiresAtMs] of this.#used) {
      if (nowMs < expiresAtMs) return;
      this.#used.delete(id);
    }
  }

  #proof(mode: AuthenticationMode, user: string, head: Uint8Array): Uint8Array {
    const proof = createHmac("sha256", this.#secret).update(`challenge ${mode} ${user} `).update(head).digest();
    return proof.subarray(0, PROOF_BYTES);
  }
}
