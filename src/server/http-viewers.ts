import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";
import { encodeUtf8 } from "../bytes/utf8.ts";
import { clientAddressOf } from "../transport/client-address.ts";
import { broadcastNameOf } from "./broadcast-name.ts";
import { tooManyConnections } from "./connection-event.ts";
import type { Admission } from "./connections.ts";
import type { ServerContext } from "./context.ts";
import type { FeatureDecision } from "./feature.ts";
import { ALLOW, type ConnectionInfo, type Decision, decide, type StreamRequest, tellApplication } from "./hooks.ts";
import { credentialsOf } from "./http-replies.ts";
import { isOperator } from "./operator-requests.ts";
import type { ClientProtocol } from "./snapshots.ts";
import { type StreamEventKind, streamEvent } from "./stream-event.ts";

/** What an HTTP request wants of which broadcast. */
export type HttpWish = {
  readonly request: IncomingMessage;
  readonly protocol: Extract<ClientProtocol, "http-flv" | "ws-flv" | "hls">;
  /** `app/key` as it stands in the URL, percent-encoded, without what says the format. */
  readonly path: string;
  /** What stands behind `?`, as it was sent. */
  readonly query: string;
};

/** Somebody by HTTP who has been let in. */
export type HttpClient = {
  readonly allow: true;
  /** For its `ServerConnection`. */
  readonly id: string;
  readonly info: ConnectionInfo;
  /** What the application says that it is, or what the URL names. */
  readonly broadcastName: string;
  /** It begins to play or to publish, or goes on to: the log and people are told. Once, and before `left`. */
  began(isReturn?: boolean): void;
  /**
   * It is over, or was not begun after all: hooks, the log and people are told. A publisher that is `lost` may come back.
   * Only the first call counts.
   */
  left(reason: string, figures?: HttpClientFigures, end?: "unpublished" | "lost"): void;
  /** Instead of both: it may not do what it wants. */
  refused(reason: string): void;
};

/** What goes into the line that a client leaves in the log. */
export type HttpClientFigures = { readonly receivedBytes: number; readonly sentBytes: number };

/** Why somebody is not let in: a status of HTTP, and what to tell, with the header fields that belong to it. */
export type HttpRefusal = {
  readonly allow: false;
  readonly status: number;
  readonly reason: string;
  readonly headers: Readonly<Record<string, string>>;
};

/** How much of what a client calls itself is kept and shown. */
const MAX_SHOWN_CHARACTERS = 200;
/** The same of the addresses that it names. */
const MAX_URL_CHARACTERS = 2048;
/** When to come again, in seconds. */
const RETRY_AFTER = { "Retry-After": "5" };
/** RFC 7617. */
const WANTS_USER = { "WWW-Authenticate": 'Basic realm="millrace", charset="UTF-8"' };

const IN_TLS = { http: "https", ws: "wss" } as const;

/**
 * Lets a viewer by HTTP in, or not: by name, limits, user and password, `onConnect` and `onPlay`, and brings the broadcast
 * from the process that has it. Who is let in counts until `left` is called. Never rejects.
 */
export function admitHttpViewer(context: ServerContext, wish: HttpWish): Promise<HttpClient | HttpRefusal> {
  return new HttpAdmission(context, wish, "play").decide();
}

/** The same for a publisher, with `onPublish`. Whether the name is free is another question. */
export function admitHttpPublisher(context: ServerContext, wish: HttpWish): Promise<HttpClient | HttpRefusal> {
  return new HttpAdmission(context, wish, "publish").decide();
}

/** `app` and `key` of a path, percent-decoded, or why there are none. The key is the last part. */
export function parseHttpPath(
  path: string,
): { readonly app: string; readonly key: string } | { readonly refusal: string } {
  const decoded = percentDecoded(path);
  if (decoded === undefined) return { refusal: "The path has a percent sign that stands for nothing." };
  const parts = decoded.split("/").filter((part) => part !== "");
  // Whatever walks over URLs in good faith has resolved these.
  if (parts.some((part) => part === "." || part === "..")) return { refusal: "The path has parts that are no names." };
  const key = parts.pop() ?? "";
  return { app: parts.join("/"), key };
}

class HttpAdmission {
  readonly #context: ServerContext;
  readonly #wish: HttpWish;
  readonly #purpose: "play" | "publish";
  readonly #isOperator: boolean;
  readonly #remoteAddress: string;
  readonly #startedAtMs: number;

  constructor(context: ServerContext, wish: HttpWish, purpose: "play" | "publish") {
    this.#context = context;
    this.#wish = wish;
    this.#purpose = purpose;
    this.#isOperator = isOperator(wish.request);
    // Asked for now: a socket that is gone has forgotten its peer.
    this.#remoteAddress = clientAddressOf(wish.request);
    this.#startedAtMs = context.nowMs();
  }

