import type { IncomingMessage, ServerResponse } from "node:http";
import type { Broadcast } from "../../broadcast/broadcast.ts";
import type { Publication, Publisher } from "../../broadcast/publication.ts";
import { TOO_MANY_BROADCASTS } from "../../broadcast/refusals.ts";
import { ProtocolError } from "../../errors.ts";
import { failedConnection } from "../connection-event.ts";
import type { ServerConnection } from "../connections.ts";
import type { ServerContext } from "../context.ts";
import { describeBreak } from "../end-reasons.ts";
import { endWithText } from "../http-replies.ts";
import type { HttpClient } from "../http-viewers.ts";
import { PublisherHealth } from "../publisher-health.ts";
import type { ConnectionSnapshot } from "../snapshots.ts";
import { FlvInput } from "./flv-input.ts";

/** How long a client may go on sending after it was told that nobody reads: closing earlier resets the answer away. */
const LAST_WORDS_MS = 500;
/** Tracks, and changes of them, that the log tells of one publication. */
const MAX_LOGGED_TRACKS = 32;

type Claimed =
  | { readonly publication: Publication; readonly broadcast: Broadcast; readonly isReturn: boolean }
  | { readonly status: number; readonly refusal: string };

/** Somebody who publishes by `POST` or `PUT` of FLV: its body is the publication. */
export class FlvPublisher implements ServerConnection {
  readonly id: string;
  readonly #context: ServerContext;
  readonly #client: HttpClient;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #health: PublisherHealth;
  readonly #startedAtMs: number;
  #heardAtMs: number;
  #publication: Publication | undefined;
  #input: FlvInput | undefined;
  #broadcast: Broadcast | undefined;
  #receivedBytes = 0;
  #isFinished = false;
  #loggedTracks = 0;

  constructor(context: ServerContext, client: HttpClient, request: IncomingMessage, response: ServerResponse) {
    this.id = client.id;
    this.#context = context;
    this.#client = client;
    this.#request = request;
    this.#response = response;
    const { broadcastName: broadcast, info } = client;
    const { id: connection, remoteAddress } = info;
    this.#health = new PublisherHealth(context, { connection, remoteAddress, protocol: "http-flv", broadcast });
    this.#startedAtMs = context.nowMs();
    this.#heardAtMs = this.#startedAtMs;
  }

