import { randomBytes } from "node:crypto";
import { FaultCode, FlexFault } from "../../client/flex/flex-fault.ts";
import type { FlexBroker } from "./flex-broker.ts";
import { HttpChannel } from "./http-channel.ts";
import { FlexIdentity } from "./login.ts";

/** Whoever has it speaks for the session. */
const SESSION_ID_BYTES = 24;

/** What requests of one browser, or one program, have in common: who logged in. */
export class HttpSession {
  readonly id: string = randomBytes(SESSION_ID_BYTES).toString("base64url");
  readonly identity: FlexIdentity = new FlexIdentity();
  readonly channels: Set<HttpChannel> = new Set();
  usedAtMs: number;
  /** It came back: its client can keep an id. */
  isUsedAgain = false;

  constructor(nowMs: number) {
    this.usedAtMs = nowMs;
  }
}

/** How a request says whose it is. */
export type HttpCaller = {
  /** By its cookie or its path. */
  readonly sessionId: string | undefined;
  readonly remoteAddress: string;
};

/** The sessions of clients that have no connection of their own. */
export class HttpSessions {
  readonly #broker: FlexBroker;
  readonly #sessions = new Map<string, HttpSession>();
  /** By the id of the Flex client. */
  readonly #channels = new Map<string, HttpChannel>();

  constructor(broker: FlexBroker) {
    this.#broker = broker;
  }

  get size(): number {
    return this.#sessions.size;
  }

  get waitingPolls(): number {
    let count = 0;
    for (const channel of this.#channels.values()) if (channel.isPolling) count++;
    return count;
  }

  /**
   * The channel that a message came by. One that names no client, or one that is not known, gets a new one, in the
   * session of its request or a new session. Throws a `FlexFault`.
   */
  find(caller: HttpCaller, flexClientId: string | null): HttpChannel {
    const session = this.#sessions.get(caller.sessionId ?? "");
    const known = this.#channels.get(flexClientId ?? "");
    if (known !== undefined && session !== undefined && known.httpSession !== session) {
      throw new FlexFault({ code: FaultCode.DuplicateSession, description: "This client belongs to another session." });
    }
    const channel =
      known ?? (flexClientId === null ? firstOf(session) : undefined) ?? this.#open(caller, session, flexClientId);
    channel.remoteAddress = caller.remoteAddress;
    channel.httpSession.usedAtMs = this.#broker.context.nowMs();
    if (known !== undefined || session !== undefined) channel.httpSession.isUsedAgain = true;
    return channel;
  }

  /** The channel if there is one already. Throws as `find` does. */
  peek(caller: HttpCaller, flexClientId: string | null): HttpChannel | undefined {
    const isKnown = this.#channels.has(flexClientId ?? "");
    const hasFirst = flexClientId === null && firstOf(this.#sessions.get(caller.sessionId ?? "")) !== undefined;
    return isKnown || hasFirst ? this.find(caller, flexClientId) : undefined;
  }

  /** For one question of a client that has no session: nothing of it is kept, and `closeTransient` ends it. */
  openTransient({ remoteAddress }: HttpCaller): HttpChannel {
    return new HttpChannel(this.#broker, null, new HttpSession(this.#broker.context.nowMs()), remoteAddress);
  }

  closeTransient({ session }: HttpChannel): void {
    this.#broker.close(session, "one question", false);
  }

  /** Lets one client go, and its session with the last. */
  close(channel: HttpChannel, reason: string): void {
    const { session, httpSession } = channel;
    if (!httpSession.channels.delete(channel)) return;
    this.#channels.delete(session.id);
    this.#broker.close(session, reason);
    channel.stopPolling();
    if (httpSession.channels.size === 0) this.#sessions.delete(httpSession.id);
  }

  /** Lets all clients of a session go. */
  closeSession(session: HttpSession, reason: string): void {
    for (const channel of [...session.channels]) this.close(channel, reason);
  }

  tick(nowMs: number): void {
    const { httpSessionMs, newHttpSessionMs } = this.#broker.context.timeouts;
    for (const channel of this.#channels.values()) {
      if (channel.endReason !== undefined) this.close(channel, channel.endReason);
    }
    for (const session of this.#sessions.values()) {
      const isPolling = [...session.channels].some((channel) => channel.isPolling);
      const maxIdleMs = session.isUsedAgain ? httpSessionMs : newHttpSessionMs;
      if (!isPolling && nowMs - session.usedAtMs > maxIdleMs) this.closeSession(session, "no request came for long");
    }
  }

  closeAll(reason: string): void {
    for (const session of [...this.#sessions.values()]) this.closeSession(session, reason);
  }

  #open(caller: HttpCaller, known: HttpSession | undefined, flexClientId: string | null): HttpChannel {
    const { maxHttpSessions, maxClientsPerHttpSession } = this.#broker.context.limits;
    if (known === undefined && this.#sessions.size >= maxHttpSessions) throw TOO_MANY;
    if (known !== undefined && known.channels.size >= maxClientsPerHttpSession) throw TOO_MANY;
    const session = known ?? new HttpSession(this.#broker.context.nowMs());
    this.#sessions.set(session.id, session);
    const channel = new HttpChannel(this.#broker, flexClientId, session, caller.remoteAddress);
    session.channels.add(channel);
    this.#channels.set(channel.session.id, channel);
    return channel;
  }
}

const TOO_MANY = new FlexFault({ code: FaultCode.Unavailable, description: "Too many sessions." });

function firstOf(session: HttpSession | undefined): HttpChannel | undefined {
  const [first] = session?.channels ?? [];
  return first;
}
