import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { networkOf } from "../../server/network-of.ts";
import { clientAddressOf } from "../../transport/client-address.ts";
import { type Problem, problemOf } from "../problem.ts";
import { GuessLimit } from "./guess-limit.ts";
import { type Session, Sessions } from "./sessions.ts";

export type AuthorizationOptions = {
  /** Undefined: everybody who gets this far may do everything. */
  readonly token: string | undefined;
  readonly maxSessions: number;
  readonly sessionMs: number;
  /** Of a clock that never goes back. */
  readonly nowMs: () => number;
  /** Somebody tried a wrong token. */
  onWrong(remoteAddress: string): void;
  /** That session is over: what it has open must end. Undefined: all sessions. */
  onEnded(session: string | undefined): void;
};

/** Whether somebody may look after the server. */
export type Authorized = { readonly isAllowed: true; readonly session?: Session } | Refused;

export type Refused = {
  readonly isAllowed: false;
  readonly problem: Problem;
  readonly headers: Readonly<Record<string, string>>;
};

const COOKIE = "millrace_session";

/** Decides by a token, or by the session that a browser got for it, who may look after the server. */
export class Authorization {
  readonly #options: AuthorizationOptions;
  readonly #sessions: Sessions;
  readonly #guesses = new GuessLimit();
  #digest: Uint8Array | undefined;

  constructor(options: AuthorizationOptions) {
    this.#options = options;
    this.#sessions = new Sessions(options);
    this.#digest = options.token === undefined ? undefined : digestOf(options.token);
  }

  get needsToken(): boolean {
    return this.#digest !== undefined;
  }

  /** Another token; whoever came by the one before has to sign in again. The same changes nothing. */
  setToken(token: string): void {
    const digest = digestOf(token);
    if (this.#digest !== undefined && timingSafeEqual(this.#digest, digest)) return;
    this.#digest = digest;
    this.#sessions.endAll();
    this.#options.onEnded(undefined);
  }

  authorize(request: IncomingMessage): Authorized {
    if (!this.needsToken) return { isAllowed: true };
    const session = this.sessionOf(request);
    if (session !== undefined) return { isAllowed: true, session };
    const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
    return token === undefined ? NO_TOKEN : this.#check(token, request);
  }

  /** The session of a browser that is signed in. */
  sessionOf(request: IncomingMessage): Session | undefined {
    const cookies = request.headers.cookie ?? "";
    const prefix = `${cookieName(request)}=`;
    const cookie = cookies.split("; ").find((candidate) => candidate.startsWith(prefix));
    return cookie === undefined ? undefined : this.#sessions.find(cookie.slice(prefix.length), this.#options.nowMs());
  }

  /** A session for the right token, and the cookie that carries it. */
  signIn(token: string, request: IncomingMessage): { readonly session: Session; readonly cookie: string } | Refused {
    const checked = this.#check(token, request);
    if (!checked.isAllowed) return checked;
    const { session, ended } = this.#sessions.begin(this.#options.nowMs());
    for (const id of ended) this.#options.onEnded(id);
    const remainingSeconds = Math.round((session.expiresAtMs - this.#options.nowMs()) / 1000);
    return { session, cookie: cookieOf(request, session.id, remainingSeconds) };
  }

  /** Ends the session of a browser; returns the cookie that takes it away. */
  signOut(request: IncomingMessage): string {
    const session = this.sessionOf(request);
    if (session !== undefined) {
      this.#sessions.end(session.id);
      this.#options.onEnded(session.id);
    }
    return cookieOf(request, "", 0);
  }

  /** Whoever guessed too often has to wait, also with the right one: else guessing would go on. */
  #check(token: string, request: IncomingMessage): Authorized {
    if (this.#digest === undefined) return { isAllowed: true };
    const address = clientAddressOf(request);
    const network = networkOf(address);
    const nowMs = this.#options.nowMs();
    const waitMs = this.#guesses.waitMs(network, nowMs);
    if (waitMs > 0) return guessing(waitMs);
    if (timingSafeEqual(digestOf(token), this.#digest)) return { isAllowed: true };
    this.#guesses.wrong(network, nowMs);
    this.#options.onWrong(address);
    return WRONG_TOKEN;
  }
}

const CHALLENGE = { "WWW-Authenticate": 'Bearer realm="millrace"' };

const NO_TOKEN: Refused = {
  isAllowed: false,
  problem: problemOf("access.token", "Send the API's token: Authorization: Bearer TOKEN."),
  headers: CHALLENGE,
};

const WRONG_TOKEN: Refused = {
  isAllowed: false,
  problem: problemOf("access.token", "This is not the API's token."),
  headers: { "WWW-Authenticate": 'Bearer realm="millrace", error="invalid_token"' },
};

function guessing(waitMs: number): Refused {
  const problem = problemOf("access.guessing", "Too many wrong tokens came from this network.");
  return { isAllowed: false, problem, headers: { "Retry-After": Math.ceil(waitMs / 1000).toString() } };
}

/** Of one length, so that comparing takes one time. */
function digestOf(token: string): Uint8Array {
  return createHash("sha256").update(token).digest();
}

/** Browsers keep one jar for all ports of a host. */
function cookieName(request: IncomingMessage): string {
  return `${COOKIE}_${request.socket.localPort ?? 0}`;
}

function cookieOf(request: IncomingMessage, value: string, maxAgeSeconds: number): string {
  const attributes = ["HttpOnly", "SameSite=Strict", "Path=/", `Max-Age=${maxAgeSeconds}`];
  // What the page came by, where a proxy has taken TLS away.
  const isSecure = request.headers.origin?.startsWith("https:") === true;
  return [`${cookieName(request)}=${value}`, ...attributes, ...(isSecure ? ["Secure"] : [])].join("; ");
}
