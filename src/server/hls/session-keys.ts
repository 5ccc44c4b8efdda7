import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/** After the process: chance, and what proves where the key was made, and for what. */
const CHANCE_BYTES = 7;
const PROOF_BYTES = 8;
const KEY_BYTES = 1 + CHANCE_BYTES + PROOF_BYTES;

/**
 * The names of sessions, which stand in URLs: 32 hexadecimal digits, the first two of them the process. Whoever has one
 * watches as that session, so none is taken that somebody made up, or was given for another path: he could have another
 * client begin the session that he then shares.
 */
export class SessionKeys {
  readonly #worker: number;
  readonly #secret: Uint8Array = randomBytes(32);

  /** `worker`: which of several processes this is; the others hand its sessions on. */
  constructor(worker: number) {
    this.#worker = worker & 0xff;
  }

  create(path: string): string {
    const begin = Buffer.concat([Uint8Array.of(this.#worker), randomBytes(CHANCE_BYTES)]);
    return Buffer.concat([begin, this.#proofOf(begin, path)]).toString("hex");
  }

  isFor(key: string, path: string): boolean {
    const bytes = Buffer.from(key, "hex");
    if (bytes.length !== KEY_BYTES) return false;
    return timingSafeEqual(bytes.subarray(-PROOF_BYTES), this.#proofOf(bytes.subarray(0, -PROOF_BYTES), path));
  }

  #proofOf(begin: Uint8Array, path: string): Uint8Array {
    return createHmac("sha256", this.#secret).update(begin).update(path).digest().subarray(0, PROOF_BYTES);
  }
}
