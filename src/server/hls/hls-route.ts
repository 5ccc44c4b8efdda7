import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { HttpRoute } from "../../transport/http-route.ts";
import type { ServerContext } from "../context.ts";
import { answerPreflight, corsHeaders, endWithText } from "../http-replies.ts";
import { type HlsFile, INSTANCE_DIGITS, workerDigits } from "./file-name.ts";
import { answerMedia, answerPlaylist, type HlsExchange, mediaTypeOf } from "./hls-answer.ts";
import { HlsBroadcast } from "./hls-broadcast.ts";
import type { HlsOptions } from "./hls-options.ts";
import type { HlsSession } from "./hls-session.ts";
import { HlsSessions } from "./hls-sessions.ts";
import { carriedQuery, type HlsTarget, parseHlsTarget, sessionQuery } from "./hls-target.ts";
import type { PlaylistText } from "./playlist-text.ts";
import { decideReload, parseReload } from "./reload.ts";
import type { Rendition } from "./rendition.ts";
import { removeRemains, SegmentFolder } from "./segment-folder.ts";

export type HlsRouteOptions = HlsOptions & {
  /** Pages that may read. @default every page */
  readonly allowedOrigins?: readonly string[] | undefined;
  /** Which of several processes this is, counting from 1. @default 0: it is alone */
  readonly worker?: number | undefined;
};

const METHODS = "GET, HEAD";
/** How long the first playlist is waited for: the distance of keyframes, and some more. */
const FIRST_WAIT_MS = 20_000;
/** How long what has ended is kept for those who still read it: one who publishes again and again would fill the memory. */
const MAX_PAST_MS = 120_000;
/** In target durations. RFC 8216bis section 6.2.5.2. */
const MAX_WAIT = 3;
const SOON = { "Retry-After": "2" };

/** A request whose session is known. */
type Asked = HlsExchange & { readonly target: HlsTarget; readonly session: HlsSession };

