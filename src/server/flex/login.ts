import { networkOf } from "../network-of.ts";
import type { FlexSession } from "./flex-session.ts";

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
  /** Those that are open. */
  readonly sessions: Set<FlexSession> = new Set();
}

type Network = {
  failures: number;
  /** Logins that have begun, and may all be wrong. */
  asking: number;
  /** Those that there is no room for, until one that has begun is known. */
  waiting: (() => void)[];
};

/** Counts wrong logins by network, so that guessing is slow whatever the number of connections, and however many guess at once. */
export class LoginGuard {
  readonly #maxPerMinute: number;
  readonly #nowMs: () => number;
  #networks = new Map<string, Network>();
  #sinceMs: number;

  constructor(maxFailedLoginsPerMinute: number, nowMs: () => number) {
    this.#maxPerMinute = maxFailedLoginsPerMinute;
    this.#nowMs = nowMs;
    this.#sinceMs = nowMs();
  }

  /** Whether the login is right. False without asking where too many were wrong: even the right password is refused for now. */
  async attempt(remoteAddress: string, ask: () => Promise<boolean>): Promise<boolean> {
    const name = networkOf(remoteAddress);
    let network = this.#find(name);
    while (network.asking > 0 && this.#isFull(network)) {
      const { promise, resolve } = Promise.withResolvers<void>();
      network.waiting.push(resolve);
      await promise;
      network = this.#find(name);
    }
    const isRight = !this.#isFull(network) && (await this.#ask(network, ask));
    if (!isRight) this.#find(name).failures++;
    if (network.asking === 0 && network.failures === 0 && this.#networks.get(name) === network) {
      this.#networks.delete(name);
    }
    wake(network);
    return isRight;
  }

  async #ask(network: Network, ask: () => Promise<boolean>): Promise<boolean> {
    network.asking++;
    try {
      return await ask();
    } finally {
      network.asking--;
    }
  }

  #isFull({ failures, asking }: Network): boolean {
    return failures + asking >= this.#maxPerMinute;
  }

  #find(name: string): Network {
    if (this.#nowMs() - this.#sinceMs > MINUTE_MS) this.#beginAnew();
    const known = this.#networks.get(name);
    if (known !== undefined) return known;
    if (this.#networks.size >= MAX_COUNTED_NETWORKS) this.#beginAnew();
    const network: Network = { failures: 0, asking: 0, waiting: [] };
    this.#networks.set(name, network);
    return network;
  }

  #beginAnew(): void {
    const before = this.#networks;
    this.#networks = new Map();
    this.#sinceMs = this.#nowMs();
    for (const network of before.values()) wake(network);
  }
}

/** All look again whether it is their turn. */
function wake({ waiting }: Network): void {
  for (const goOn of waiting.splice(0)) goOn();
}