  async decide(): Promise<HttpClient | HttpRefusal> {
    const target = this.#target();
    if ("refusal" in target) return refusal(target.status, target.refusal);
    const admission = await this.#context.connections.admit(this.#remoteAddress);
    if (!admission.allow) return this.#refuseForLimit(admission.why);
    const unknown = this.#describe(target);
    try {
      return await this.#ask(unknown, target, admission.left);
    } catch (error) {
      this.#context.log.error({ connection: unknown.id, err: error }, "unexpected error on a connection");
      admission.left();
      return refusal(500, "The server failed.");
    }
  }

  #target(): Target | { readonly status: number; readonly refusal: string } {
    const { maxNameBytes, maxQueryBytes } = this.#context.options.limits;
    const { path, query } = this.#wish;
    if (query.length > maxQueryBytes || encodeUtf8(query).length > maxQueryBytes) {
      return { status: 414, refusal: `The query is longer than ${maxQueryBytes} bytes.` };
    }
    const parsed = parseHttpPath(path);
    if ("refusal" in parsed) return { status: 400, ...parsed };
    const named = broadcastNameOf(parsed.app, parsed.key, maxNameBytes);
    if ("refusal" in named) return { status: 400, ...named };
    return { ...parsed, name: named.name };
  }

  /** Of hooks, and of the features that know who is who. */
  async #ask(unknown: ConnectionInfo, target: Target, left: () => void): Promise<HttpClient | HttpRefusal> {
    const identity = this.#isOperator ? ALLOW : await this.#inTime(unknown.id, () => this.#identify(target));
    const user = identity.allow && "user" in identity ? identity.user : undefined;
    const info = user === undefined ? unknown : { ...unknown, user };
    if (!identity.allow) {
      const isForbidden = "isForbidden" in identity && identity.isForbidden === true;
      return this.#refuse(info, target, isForbidden ? 403 : 401, identity.reason, left);
    }
    const { hooks, pool } = this.#context;
    const request: StreamRequest = {
      connection: info,
      broadcastName: target.name,
      streamKey: target.key,
      query: this.#wish.query,
    };
    const questions: readonly (() => Decision | Promise<Decision> | undefined)[] = [
      () => hooks.onConnect?.(info),
      () => (this.#purpose === "play" ? hooks.onPlay?.(request) : hooks.onPublish?.(request)),
    ];
    let broadcastName = target.name;
    for (const question of this.#isOperator ? [] : questions) {
      const decision = await this.#inTime(info.id, question);
      if (!decision.allow) return this.#refuse(info, target, decision === OVERDUE ? 503 : 403, decision.reason, left);
      broadcastName = question === questions[1] ? (decision.broadcastName ?? broadcastName) : broadcastName;
    }
    if (this.#purpose === "play") await pool?.watch(broadcastName);
    return this.#letIn(info, broadcastName, left);
  }

  #describe({ app }: Target): ConnectionInfo {
    const { request, protocol, query } = this.#wish;
    const { "user-agent": agent = "", host = "", referer, origin } = request.headers;
    const plain = protocol === "ws-flv" ? "ws" : "http";
    const transport = request.socket instanceof TLSSocket ? IN_TLS[plain] : plain;
    const [path = ""] = (request.url ?? "").split("?", 1);
    return {
      id: this.#context.connections.nextId(),
      remoteAddress: this.#remoteAddress,
      transport,
      isRtmpe: false,
      app,
      appQuery: query,
      tcUrl: shortened(`${transport}://${host}${path}`, MAX_URL_CHARACTERS),
      flashVersion: shortened(agent, MAX_SHOWN_CHARACTERS),
      pageUrl: shortened(referer ?? origin ?? "", MAX_URL_CHARACTERS),
      swfUrl: "",
    };
  }

  async #identify({ name }: Target): Promise<FeatureDecision> {
    const credentials = credentialsOf(this.#wish.request);
    let user: string | undefined;
    for (const feature of this.#context.features ?? []) {
      const decision = await feature.identify?.({ broadcastName: name, purpose: this.#purpose, credentials });
      if (decision?.allow === false) return decision;
      user ??= decision?.user;
    }
    return { allow: true, ...(user !== undefined && { user }) };
  }

  async #inTime<Answer extends Decision | FeatureDecision>(
    id: string,
    question: () => Answer | Promise<Answer> | undefined,
  ): Promise<Answer | typeof OVERDUE> {
    const { log, options } = this.#context;
    const decision = decide(log, id, question);
    if (!(decision instanceof Promise)) return decision;
    const { promise, resolve } = Promise.withResolvers<typeof OVERDUE>();
    const timer = setTimeout(resolve, options.timeouts.hookMs, OVERDUE);
    const first = await Promise.race([decision, promise]);
    clearTimeout(timer);
    return first;
  }

  #refuseForLimit(why: Extract<Admission, { readonly allow: false }>["why"]): HttpRefusal {
    const { log, events, options } = this.#context;
    const remote = this.#remoteAddress;
    log.warn({ remote, ...why }, "too many connections: one was refused");
    events.tell(tooManyConnections(remote, why));
    const { maxConnections, maxConnectionsPerAddress } = options.limits;
    const isByAddress = "limit" in why && why.limit === maxConnectionsPerAddress && why.limit !== maxConnections;
    const reason = isByAddress ? "Too many connections from your address." : "The server has too many connections.";
    return refusal(isByAddress ? 429 : 503, reason, RETRY_AFTER);
  }

  #refuse(info: ConnectionInfo, { name }: Target, status: number, reason: string, left: () => void): HttpRefusal {
    const { log, hooks } = this.#context;
    const { id: connection, remoteAddress: remote } = info;
    left();
    const { protocol } = this.#wish;
    log.info({ connection, remote, protocol, broadcast: name, reason }, `refused to ${this.#purpose}`);
    this.#tell(`${this.#purpose}-refused`, info, name, reason);
    tellApplication(log, () => hooks.onClose?.(info, `refused to ${this.#purpose}: ${reason}`));
    return refusal(status, reason, status === 401 ? WANTS_USER : status === 503 ? RETRY_AFTER : {});
  }

  #letIn(info: ConnectionInfo, broadcastName: string, uncount: () => void): HttpClient {
    let state: "new" | "begun" | "over" = "new";
    const leave = (reason: string, ended: EndedClient): void => {
      if (state === "over") return;
      const hadBegun = state === "begun";
      state = "over";
      uncount();
      this.#tellEnd(info, broadcastName, reason, { ...ended, hadBegun });
    };
    return {
      allow: true,
      id: info.id,
      info,
      broadcastName,
      began: (isReturn = false) => {
        if (state !== "new") return;
        state = "begun";
        this.#tellBegin(info, broadcastName, isReturn);
      },
      left: (reason, figures, end = "unpublished") => leave(reason, { figures, end }),
      refused: (reason) => {
        this.#tell(`${this.#purpose}-refused`, info, broadcastName, reason);
        leave(`refused to ${this.#purpose}: ${reason}`, {});
      },
    };
  }

  #tell(kind: StreamEventKind, info: ConnectionInfo, broadcast: string, reason?: string): void {
    const { protocol } = this.#wish;
    this.#context.events.tell(
      streamEvent(kind, { info, protocol, broadcast, ...(reason !== undefined && { reason }) }),
    );
  }

  #tellBegin(info: ConnectionInfo, broadcast: string, isReturn: boolean): void {
    const { id: connection, remoteAddress: remote, flashVersion: client } = info;
    const { protocol } = this.#wish;
    const began = this.#purpose === "play" ? "playing" : "publishing";
    this.#context.log.info(
      { connection, remote, protocol, broadcast, client },
      isReturn ? "the publisher is back" : began,
    );
    this.#tell(isReturn ? "publisher-returned" : this.#purpose, info, broadcast);
  }

  #tellEnd(info: ConnectionInfo, broadcast: string, reason: string, ended: EndedClient): void {
    const { log, hooks, nowMs } = this.#context;
    const { id: connection, remoteAddress, transport, app, flashVersion: client, user } = info;
    const { protocol } = this.#wish;
    const { figures, hadBegun = false, end } = ended;
    const isViewer = this.#purpose === "play";
    if (hadBegun) {
      const isLost = end === "lost" && this.#context.options.publish.graceMs > 0;
      this.#tell(isViewer ? "play-end" : isLost ? "publisher-lost" : "publish-end", info, broadcast, reason);
      tellApplication(log, () =>
        isViewer ? hooks.onPlayEnd?.(broadcast, info, reason) : hooks.onPublishEnd?.(broadcast, info, reason),
      );
    }
    const line = {
      connection,
      remote: remoteAddress,
      transport,
      protocol,
      app,
      client,
      ...(user !== undefined && { user }),
      durationMs: Math.round(nowMs() - this.#startedAtMs),
      ...(figures && { bytesIn: figures.receivedBytes, bytesOut: figures.sentBytes }),
      ...(hadBegun && { [isViewer ? "played" : "published"]: [broadcast] }),
      reason,
    };
    log.info(line, "connection closed");
    tellApplication(log, () => hooks.onClose?.(info, reason));
  }
}

type EndedClient = {
  readonly figures?: HttpClientFigures | undefined;
  readonly hadBegun?: boolean;
  readonly end?: "unpublished" | "lost";
};

type Target = { readonly app: string; readonly key: string; readonly name: string };

const OVERDUE = { allow: false, reason: "The application did not decide in time." } as const;

function refusal(status: number, reason: string, headers: Readonly<Record<string, string>> = {}): HttpRefusal {
  return { allow: false, status, reason, headers };
}

/** A copy where it is too long: a slice would keep the whole header, for as long as the client stays. */
function shortened(text: string, maxCharacters: number): string {
  return text.length <= maxCharacters ? text : Buffer.from(text.slice(0, maxCharacters)).toString();
}

function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
