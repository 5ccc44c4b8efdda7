import { type IncomingMessage, type RequestOptions, type ServerResponse, request as sendRequest } from "node:http";
import type { Duplex } from "node:stream";
import type { HttpRoute } from "../transport/http-route.ts";
import type { ApiAddress } from "./options.ts";
import { problemOf, sendProblem } from "./problem.ts";

/** Of one connection only, or of the operator: the listener behind gets none of them. */
const OWN_HEADERS: readonly string[] = [
  ...["connection", "keep-alive", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade"],
  ...["authorization", "cookie", "host", "origin"],
];

/** Asked for nothing else. */
const METHODS: readonly string[] = ["GET", "HEAD", "OPTIONS"];

/** How long the listener behind may take to answer. */
const ANSWER_MS = 30_000;

/**
 * Plays what a listener of the same machine serves by HTTP, for an API in another process than the media. What the
 * application's hooks say holds there: they see a viewer from this machine. `target` is asked at each request; undefined:
 * nothing listens now.
 */
export function createMediaProxy(target: () => ApiAddress | undefined): HttpRoute {
  return {
    handle(request, response) {
      const address = target();
      if (!METHODS.includes(request.method ?? "")) return false;
      if (address === undefined) sendProblem(response, NOT_READY, { "Retry-After": "5" });
      else pass(request, response, address);
      return true;
    },
    upgrade(request, socket, head) {
      const address = target();
      if (address === undefined) return false;
      passUpgrade(request, socket, head, address);
      return true;
    },
  };
}

const NOT_READY = problemOf("server.not-ready", "The server that plays this starts, or it stops.");

function optionsOf(request: IncomingMessage, { host, port }: ApiAddress): RequestOptions {
  const headers: RequestOptions["headers"] = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (!OWN_HEADERS.includes(name) && value !== undefined) headers[name] = value;
  }
  return { host, port, method: request.method, path: request.url, headers, agent: false };
}

function pass(request: IncomingMessage, response: ServerResponse, address: ApiAddress): void {
  const passed = sendRequest(optionsOf(request, address));
  passed.setTimeout(ANSWER_MS, () => passed.destroy(new Error("no answer")));
  passed.on("response", (answer) => {
    // From here on it is as slow as its viewer.
    passed.setTimeout(0);
    response.writeHead(answer.statusCode ?? 502, withoutOwn(answer));
    answer.on("error", () => response.destroy());
    answer.pipe(response);
  });
  passed.on("error", () => {
    if (response.headersSent) response.destroy();
    else sendProblem(response, NOT_READY, { "Retry-After": "5" });
  });
  response.on("close", () => passed.destroy());
  passed.end();
}

function withoutOwn({ headers }: IncomingMessage): IncomingMessage["headers"] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OWN_HEADERS.includes(name)));
}

function passUpgrade(request: IncomingMessage, socket: Duplex, head: Uint8Array, address: ApiAddress): void {
  const options = optionsOf(request, address);
  const upgrade = { Connection: "Upgrade", Upgrade: request.headers.upgrade };
  const passed = sendRequest({ ...options, headers: { ...options.headers, ...upgrade } });
  passed.setTimeout(ANSWER_MS, () => passed.destroy(new Error("no answer")));
  passed.on("upgrade", (answer, behind, first) => {
    passed.setTimeout(0);
    const lines = ["HTTP/1.1 101 Switching Protocols", ...rawHeadersOf(answer), "", ""];
    socket.write(lines.join("\r\n"));
    socket.write(first);
    behind.write(head);
    socket.pipe(behind).pipe(socket);
    behind.on("error", () => socket.destroy());
    // Where it ended in order, what it sent last is still on its way.
    behind.on("close", () => behind.readableEnded || socket.destroy());
    socket.on("close", () => behind.destroy());
  });
  passed.on("response", (answer) => {
    answer.resume();
    socket.end(`HTTP/1.1 ${answer.statusCode ?? 502} \r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  });
  passed.on("error", () => socket.destroy());
  socket.on("close", () => passed.destroy());
  passed.end();
}

function rawHeadersOf({ rawHeaders }: IncomingMessage): string[] {
  const lines: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    lines.push(`${rawHeaders[index]}: ${rawHeaders[index + 1]}`);
  }
  return lines;
}