/** HLS and Low-Latency HLS of every broadcast: `/app/key/index.m3u8`. */
export class HlsRoute implements HttpRoute {
  readonly #context: ServerContext;
  readonly #options: HlsRouteOptions;
  readonly #sessions: HlsSessions;
  /** By their names: what newcomers get. */
  readonly #current = new Map<string, HlsBroadcast>();
  /** Those that have ended, too, for as long as somebody reads them. */
  readonly #instances = new Map<string, HlsBroadcast>();
  #isTidied: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(context: ServerContext, options: HlsRouteOptions) {
    this.#context = context;
    this.#options = options;
    const newestMs = (name: string): number | undefined => this.#current.get(name)?.segmenter.newestMs;
    this.#sessions = new HlsSessions({ context, options, worker: options.worker ?? 0, newestMs });
  }

  handle(request: IncomingMessage, response: ServerResponse): boolean {
    const target = parseHlsTarget(request.url ?? "");
    if (target === undefined) return false;
    const exchange = { request, response, cors: corsHeaders(request, this.#options.allowedOrigins) };
    // Whoever reads no more is told by its close.
    response.on("error", () => {});
    if (request.method === "OPTIONS") answerPreflight(response, exchange.cors, METHODS);
    else if (request.method !== "GET" && request.method !== "HEAD") refuse(exchange, 405, "Ask with GET.", ALLOWED);
    else if (this.#isClosed) refuse(exchange, 503, "The server shuts down.");
    else if (target.kind === "elsewhere") refuse(exchange, 302, target.location, { Location: target.location });
    else void this.#serve(exchange, target);
    return true;
  }

  /** Before anything is served. */
  start(): void {
    const { folder, worker = 0 } = this.#options;
    if (folder !== undefined) this.#isTidied = removeRemains(folder, worker, this.#context.log);
  }

  /** What is due by time. About twice a second. */
  tick(nowMs: number): void {
    for (const hls of [...this.#instances.values()]) {
      hls.tick(nowMs);
      const isIdle = hls.waitCount === 0 && nowMs - hls.lastRequestMs > this.#options.idleMs;
      const isPast = hls.overAtMs !== undefined && nowMs - hls.overAtMs > MAX_PAST_MS;
      if (isPast || (isIdle && (hls.isOver || this.#options.start === "on-demand"))) this.#forget(hls);
    }
    if (this.#options.start === "on-demand" || this.#isClosed) return;
    for (const { name, state, publisher } of this.#context.directory) {
      // Where it comes from another process, that one does it.
      if (state === "live" && publisher?.isRelay !== true) this.#open(name);
    }
  }

  /** Serves nothing any more. */
  close(): void {
    this.#isClosed = true;
    for (const hls of [...this.#instances.values()]) this.#forget(hls);
  }

  /** Never rejects. */
  async #serve(exchange: HlsExchange, target: HlsTarget): Promise<void> {
    const { request, response } = exchange;
    try {
      const session = this.#sessions.find(request, target) ?? (await this.#sessions.admit(request, target));
      if ("allow" in session) return refuse(exchange, session.status, session.reason, session.headers);
      if (response.destroyed) return;
      if (!session.open(response, this.#context.nowMs())) return refuse(exchange, 429, "Too many requests wait.", SOON);
      const asked = { ...exchange, target, session };
      if (target.kind === "file") this.#serveFile(asked, target.file);
      else this.#serveMultivariant(asked);
    } catch (error) {
      this.#context.log.error({ err: error }, "unexpected error on a request for HLS");
      refuse(exchange, 500, "The server failed.");
    }
  }

  #serveMultivariant(asked: Asked): void {
    const { session } = asked;
    const hls = this.#open(session.broadcastName);
    if (hls === undefined) {
      refuse(asked, 404, "Nobody publishes this broadcast.");
      return session.end("there was nothing to play");
    }
    const look = (): boolean => {
      const { failure } = hls;
      if (failure === undefined && !hls.isReady) return false;
      if (failure === undefined) this.#answerPlaylist(asked, hls, hls.multivariant());
      else refuse(asked, failure.status, failure.reason);
      if (failure !== undefined) session.end(failure.reason);
      return true;
    };
    this.#wait(asked, hls, FIRST_WAIT_MS, look);
  }

  #serveFile(asked: Asked, file: HlsFile): void {
    const hls = this.#instances.get(file.instance);
    const rendition = hls?.name === asked.session.broadcastName ? hls.rendition(file.rendition) : undefined;
    if (hls === undefined || rendition === undefined) {
      refuse(asked, 404, "There is no such file, or no more.");
      return asked.session.endUnused("there was nothing to play");
    }
    hls.lastRequestMs = this.#context.nowMs();
    switch (file.kind) {
      case "playlist":
        return this.#servePlaylist(asked, hls, rendition);
      case "init": {
        const bytes = rendition.init(file.number);
        return bytes === undefined ? refuse(asked, 404, GONE) : this.#answerMedia(asked, hls, file.rendition, [bytes]);
      }
      case "segment":
        return this.#serveSegment(asked, hls, rendition, file.number);
      case "part":
        return this.#servePart(asked, hls, rendition, file);
    }
  }

  #servePlaylist(asked: Asked, hls: HlsBroadcast, rendition: Rendition): void {
    const reload = parseReload(new URLSearchParams(asked.target.query));
    if (reload === undefined) return refuse(asked, 400, "_HLS_msn and _HLS_part are numbers, and the first is needed.");
    const { until, skips } = reload;
    const decide = (): ReturnType<typeof decideReload> =>
      until === undefined ? "now" : decideReload(until, rendition.open, rendition.partTargetSeconds);
    if (decide() === "too-far") return refuse(asked, 400, "That is too far ahead of the newest segment.");
    this.#wait(asked, hls, MAX_WAIT * hls.targetDuration * 1000, () => {
      if (decide() === "wait") return false;
      this.#answerPlaylist(asked, hls, hls.playlist(rendition, skips));
      return true;
    });
  }

  #serveSegment(asked: Asked, hls: HlsBroadcast, rendition: Rendition, number: number): void {
    const segment = rendition.window.find(number);
    if (segment === undefined || segment.isGap) return refuse(asked, 404, GONE);
    asked.session.fetched((segment.startSeconds + segment.durationSeconds) * 1000);
    if (segment.parts.length > 0) {
      const pieces = segment.parts.map(({ bytes }) => bytes);
      return this.#answerMedia(asked, hls, rendition.name, pieces);
    }
    const done = (bytes: number): void => this.#answered(asked, hls, bytes);
    hls.stored?.send(asked, { rendition: rendition.name, instance: hls.instance, number, done });
  }

  #servePart(asked: Asked, hls: HlsBroadcast, rendition: Rendition, wanted: { number: number; part: number }): void {
    const { number, part } = wanted;
    const look = (): boolean => {
      const found = rendition.part(number, part);
      const { open } = rendition;
      if (found !== undefined) {
        const isOpen = open?.number === number;
        if (isOpen) asked.session.fetched(hls.segmenter.newestMs);
        this.#answerMedia(asked, hls, rendition.name, [found.bytes]);
        return true;
      }
      // Only what is named as the next one is waited for.
      if (open?.number === number && open.parts.length === part) return false;
      refuse(asked, 404, GONE);
      return true;
    };
    this.#wait(asked, hls, MAX_WAIT * hls.targetDuration * 1000, look);
  }

  /** Until it can be answered, or that takes too long. */
  #wait(asked: Asked, hls: HlsBroadcast, maxMs: number, look: () => boolean): void {
    hls.lastRequestMs = this.#context.nowMs();
    if (look()) return;
    const { response } = asked;
    const undo = hls.wait({
      deadlineMs: this.#context.nowMs() + maxMs,
      look: () => response.destroyed || asked.session.isOver || look(),
      overdue: () => refuse(asked, 503, "Nothing new has come for too long.", SOON),
    });
    response.once("close", undo);
  }

  #answerPlaylist(asked: Asked, hls: HlsBroadcast, text: PlaylistText): void {
    const { session, target } = asked;
    const whole = text.join(sessionQuery(session.key, carriedQuery(target.query)));
    this.#answered(asked, hls, answerPlaylist(asked, whole));
  }

  #answerMedia(asked: Asked, hls: HlsBroadcast, rendition: string, pieces: readonly Uint8Array[]): void {
    this.#answered(asked, hls, answerMedia(asked, mediaTypeOf(rendition), pieces));
  }

  #answered({ session, response }: Asked, hls: HlsBroadcast, bytes: number): void {
    session.answered(response, bytes, this.#context.nowMs());
    hls.sent(bytes);
  }

  /** What is published under that name now; undefined for nothing. */
  #open(name: string): HlsBroadcast | undefined {
    const found = this.#current.get(name);
    if (found !== undefined && !found.isOver) return found;
    const broadcast = this.#context.directory.get(name);
    if (broadcast === undefined || broadcast.state === "idle") return undefined;
    const { folder, worker = 0, ...options } = this.#options;
    const instance = workerDigits(worker) + randomBytes(INSTANCE_DIGITS / 2 - 1).toString("hex");
    const stored = folder === undefined ? undefined : new SegmentFolder(folder, this.#context.log, this.#isTidied);
    const hls = new HlsBroadcast(broadcast, { context: this.#context, options, instance, stored });
    this.#current.set(name, hls);
    this.#instances.set(instance, hls);
    return hls;
  }

  #forget(hls: HlsBroadcast): void {
    hls.stop();
    this.#instances.delete(hls.instance);
    if (this.#current.get(hls.name) === hls) this.#current.delete(hls.name);
  }
}

const ALLOWED = { Allow: `${METHODS}, OPTIONS` };
const GONE = "There is no such part of the broadcast, or no more.";

function refuse(
  { response, cors }: HlsExchange,
  status: number,
  reason: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  endWithText(response, status, reason, { ...cors, ...headers });
}
