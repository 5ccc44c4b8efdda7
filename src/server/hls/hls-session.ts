import type { ServerResponse } from "node:http";
import type { ConnectionTally } from "../connection-tally.ts";
import type { ServerConnection } from "../connections.ts";
import type { HttpClient } from "../http-viewers.ts";
import type { ConnectionSnapshot } from "../snapshots.ts";

export type HlsSessionParts = {
  /** Unguessable: whoever has it watches as this session. */
  readonly id: string;
  /** What its requests ask for, as it stands in their URLs. */
  readonly path: string;
  readonly client: HttpClient;
  readonly connectedAtMs: number;
  readonly nowMs: number;
  readonly limits: { readonly sessionMs: number; readonly takeMs: number; readonly maxSessionRequests: number };
  /** The end of what can be played, on the broadcast's timeline. */
  newestMs(broadcastName: string): number | undefined;
  onOver(session: HlsSession, isKicked: boolean): void;
};

/** A request that is not done: since when its answer waits to be read; undefined while it waits for the broadcast. */
type Exchange = { answeredAtMs: number | undefined };

/** One viewer: many requests, and one connection in the eyes of all who look after the server. */
export class HlsSession implements ServerConnection {
  readonly id: string;
  /** Stands in the URLs. */
  readonly key: string;
  readonly path: string;
  readonly broadcastName: string;
  readonly #parts: HlsSessionParts;
  readonly #exchanges = new Map<ServerResponse, Exchange>();
  #lastRequestMs: number;
  #sentBytes = 0;
  /** How far it has fetched, on the broadcast's timeline. */
  #fetchedMs: number | undefined;
  #hasBegun = false;
  #isOver = false;

  constructor(parts: HlsSessionParts) {
    this.id = parts.client.id;
    this.key = parts.id;
    this.path = parts.path;
    this.broadcastName = parts.client.broadcastName;
    this.#parts = parts;
    this.#lastRequestMs = parts.nowMs;
  }

  get remoteAddress(): string {
    return this.#parts.client.info.remoteAddress;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get sentBytes(): number {
    return this.#sentBytes;
  }

  /** There was nothing for it: it takes no viewer's place, unless other requests of it are not done. */
  endUnused(reason: string): void {
    const isUsed = this.#hasBegun || [...this.#exchanges.keys()].some((response) => !response.writableEnded);
    if (!isUsed) this.end(reason);
  }

  /** Some request of it is not answered. */
  get isWaiting(): boolean {
    return [...this.#exchanges.values()].some(({ answeredAtMs }) => answeredAtMs === undefined);
  }

  /** One more request; false where too many are not done. */
  open(response: ServerResponse, nowMs: number): boolean {
    if (this.#exchanges.size >= this.#parts.limits.maxSessionRequests) return false;
    this.#lastRequestMs = nowMs;
    this.#exchanges.set(response, { answeredAtMs: undefined });
    response.once("close", () => this.#exchanges.delete(response));
    return true;
  }

  /** It gets so many bytes now; it plays with the first of them. */
  answered(response: ServerResponse, bytes: number, nowMs: number): void {
    const exchange = this.#exchanges.get(response);
    if (exchange !== undefined) exchange.answeredAtMs = nowMs;
    this.#lastRequestMs = nowMs;
    this.#sentBytes += bytes;
    if (!this.#hasBegun) this.#parts.client.began();
    this.#hasBegun = true;
  }

  /** It has the media up to there. */
  fetched(endMs: number): void {
    this.#fetchedMs = Math.max(this.#fetchedMs ?? endMs, endMs);
  }

  tick(nowMs: number): void {
    const { takeMs, sessionMs } = this.#parts.limits;
    for (const [response, { answeredAtMs }] of this.#exchanges) {
      if (answeredAtMs !== undefined && nowMs - answeredAtMs > takeMs) response.destroy();
    }
    const isAsking = this.#exchanges.size > 0;
    if (!isAsking && nowMs - this.#lastRequestMs > sessionMs) this.end("it asked for nothing more");
  }

  shutDown(): void {
    this.end("the server shuts down");
  }

  destroy(): void {
    this.#destroyResponses();
    this.end("the server stops");
  }

  /** To those of its network who came after it. */
  giveWay(): void {
    this.#destroyResponses();
    this.end("it asked for nothing more, and others of its network came");
  }

  kick(reason: string): void {
    this.#destroyResponses();
    this.end(`kicked: ${reason}`, true);
  }

  end(reason: string, isKicked = false): void {
    if (this.#isOver) return;
    this.#isOver = true;
    // What waits for the broadcast gets no answer any more.
    for (const [response, { answeredAtMs }] of [...this.#exchanges]) {
      if (answeredAtMs === undefined && !response.writableEnded) response.destroy();
    }
    this.#parts.client.left(reason, { receivedBytes: 0, sentBytes: this.#sentBytes });
    this.#parts.onOver(this, isKicked);
  }

  tally(tally: ConnectionTally): void {
    tally.transferred(0, this.#sentBytes);
    if (this.#hasBegun) tally.watches(this.broadcastName, "hls");
  }

  snapshot(): ConnectionSnapshot {
    const { info } = this.#parts.client;
    const newestMs = this.#parts.newestMs(this.broadcastName);
    const lagMs = newestMs === undefined || this.#fetchedMs === undefined ? 0 : Math.max(0, newestMs - this.#fetchedMs);
    const standing = { lagMs: Math.round(lagMs), lagBytes: 0, isPaused: false, droppedMessages: 0, skips: 0 };
    return {
      id: this.id,
      protocol: "hls",
      remoteAddress: info.remoteAddress,
      client: info.flashVersion,
      app: info.app,
      ...(info.user !== undefined && { user: info.user }),
      connectedAtMs: this.#parts.connectedAtMs,
      publishing: [],
      playing: this.#hasBegun ? [{ broadcast: this.broadcastName, ...standing, sentBytes: this.#sentBytes }] : [],
      receivedBytes: 0,
      sentBytes: this.#sentBytes,
      unsentBytes: this.#unsentBytes,
    };
  }

  get #unsentBytes(): number {
    let bytes = 0;
    for (const response of this.#exchanges.keys()) bytes += response.writableLength;
    return bytes;
  }

  #destroyResponses(): void {
    for (const response of [...this.#exchanges.keys()]) response.destroy();
  }
}
