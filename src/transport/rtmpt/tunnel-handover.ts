import {
  Agent,
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { Socket } from "node:net";
import type { HttpRoute } from "../http-route.ts";
import { workerOfSession } from "./session-id.ts";
import { parseTunnelTarget } from "./tunnel-target.ts";

export type TunnelHandoverOptions = {
  /** Which of the processes this is, counting from 1. */
  readonly worker: number;
  /** Where the tunnels of another process take requests: the path of a socket. */
  pathOf(worker: number): string;
  /** `address:port` of the client, IPv6 in brackets: told to the other process as `X-Forwarded-For`. */
  clientAddress(request: IncomingMessage): string;
};

/** What is under way for one TCP connection of a client. */
type Onward = { readonly agent: Agent; readonly requests: Set<ClientRequest> };

const PASSED_ON = ["content-type", "content-length", "transfer-encoding"] as const;

/**
 * Hands requests for tunnels that are in another process on to it, and its answers back. The requests of one TCP
 * connection are handed on one after another, each when the one before is answered: they stay in order so.
 */
export class TunnelHandover implements HttpRoute {
  readonly #options: TunnelHandoverOptions;
  readonly #onward = new Map<Socket, Onward>();

  constructor(options: TunnelHandoverOptions) {
    this.#options = options;
  }

  handle(request: IncomingMessage, response: ServerResponse): boolean {
    const target = parseTunnelTarget(request.url ?? "");
    const worker = target !== undefined && "sessionId" in target ? workerOfSession(target.sessionId) : undefined;
    if (worker === undefined || worker === this.#options.worker) return false;
    this.#handOn(request, response, worker);
    return true;
  }

  /** Ends what is under way. */
  close(): void {
    for (const onward of this.#onward.values()) end(onward);
  }

  #handOn(request: IncomingMessage, response: ServerResponse, worker: number): void {
    const { method = "", url = "", socket } = request;
    const { agent, requests } = this.#onwardOf(socket);
    const onward = httpRequest({
      socketPath: this.#options.pathOf(worker),
      method,
      path: url,
      headers: { ...passedOn(request), "X-Forwarded-For": this.#options.clientAddress(request) },
      agent,
    });
    requests.add(onward);
    onward.once("response", (answer) => giveBack(answer, request, response));
    onward.on("error", () => fail(response));
    onward.once("close", () => requests.delete(onward));
    // Its owner is told by its close.
    request.on("error", () => {});
    request.pipe(onward);
  }

  #onwardOf(socket: Socket): Onward {
    const found = this.#onward.get(socket);
    if (found !== undefined) return found;
    const onward: Onward = { agent: new Agent({ keepAlive: true, maxSockets: 1 }), requests: new Set() };
    this.#onward.set(socket, onward);
    // The tunnel must know that its client is gone: it keeps what was not taken.
    socket.once("close", () => {
      this.#onward.delete(socket);
      end(onward);
    });
    return onward;
  }
}

function end({ agent, requests }: Onward): void {
  for (const request of requests) request.destroy();
  agent.destroy();
}

function passedOn({ headers }: IncomingMessage): Record<string, string> {
  const named = PASSED_ON.map((name) => [name, headers[name]] as const);
  return Object.fromEntries(
    named.filter((entry): entry is [(typeof PASSED_ON)[number], string] => entry[1] !== undefined),
  );
}

/** As the tunnel itself would answer: its names are written as librtmp looks for them (docs/interop.md). */
function giveBack(answer: IncomingMessage, { complete }: IncomingMessage, response: ServerResponse): void {
  const { headers, statusCode = 502 } = answer;
  const isKept = response.shouldKeepAlive && (complete || statusCode === 200);
  response.sendDate = false;
  if (headers.allow !== undefined) response.setHeader("Allow", headers.allow);
  response.writeHead(statusCode, {
    "Content-Type": headers["content-type"] ?? "text/plain",
    "Content-Length": headers["content-length"] ?? 0,
    "Cache-Control": "no-cache",
    Connection: isKept ? "Keep-Alive" : "close",
  });
  answer.once("aborted", () => response.destroy());
  answer.pipe(response);
}

/** The other process is gone, and its sessions with it. */
function fail(response: ServerResponse): void {
  if (response.headersSent) return void response.destroy();
  const text = "there is no such session\n";
  response.sendDate = false;
  response.writeHead(404, {
    "Content-Type": "text/plain",
    "Content-Length": text.length,
    "Cache-Control": "no-cache",
    Connection: "close",
  });
  response.end(text);
}
