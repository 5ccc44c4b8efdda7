import { NO_FLEX_CLIENT_ID } from "../../formats/flex/message.ts";
import { createFlexId } from "./answers.ts";

/** A client over all its channels, and after it connects again. */
export class FlexClient {
  readonly id: string = createFlexId();
  readonly state: Map<string, unknown> = new Map();
  /** Channels that are open. */
  channels = 0;
  goneAtMs = 0;
}

export type FlexClientsOptions = {
  readonly maxRememberedClients: number;
  readonly rememberClientMs: number;
  readonly nowMs: () => number;
};

/** All clients that are there, and those that went not long ago. Whoever knows the id of one goes on as it. */
export class FlexClients {
  readonly #options: FlexClientsOptions;
  readonly #clients = new Map<string, FlexClient>();
  /** Those without a channel, the one that went first first. */
  readonly #gone = new Set<FlexClient>();

  constructor(options: FlexClientsOptions) {
    this.#options = options;
  }

  /** The client of that id, or a new one: an id that we did not give is never taken. To be released when its channel ends. */
  claim(id: string | null | undefined): FlexClient {
    const known = id === null || id === undefined || id === NO_FLEX_CLIENT_ID ? undefined : this.#clients.get(id);
    const client = known ?? new FlexClient();
    if (known === undefined) this.#clients.set(client.id, client);
    this.#gone.delete(client);
    client.channels++;
    return client;
  }

  /** A channel of the client has ended. */
  release(client: FlexClient, isRemembered = true): void {
    if (--client.channels > 0) return;
    if (!isRemembered) return this.#forget(client);
    client.goneAtMs = this.#options.nowMs();
    this.#gone.add(client);
    const [first] = this.#gone;
    if (this.#gone.size > this.#options.maxRememberedClients && first !== undefined) this.#forget(first);
  }

  /** Clients with and without an open channel. */
  get size(): number {
    return this.#clients.size;
  }

  tick(nowMs: number): void {
    for (const client of this.#gone) {
      if (nowMs - client.goneAtMs <= this.#options.rememberClientMs) return;
      this.#forget(client);
    }
  }

  #forget(client: FlexClient): void {
    this.#gone.delete(client);
    this.#clients.delete(client.id);
  }
}
