import { Agent, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import type { HttpRoute } from "../transport/http-route.ts";

export type HlsHandoverOptions = {
  /** Which of the processes this is, counting from 1. */
  readonly worker: number;
  /** Where another process takes requests: the path of a socket. */
  pathOf(worker: number): string;
  /** `address:port` of the client, IPv6 in brackets: told to the other process as `X-Forwarded-For`. */
  clientAddress(request: IncomingMessage): string;
};

/** Behind the path of a playlist or a file: the session, whose first two digits are the process that it began in. */
const SESSION = /\.(?:m3u8|m4s|mp4)\?(?:[^#]*&)?session=([0-9a-f]{2})[0-9a-f]{30}(?:&|$)/;

/** Hands requests of HLS sessions that began in another process on to it, so that all their playlists are of one making. */
export class HlsHandover implements HttpRoute {
  readonly #options: HlsHandoverOptions;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(options: HlsHandoverOptions) {
    this.#options = options;
  }

  handle(request: IncomingMessage, response: ServerResponse): boolean {
    const [, digits = ""] = SESSION.exec(request.url ?? "") ?? [];
    const worker = Number.parseInt(digits, 16);
    // 0: from a time when the server had one process.
    if (digits === "" || worker === 0 || worker === this.#options.worker) return false;
    this.#handOn(request, response, worker);
    return true;
  }

  /** Ends what is under way. */
  close(): void {
    this.#agent.destroy();
  }

  #handOn(request: IncomingMessage, response: ServerResponse, worker: number): void {
    const { method = "", url = "", headers } = request;
    const { host, origin, authorization, "user-agent": agent } = headers;
    const named = { host, origin, authorization, "user-agent": agent };
    const passedOn = Object.entries(named).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const onward = httpRequest({
      socketPath: this.#options.pathOf(worker),
      method,
      path: url,
      headers: { ...Object.fromEntries(passedOn), "X-Forwarded-For": this.#options.clientAddress(request) },
      agent: this.#agent,
    });
    onward.once("response", (answer) => giveBack(answer, response));
    onward.on("error", () => fail(response));
    response.on("error", () => {});
    // Whoever waits no more must not be waited for there either.
    response.once("close", () => onward.destroy());
    onward.end();
  }
}

function giveBack(answer: IncomingMessage, response: ServerResponse): void {
  const { connection: _, "keep-alive": __, date: ___, ...headers } = answer.headers;
  response.writeHead(answer.statusCode ?? 502, headers);
  answer.once("aborted", () => response.destroy());
  answer.pipe(response);
}

/** The other process is gone, and its sessions with it. */
function fail(response: ServerResponse): void {
  if (response.headersSent || response.destroyed) return void response.destroy();
  const text = "There is no such session any more.\n";
  response.writeHead(404, { "Content-Type": "text/plain; charset=utf-8", "Content-Length": text.length });
  response.end(text);
}
