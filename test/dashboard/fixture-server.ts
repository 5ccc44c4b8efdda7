import { createReadStream, existsSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import type { BroadcastSnapshot, ConnectionSnapshot, MonitorEvent } from "../../src/server/snapshots.ts";
import { makeBroadcast, makeConnections, makeEvents, makeHistory, makeServer, STARTED_AT_MS } from "./fixture-data.ts";
import { sendLiveFlv } from "./live-flv.ts";

/** What the page must do with: no inline script or style, nothing from elsewhere, nothing evaluated. */
export const STRICT_POLICY: string = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

export type FixtureOptions = {
  /** Where the dashboard was built to. */
  readonly dashboardFolder: string;
  readonly broadcasts?: readonly BroadcastSnapshot[];
  /** Changes what is told of each broadcast. */
  readonly alter?: (broadcast: BroadcastSnapshot) => BroadcastSnapshot;
  /** How many broadcasts there are. @default 6 */
  readonly count?: number;
  /** As many of them as one snapshot of the stream carries. @default 200 */
  readonly maxStreamed?: number;
  readonly viewers?: number;
  readonly token?: string;
  /** `picture.mp4` of broadcast number N is file N of these, over and over. @default no pictures */
  readonly pictures?: readonly string[];
  /** A folder with `index.m3u8`. @default HLS is refused with a reason */
  readonly hlsFolder?: string;
  /** FLV is refused with this reason. */
  readonly flvRefusal?: string;
  /** Nothing can be kicked, for this reason. */
  readonly kickRefusal?: string;
  /** Of snapshots. @default 1000 */
  readonly everyMs?: number;
};

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".mp4": "video/mp4",
  ".m4s": "video/iso.segment",
  ".m3u8": "application/vnd.apple.mpegurl",
};

/** Stands in for the API, as far as the dashboard asks it, with the policy that the dashboard has to obey. */
export class FixtureServer {
  readonly #options: FixtureOptions;
  readonly #server: Server;
  readonly #streams = new Set<ServerResponse>();
  readonly #events: MonitorEvent[];
  #timer: NodeJS.Timeout | undefined;
  #seconds = 5400;
  /** What was kicked: path, and reason. */
  readonly kicks: { readonly path: string; readonly reason: string | null }[] = [];
  /** Paths of pictures that were asked for. */
  readonly pictureRequests: string[] = [];
  /** Answers the stream of events with 503 while it is set. */
  isStreamRefused = false;

