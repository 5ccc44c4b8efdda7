import { networkOf } from "../network-of.ts";

export type Credentials = { readonly user: string; readonly password: string };

/** `user:password` in base64, as UTF-8; undefined for anything else. The password may have colons, the user not. */
export function decodeCredentials(value: unknown): Credentials | undefined {
  if (typeof value !== "string" || value === "" || value.length > MAX_CREDENTIALS_CHARACTERS) return undefined;
  const text = Buffer.from(value, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

const MAX_CREDENTIALS_CHARACTERS = 4096;
const MINUTE_MS = 60_000;
/** Networks that are counted; when there are more, counting begins anew for all: an attacker with so many has no need of ours. */
const MAX_COUNTED_NETWORKS = 10_000;

/** Who logged in over a connection, or a session by HTTP. */
export class FlexIdentity {
  user: string | undefined;
  failedLogins = 0;
}

/** Counts wrong logins by network, so that guessing is slow whatever the number of connections. */
export class LoginGuard {
  readonly #maxPerMinute: number;
  readonly #nowMs: () => number;
  #failures = new Map<string, number>();
  #sinceMs: number;

  constructor(maxFailedLoginsPerMinute: number, nowMs: () => number) {
    this.#maxPerMinute = maxFailedLoginsPerMinute;
    this.#nowMs = nowMs;
    this.#sinceMs = nowMs();
  }

  /** False: even the right password is refused for now. */
  mayTry(remoteAddress: string): boolean {
    if (this.#nowMs() - this.#sinceMs > MINUTE_MS) this.#beginAnew();
    return (this.#failures.get(networkOf(remoteAddress)) ?? 0) < this.#maxPerMinute;
  }

  failed(remoteAddress: string): void {
    const network = networkOf(remoteAddress);
    if (this.#failures.size >= MAX_COUNTED_NETWORKS) this.#beginAnew();
    this.#failures.set(network, (this.#failures.get(network) ?? 0) + 1);
  }

  #beginAnew(): void {
    this.#failures = new Map();
    this.#sinceMs = this.#nowMs();
  }
}