  /** Takes the name, and reads. Never rejects. */
  async start(): Promise<void> {
    this.#context.connections.add(this);
    this.#response.once("close", () => this.#lose("the client closed the connection"));
    this.#request.on("error", (error) => this.#lose(describeBreak(error)));
    try {
      const claimed = await this.#claim();
      if (this.#isFinished) {
        if ("publication" in claimed) claimed.publication.end("lost", this.#context.nowMs());
      } else if ("refusal" in claimed) this.#refuse(claimed.status, claimed.refusal);
      else this.#read(claimed);
    } catch (error) {
      this.#fail(error);
    }
  }

  tick(nowMs: number): void {
    if (this.#publication === undefined || this.#isFinished) return;
    this.#health.tick(nowMs);
    const { publisherSilenceMs } = this.#context.options.timeouts;
    if (nowMs - this.#heardAtMs <= publisherSilenceMs) return;
    this.#fail(new ProtocolError("timeout.publisher", `nothing came for ${publisherSilenceMs} ms`));
  }

  shutDown(): void {
    this.#end("unpublished", "the server shuts down", 503, "The server shuts down.");
  }

  kick(reason: string): void {
    this.#end("unpublished", `ended by an operator: ${reason}`, 403, reason);
  }

  destroy(): void {
    this.#finish("lost", "the server stopped");
    this.#request.socket.destroy();
  }

  snapshot(nowMs: number): ConnectionSnapshot {
    const { id, remoteAddress, flashVersion, app, user } = this.#client.info;
    return {
      id,
      protocol: "http-flv",
      remoteAddress,
      client: flashVersion,
      app,
      ...(user !== undefined && { user }),
      connectedAtMs: this.#context.timeOfDayMs() - (nowMs - this.#startedAtMs),
      publishing: this.#broadcast === undefined || this.#isFinished ? [] : [this.#broadcast.name],
      playing: [],
      receivedBytes: this.#receivedBytes,
      sentBytes: 0,
      unsentBytes: 0,
    };
  }

  /** By the rules for busy names, in all processes of the server. */
  async #claim(): Promise<Claimed> {
    const { directory, pool, nowMs } = this.#context;
    const { broadcastName, info } = this.#client;
    const waitingSinceMs = nowMs();
    for (let isFirst = true; ; isFirst = false) {
      // The name may go to another process while one is asked: it is free when nothing has to be waited for.
      for (;;) {
        const decision = await pool?.claim(broadcastName, info.remoteAddress);
        if (this.#isFinished) return { status: 503, refusal: "" };
        if (decision === undefined) break;
        if (!decision.allow) return { status: 409, refusal: decision.reason };
      }
      const broadcast = directory.open(broadcastName, "publish");
      if (broadcast === undefined) return { status: 503, refusal: TOO_MANY_BROADCASTS };
      const result = broadcast.publish(this.#publisher(), nowMs(), isFirst ? undefined : waitingSinceMs);
      if (result.kind === "accepted") return { ...result, broadcast };
      if (result.kind === "refused") return { status: 409, refusal: result.reason };
      await new Promise((resolve) => setTimeout(resolve, result.retryInMs));
      if (this.#isFinished) return { status: 503, refusal: "" };
    }
  }

  #publisher(): Publisher {
    const { log } = this.#context;
    const { broadcastName: broadcast, info } = this.#client;
    const { id: connection, remoteAddress: remote } = info;
    return {
      description: remote,
      connection,
      health: this.#health.meter,
      replaced: (by) => {
        log.info({ connection, remote, broadcast, by: by.description }, "replaced by another publisher");
        this.#end("lost", "another publisher took over", 409, `Another publisher took over ${broadcast}.`);
      },
      track: ({ kind, trackId, codec }) => {
        if (this.#loggedTracks++ < MAX_LOGGED_TRACKS) log.info({ connection, broadcast, kind, trackId }, codec.text);
      },
    };
  }

  #read({ publication, broadcast, isReturn }: Extract<Claimed, { readonly publication: Publication }>): void {
    const { nowMs, options } = this.#context;
    this.#publication = publication;
    this.#broadcast = broadcast;
    this.#input = new FlvInput(publication, options.limits.maxMessageBytes);
    this.#heardAtMs = nowMs();
    this.#client.began(isReturn);
    // Whoever asks whether it may send is waiting.
    if (this.#request.headers.expect !== undefined) this.#response.writeContinue();
    this.#request.on("data", (bytes: Uint8Array) => this.#receive(bytes));
    this.#request.on("end", () => this.#end("unpublished", "the client ended its stream", 200, "Published."));
  }

  #receive(bytes: Uint8Array): void {
    if (this.#isFinished) return;
    this.#receivedBytes += bytes.length;
    this.#heardAtMs = this.#context.nowMs();
    try {
      this.#input?.push(bytes, this.#heardAtMs);
    } catch (error) {
      this.#fail(error);
    }
  }

  #refuse(status: number, refusal: string): void {
    this.#client.refused(refusal);
    this.#isFinished = true;
    this.#context.connections.delete(this);
    this.#answer(status, refusal);
  }

  /** The client broke a rule, or the server has a fault. */
  #fail(error: unknown): void {
    if (this.#isFinished) return;
    const { log, events } = this.#context;
    const { id: connection, remoteAddress } = this.#client.info;
    events.tell(failedConnection(error, { connection, remoteAddress, protocol: "http-flv" }));
    if (error instanceof ProtocolError) {
      const { code, byteOffset, remedy, message } = error;
      log.warn({ connection, remote: remoteAddress, code, byteOffset, remedy }, message);
      const status = code === "timeout.publisher" ? 408 : 400;
      return this.#end("lost", `${code}: ${message}`, status, `${code}: ${message}. ${remedy}`);
    }
    log.error({ connection, remote: remoteAddress, err: error }, "unexpected error on a connection");
    this.#end("lost", "an unexpected error of the server", 500, "The server failed.");
  }

  #lose(reason: string): void {
    this.#finish("lost", reason);
  }

  #end(end: "unpublished" | "lost", reason: string, status: number, text: string): void {
    if (this.#isFinished) return;
    this.#finish(end, reason);
    this.#answer(status, text);
  }

  #answer(status: number, text: string): void {
    const request = this.#request;
    if (request.complete) return endWithText(this.#response, status, text);
    lingering(request, this.#response, status, text);
  }

  #finish(end: "unpublished" | "lost", reason: string): void {
    if (this.#isFinished) return;
    this.#isFinished = true;
    this.#publication?.end(end, this.#context.nowMs());
    this.#client.left(reason, { receivedBytes: this.#receivedBytes, sentBytes: 0 }, end);
    this.#context.connections.delete(this);
  }
}

/** Answers a request whose body still comes: reads on for a while, and throws away what that brings. */
export function lingering(request: IncomingMessage, response: ServerResponse, status: number, text: string): void {
  if (response.headersSent || response.destroyed) return;
  const body = Buffer.from(`${text}\n`);
  response.writeHead(status, {
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Length": body.length,
    Connection: "close",
  });
  response.write(body);
  request.removeAllListeners("data").resume();
  const timer = setTimeout(() => response.end(), LAST_WORDS_MS).unref();
  request.once("end", () => {
    clearTimeout(timer);
    response.end();
  });
}