  constructor(options: FixtureOptions) {
    this.#options = options;
    this.#events = makeEvents(this.nowMs);
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  get nowMs(): number {
    return STARTED_AT_MS + this.#seconds * 1000;
  }

  get streamCount(): number {
    return this.#streams.size;
  }

  /** Listens on loopback. Returns the address of the page. */
  async start(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(port, "127.0.0.1", resolve));
    this.#timer = setInterval(() => {
      this.#seconds += 1;
      for (const stream of this.#streams) this.#sendSnapshot(stream);
    }, this.#options.everyMs ?? 1000);
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  /** As a server that dies: who listens to events loses it. */
  dropStreams(): void {
    for (const stream of this.#streams) stream.destroy();
    this.#streams.clear();
  }

  tell(event: Omit<MonitorEvent, "id" | "atMs">): void {
    const told = { id: this.#events.length + 1, atMs: this.nowMs, ...event };
    this.#events.push(told);
    for (const stream of this.#streams) stream.write(`event: event\ndata: ${JSON.stringify(told)}\n\n`);
  }

  #broadcasts(): BroadcastSnapshot[] {
    const { broadcasts, count = 6, alter = (broadcast) => broadcast } = this.#options;
    const made = broadcasts ?? Array.from({ length: count }, (_, index) => makeBroadcast(index, this.#seconds));
    return made.map(alter);
  }

  #connections(): ConnectionSnapshot[] {
    return makeConnections(this.#broadcasts(), this.#options.viewers ?? 24, this.nowMs);
  }

  #sendSnapshot(stream: ServerResponse): void {
    const broadcasts = this.#broadcasts();
    const streamed = broadcasts.slice(0, this.#options.maxStreamed ?? 200).map(({ metadata: _, ...rest }) => rest);
    const body = { server: makeServer(broadcasts, this.#seconds), broadcasts: streamed, total: broadcasts.length };
    stream.write(`event: snapshot\ndata: ${JSON.stringify(body)}\n\n`);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
    if (pathname.startsWith("/api/v1/")) {
      this.#answerApi(request, response, pathname.slice("/api/v1".length), searchParams);
    } else if (pathname.startsWith("/media/")) {
      this.#answerMedia(response, pathname.slice("/media".length));
    } else {
      this.#sendFile(response, join(this.#options.dashboardFolder, pathname === "/" ? "index.html" : pathname));
    }
  }

  #answerApi(request: IncomingMessage, response: ServerResponse, path: string, query: URLSearchParams): void {
    const { token, kickRefusal } = this.#options;
    const isSignedIn = token === undefined || request.headers.cookie === "session=in";
    if (path === "/session") {
      void this.#answerSession(request, response, isSignedIn);
    } else if (!isSignedIn) {
      sendProblem(response, 401, "Send the API's token.");
    } else if (request.method === "DELETE" && kickRefusal !== undefined) {
      sendProblem(response, 404, kickRefusal);
    } else if (request.method === "DELETE") {
      this.kicks.push({ path: decodeURIComponent(path), reason: query.get("reason") });
      response.writeHead(204).end();
    } else if (path === "/stream") {
      this.#openStream(request, response);
    } else if (path.startsWith("/broadcasts/")) {
      this.#answerBroadcast(response, path.split("/").slice(2).map(decodeURIComponent));
    } else {
      this.#answerList(response, path, query);
    }
  }

  async #answerSession(request: IncomingMessage, response: ServerResponse, isSignedIn: boolean): Promise<void> {
    const { token } = this.#options;
    const needsToken = token !== undefined;
    if (request.method === "GET") return sendJson(response, { needsToken, isSignedIn });
    if (request.method === "DELETE") {
      response.writeHead(204, { "Set-Cookie": "session=; Max-Age=0; Path=/" }).end();
      return;
    }
    let body = "";
    for await (const part of request) body += String(part);
    const given = (JSON.parse(body) as { readonly token: string }).token;
    if (given !== token) return sendProblem(response, 401, "This is not the API's token.");
    response.setHeader("Set-Cookie", "session=in; HttpOnly; SameSite=Strict; Path=/");
    sendJson(response, { needsToken, isSignedIn: true });
  }

  #openStream(request: IncomingMessage, response: ServerResponse): void {
    if (this.isStreamRefused) return sendProblem(response, 503, "Too many listen already.");
    response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    this.#streams.add(response);
    request.on("close", () => this.#streams.delete(response));
    this.#sendSnapshot(response);
  }

  #answerBroadcast(response: ServerResponse, [name = "", rest]: readonly string[]): void {
    const index = this.#broadcasts().findIndex((broadcast) => broadcast.name === name);
    const broadcast = this.#broadcasts()[index];
    if (broadcast === undefined) return sendProblem(response, 404, `There is no broadcast ${name}.`);
    if (rest === undefined) return sendJson(response, broadcast);
    if (rest === "history") return sendJson(response, { items: makeHistory(index, this.nowMs, 300) });
    this.pictureRequests.push(name);
    const { pictures = [] } = this.#options;
    const picture = pictures[index % pictures.length];
    if (picture === undefined) return sendProblem(response, 404, `There is no picture of ${name}.`);
    this.#sendFile(response, picture);
  }

  #answerList(response: ServerResponse, path: string, query: URLSearchParams): void {
    const broadcasts = this.#broadcasts();
    if (path === "/server") return sendJson(response, makeServer(broadcasts, this.#seconds));
    const limit = Number(query.get("limit") ?? 100);
    const begin = Number(query.get("cursor") ?? 0);
    const sendPage = (items: readonly unknown[]): void => {
      const next = begin + limit < items.length ? { nextCursor: `${begin + limit}` } : {};
      sendJson(response, { items: items.slice(begin, begin + limit), total: items.length, ...next });
    };
    if (path === "/broadcasts") return sendPage(broadcasts);
    if (path === "/connections") return sendPage(this.#connections());
    if (path === "/events") return sendPage(this.#events);
    if (path === "/viewers") return sendPage(this.#viewersOf(query.get("broadcast")));
    sendProblem(response, 404, "There is nothing of that name.");
  }

  #viewersOf(name: string | null): readonly unknown[] {
    return this.#connections().flatMap(({ id, protocol, remoteAddress, client, connectedAtMs, playing }) =>
      playing
        .filter(({ broadcast }) => broadcast === name)
        .map((viewing) => ({ ...viewing, connection: id, protocol, remoteAddress, client, connectedAtMs })),
    );
  }

  #answerMedia(response: ServerResponse, path: string): void {
    const { hlsFolder, flvRefusal } = this.#options;
    if (path.endsWith(".flv")) {
      if (flvRefusal === undefined) sendLiveFlv(response);
      else sendProblem(response, 415, flvRefusal);
    } else if (hlsFolder === undefined) {
      sendProblem(response, 415, "HLS cannot carry FLV1 (Sorenson H.263): publish H.264, or watch by RTMP.");
    } else {
      this.#sendFile(response, join(hlsFolder, path.slice(path.lastIndexOf("/") + 1)));
    }
  }

  #sendFile(response: ServerResponse, file: string): void {
    if (file.includes("..") || !existsSync(file)) return sendProblem(response, 404, "There is no such file.");
    response.writeHead(200, {
      "Content-Type": TYPES[extname(file)] ?? "application/octet-stream",
      "Content-Security-Policy": STRICT_POLICY,
      "X-Content-Type-Options": "nosniff",
    });
    createReadStream(file).pipe(response);
  }
}

function sendJson(response: ServerResponse, body: unknown): void {
  response
    .writeHead(200, { "Content-Type": "application/json", "Cache-Control": "no-store" })
    .end(JSON.stringify(body));
}

function sendProblem(response: ServerResponse, status: number, detail: string): void {
  response.writeHead(status, { "Content-Type": "application/problem+json" });
  response.end(JSON.stringify({ type: "about:blank", title: "Refused", status, detail }));
}
