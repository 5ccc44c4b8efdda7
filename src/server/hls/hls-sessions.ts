import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { clientAddressOf } from "../../transport/client-address.ts";
import type { ServerContext } from "../context.ts";
import { admitHttpViewer, type HttpClient, type HttpRefusal } from "../http-viewers.ts";
import type { HlsOptions } from "./hls-options.ts";
import { HlsSession } from "./hls-session.ts";
import { carriedQuery, type HlsTarget, sessionOf } from "./hls-target.ts";

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

  constructor(options: HlsSessionsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** The session that the request names, or shares with others that name none. */
  find(request: IncomingMessage, target: HlsTarget): HlsSession | undefined {
    const key = sessionOf(target.query);
    const session = key === undefined ? undefined : this.#sessions.get(key);
    // One that was let in to another broadcast proves nothing here.
    if (session !== undefined) return session.path === target.path ? session : undefined;
    return target.kind === "file" ? this.#unnamed.get(nameOf(request, target)) : undefined;
  }

  /** Asks for a new one, by all rules for viewers. A session that is over comes back under its name. */
  admit(request: IncomingMessage, target: HlsTarget): Promise<HlsSession | HttpRefusal> {
    const { context } = this.#options;
    const key = sessionOf(target.query);
    if (key !== undefined && (this.#kicked.get(key) ?? 0) > context.nowMs()) return Promise.resolve(KICKED);
    // Whoever opens a playlist begins a session of his own; the files of one are asked for side by side.
    if (target.kind !== "file" && key === undefined) return this.#admit(request, target);
    const name = nameOf(request, target);
    const pending = this.#admissions.get(name) ?? this.#admit(request, target, name);
    this.#admissions.set(name, pending);
    return pending.finally(() => this.#admissions.delete(name));
  }

  async #admit(request: IncomingMessage, target: HlsTarget, name?: string): Promise<HlsSession | HttpRefusal> {
    const { path, query } = target;
    const client = await admitHttpViewer(this.#options.context, { request, protocol: "hls", path, query });
    if (!client.allow) return client;
    const key = sessionOf(query);
    const session = this.#begin(
      client,
      path,
      key !== undefined && !this.#sessions.has(key) ? key : newKey(this.#options.worker),
      name,
    );
    if (name !== undefined && key === undefined) this.#unnamed.set(name, session);
    return session;
  }

  #begin(client: HttpClient, path: string, id: string, name: string | undefined): HlsSession {
    const { context, options, newestMs } = this.#options;
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
        this.#sessions.delete(over.key);
        if (name !== undefined && this.#unnamed.get(name) === over) this.#unnamed.delete(name);
        if (isKicked) this.#keepOut(over.key);
      },
    });
    this.#sessions.set(id, session);
    context.connections.add(session);
    return session;
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

/** The process in two digits, and 120 bits that nobody guesses. */
function newKey(worker: number): string {
  return (worker & 0xff).toString(16).padStart(2, "0") + randomBytes(15).toString("hex");
}

/** Who asks for what, where he names no session that lives. */
function nameOf(request: IncomingMessage, { path, query }: HlsTarget): string {
  const address = clientAddressOf(request);
  const who = sessionOf(query) ?? address.slice(0, address.lastIndexOf(":"));
  return `${who} ${path} ${carriedQuery(query)}`;
}
