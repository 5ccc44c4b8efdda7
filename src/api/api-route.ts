import type { IncomingMessage, ServerResponse } from "node:http";
import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { HttpRoute } from "../transport/http-route.ts";
import type { Authorization } from "./access/authorization.ts";
import { guardRequest } from "./access/request-guard.ts";
import type { Session } from "./access/sessions.ts";
import type { EventStreams } from "./event-streams.ts";
import type { MediaMount } from "./media-mount.ts";
import { type Problem, problemOf, sendProblem } from "./problem.ts";
import type { RestApp } from "./rest/rest-app.ts";
import type { StaticFiles } from "./static-files.ts";

export type ApiRouteParts = {
  readonly authorization: Authorization;
  readonly allowedHosts: readonly string[];
  readonly maxBodyBytes: number;
  readonly rest: RestApp;
  readonly streams: EventStreams;
  readonly files: StaticFiles;
  readonly media: MediaMount;
};

/** Of every answer. */
const HEADERS: Readonly<Record<string, string>> = {
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Resource-Policy": "same-origin",
};

const STREAM_PATH = "/api/v1/stream";
const FILE_METHODS: readonly string[] = ["GET", "HEAD", "OPTIONS"];
const NOTHING = problemOf("not-found.path", "There is nothing at this path.");

type Verdict =
  | { readonly isAllowed: true; readonly session?: Session }
  | { readonly isAllowed: false; readonly problem: Problem; readonly headers?: Readonly<Record<string, string>> };

/** All that the API's port serves: who asks is looked at first, and in one place. */
export class ApiRoute implements HttpRoute {
  readonly #parts: ApiRouteParts;

  constructor(parts: ApiRouteParts) {
    this.#parts = parts;
  }

  handle(request: IncomingMessage, response: ServerResponse): boolean {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    response.setHeader("Cache-Control", "no-store");
    const url = urlOf(request);
    if (url === undefined) {
      sendProblem(response, problemOf("request.malformed", "This URL cannot be read."));
      return true;
    }
    const { method = "" } = request;
    const methods = this.#methodsOf(url.pathname);
    const verdict = this.#judge(request, url.pathname);
    // What comes of a body is not read then.
    if (!verdict.isAllowed) sendProblem(response, verdict.problem, { ...verdict.headers, ...closeIfBody(request) });
    else if (!methods.includes(method)) sendWrongMethod(response, method, methods);
    else if (method === "OPTIONS") response.writeHead(204, { Allow: methods.join(", ") }).end();
    else this.#answer(request, response, url, verdict.session);
    return true;
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Uint8Array): boolean {
    const url = urlOf(request);
    const verdict = this.#judge(request, url?.pathname ?? "");
    if (!verdict.isAllowed) endWith(socket, verdict.problem.status, verdict.headers);
    else if (url === undefined || !this.#parts.media.isUnder(url.pathname)) endWith(socket, 404);
    else if (!this.#parts.media.upgrade(request, socket, head, url.pathname + url.search)) endWith(socket, 404);
    return true;
  }

  #judge(request: IncomingMessage, path: string): Verdict {
    const { authorization, allowedHosts, rest, media } = this.#parts;
    const problem = guardRequest(request, { hasToken: authorization.needsToken, allowedHosts });
    if (problem !== undefined) return { isAllowed: false, problem };
    const isFile = rest.methodsOf(path) === undefined && !media.isUnder(path) && !path.startsWith("/api/");
    if (isFile || rest.isOpen(path, request.method ?? "")) return { isAllowed: true };
    return authorization.authorize(request);
  }

  #methodsOf(path: string): readonly string[] {
    return this.#parts.rest.methodsOf(path) ?? FILE_METHODS;
  }

  #answer(request: IncomingMessage, response: ServerResponse, url: URL, session: Session | undefined): void {
    const { rest, streams, files, media } = this.#parts;
    const { pathname: path } = url;
    if (path === STREAM_PATH) return streams.open(request, response, session);
    if (rest.methodsOf(path) !== undefined) {
      const problem = this.#problemOfBody(request);
      // What comes of the body is not read.
      if (problem !== undefined) return sendProblem(response, problem, { Connection: "close" });
      // What was judged is what is answered: others read dots and backslashes their way.
      request.url = path + url.search;
      return void rest.handle(request, response);
    }
    const isAnswered = media.isUnder(path)
      ? media.handle(request, response, path + url.search)
      : !path.startsWith("/api/") && files.handle(request, response, path);
    if (!isAnswered) sendProblem(response, NOTHING);
  }

  /** Before any of it is read. */
  #problemOfBody({ headers }: IncomingMessage): Problem | undefined {
    const { maxBodyBytes } = this.#parts;
    if (headers["transfer-encoding"] !== undefined) {
      return problemOf("request.length", "Send the body with its Content-Length.");
    }
    if (Number(headers["content-length"] ?? 0) <= maxBodyBytes) return undefined;
    return problemOf("request.body-too-large", `At most ${maxBodyBytes} bytes are taken.`);
  }
}

function closeIfBody({ headers }: IncomingMessage): Readonly<Record<string, string>> {
  const hasBody = headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
  return hasBody ? { Connection: "close" } : {};
}

/** Its path has no `..` any more. Proxies may send the whole URL. Undefined where it is none. */
function urlOf({ url = "" }: IncomingMessage): URL | undefined {
  const text = url.startsWith("/") ? `http://localhost${url}` : url;
  const isUsable = URL.canParse(text) && /^https?:/.test(text);
  return isUsable ? new URL(text) : undefined;
}

function sendWrongMethod(response: ServerResponse, method: string, methods: readonly string[]): void {
  const problem = problemOf("request.method", `There is no ${method} here.`);
  // Nobody reads what such a request carries.
  sendProblem(response, problem, { Allow: methods.join(", "), Connection: "close" });
}

/** On a socket that Node has let go of. */
function endWith(socket: Duplex, status: number, headers: Readonly<Record<string, string>> = {}): void {
  const lines = Object.entries({ ...headers, Connection: "close", "Content-Length": "0" });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  socket.once("finish", () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${head}\r\n`);
}
