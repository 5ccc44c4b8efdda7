import type { IncomingMessage } from "node:http";
import { clientAddressOf } from "../../transport/client-address.ts";
import type { ServerContext } from "../context.ts";
import { admitHttpViewer, type HttpClient, type HttpRefusal } from "../http-viewers.ts";
import { networkOf } from "../network-of.ts";
import type { HlsOptions } from "./hls-options.ts";
import { HlsSession } from "./hls-session.ts";
import { carriedQuery, type HlsTarget, sessionOf } from "./hls-target.ts";
import { Newcomers } from "./newcomers.ts";
import { SessionKeys } from "./session-keys.ts";

export type HlsSessionsOptions = {
  readonly context: ServerContext;
  readonly options: HlsOptions;
  /** Which of several processes this is, counting from 1; 0 for one that is alone. Stands in the names of its sessions. */
  readonly worker: number;
  newestMs(broadcastName: string): number | undefined;
};

/** How long whoever was put out stays out, with the session that he had. */
const KICKED_MS = 10 * 60_000;
const MAX_KICKED = 1_000;

/** Who watches by HLS. A session is let in once, and stands for all the requests that name it. */
export class HlsSessions {
  readonly #options: HlsSessionsOptions;
  readonly #sessions = new Map<string, HlsSession>();
  /** Of requests for files that name no session: one for each address. */
  readonly #unnamed = new Map<string, HlsSession>();
  readonly #admissions = new Map<string, Promise<HlsSession | HttpRefusal>>();
  readonly #kicked = new Map<string, number>();
  readonly #newcomers = new Newcomers();
  readonly #keys: SessionKeys;

  constructor(options: HlsSessionsOptions) {
    this.#options = options;
    this.#keys = new SessionKeys(options.worker);
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** The session that the request names, or shares with others that name none. */
  find(request: IncomingMessage, target: HlsTarget): HlsSession | undefined {
    const key = this.#keyOf(target);
    const named = key === undefined ? undefined : this.#sessions.get(key);
    const session = named ?? (target.kind === "file" ? this.#unnamed.get(nameOf(request, target, key)) : undefined);
    if (session !== undefined) this.#newcomers.delete(networkOf(session.remoteAddress), session);
    return session;
  }

  /** Asks for a new one, by all rules for viewers. A session that is over comes back under its name. */
  admit(request: IncomingMessage, target: HlsTarget): Promise<HlsSession | HttpRefusal> {
    const { context } = this.#options;
    const key = this.#keyOf(target);
    if (key !== undefined && (this.#kicked.get(key) ?? 0) > context.nowMs()) return Promise.resolve(KICKED);
    // Whoever opens a playlist begins a session of his own; the files of one are asked for side by side.
    if (target.kind !== "file" && key === undefined) return this.#admit(request, target, key);
    const name = nameOf(request, target, key);
    const pending = this.#admissions.get(name) ?? this.#admit(request, target, key, name);
    this.#admissions.set(name, pending);
    return pending.finally(() => this.#admissions.delete(name));
  }

  async #admit(
    request: IncomingMessage,
    target: HlsTarget,
    key: string | undefined,
    name?: string,
  ): Promise<HlsSession | HttpRefusal> {
    const { path, query } = target;
    const client = await admitHttpViewer(this.#options.context, { request, protocol: "hls", path, query });
    if (!client.allow) return client;
    if (!this.#newcomers.makeRoom(networkOf(client.info.remoteAddress))) {
      client.refused("too many viewers of its network wait for their first answer");
      return CROWDED;
    }
    const isFree = key !== undefined && !this.#sessions.has(key);
    const session = this.#begin(client, path, isFree ? key : this.#keys.create(path), name);
    if (name !== undefined && key === undefined) this.#unnamed.set(name, session);
    return session;
  }

  #begin(client: HttpClient, path: string, id: string, name: string | undefined): HlsSession {
    const { context, options, newestMs } = this.#options;
    const network = networkOf(client.info.remoteAddress);
    const session = new HlsSession({
      id,
      path,
      client,
      connectedAtMs: context.timeOfDayMs(),
      nowMs: context.nowMs(),
      limits: options,
      newestMs,
      onOver: (over, isKicked) => {
        context.connections.delete(over);
        this.#newcomers.delete(network, over);
        this.#sessions.delete(over.key);
        if (name !== undefined && this.#unnamed.get(name) === over) this.#unnamed.delete(name);
        if (isKicked) this.#keepOut(over.key);
      },
    });
    this.#sessions.set(id, session);
    this.#newcomers.add(network, session);
    context.connections.add(session);
    return session;
  }

  /** The key that the request names, if it is one of ours and for that path: another proves nothing. */
  #keyOf({ query, path }: HlsTarget): string | undefined {
    const key = sessionOf(query);
    return key !== undefined && this.#keys.isFor(key, path) ? key : undefined;
  }

  #keepOut(key: string): void {
    const [oldest] = this.#kicked.keys();
    if (oldest !== undefined && this.#kicked.size >= MAX_KICKED) this.#kicked.delete(oldest);
    this.#kicked.set(key, this.#options.context.nowMs() + KICKED_MS);
  }
}

const KICKED: HttpRefusal = {
  allow: false,
  status: 403,
  reason: "This session was ended by an operator.",
  headers: {},
};

const CROWDED: HttpRefusal = {
  allow: false,
  status: 503,
  reason: "Too many viewers of your network begin at this moment.",
  headers: { "Retry-After": "2" },
};

/** Who asks for what, where he names no session that lives. */
function nameOf(request: IncomingMessage, { path, query }: HlsTarget, key: string | undefined): string {
  const address = clientAddressOf(request);
  const who = key ?? address.slice(0, address.lastIndexOf(":"));
  return `${who} ${path} ${carriedQuery(query)}`;
}
