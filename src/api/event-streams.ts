import type { IncomingMessage, ServerResponse } from "node:http";
import type { Log } from "../server/log.ts";
import type { BroadcastSnapshot, MonitorEvent } from "../server/snapshots.ts";
import type { Session } from "./access/sessions.ts";
import type { CachedMonitor } from "./cached-monitor.ts";
import type { ApiLimits } from "./options.ts";
import { problemOf, sendProblem } from "./problem.ts";
import type { StreamSnapshot } from "./rest/schemas.ts";

export type EventStreamsOptions = {
  readonly monitor: CachedMonitor;
  readonly limits: Pick<ApiLimits, "maxEventStreams" | "maxUnsentBytes">;
  readonly nowMs: () => number;
  /** Calls `tick` about once a second until the function that it returned is called. */
  every(intervalMs: number, tick: () => void): () => void;
  readonly log: Log;
};

type Listener = { readonly response: ServerResponse; readonly session: Session | undefined };

const SNAPSHOT_MS = 1000;
/** Snapshots that nobody sees any more are left out for whoever is behind by this much. */
const BUSY_BYTES = 64 * 1024;
/** What one snapshot lists, the live ones first. */
const MAX_BROADCASTS = 200;
/** After which a browser comes back. */
const RETRY_MS = 2000;

/** Server-sent events: a snapshot a second and each event, for as many as listen, made once for all of them. */
export class EventStreams {
  readonly #options: EventStreamsOptions;
  readonly #listeners = new Set<Listener>();
  /** Tells events of this process from those of one before, which counted from 1, too. */
  readonly #epoch: string;
  #stop: (() => void) | undefined;
  #isMaking = false;

  constructor(options: EventStreamsOptions, startedAtMs: number) {
    this.#options = options;
    this.#epoch = Math.floor(startedAtMs).toString(36);
  }

  get size(): number {
    return this.#listeners.size;
  }

  /** Answers a request for the stream: first the events since `Last-Event-ID`, then a snapshot. */
  open(request: IncomingMessage, response: ServerResponse, session: Session | undefined): void {
    if (this.#listeners.size >= this.#options.limits.maxEventStreams) {
      const problem = problemOf(
        "server.too-many-streams",
        "Too many listen already. Close another page, or try later.",
      );
      return sendProblem(response, problem, { "Retry-After": "10" });
    }
    // Else one connection, with a request behind the other, would have all the places.
    if (response.socket !== request.socket) {
      return sendProblem(response, problemOf("request.malformed", "Ask for events on a connection of their own."));
    }
    response.writeHead(200, { "Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store" });
    if (request.method === "HEAD") return void response.end();
    const listener = { response, session };
    this.#listeners.add(listener);
    response.on("close", () => this.#remove(listener));
    this.#write(listener, `retry: ${RETRY_MS}\n\n`);
    const missed = this.#missedBy(String(request.headers["last-event-id"] ?? ""));
    for (const event of missed) this.#write(listener, this.#eventText(event));
    this.#start();
    void this.#sendSnapshot([listener]);
  }

  /** Ends the streams of a session that is over; undefined: every stream. */
  end(session?: string): void {
    for (const listener of this.#listeners) {
      if (session === undefined || listener.session?.id === session) listener.response.end();
    }
  }

  #start(): void {
    if (this.#stop !== undefined) return;
    const stopTicking = this.#options.every(SNAPSHOT_MS, () => this.#tick());
    const stopEvents = this.#options.monitor.onEvent((event) => this.#tell(event));
    this.#stop = () => {
      stopTicking();
      stopEvents();
    };
  }

  #remove(listener: Listener): void {
    if (!this.#listeners.delete(listener) || this.#listeners.size > 0) return;
    this.#stop?.();
    this.#stop = undefined;
  }

  #tell(event: MonitorEvent): void {
    const text = this.#eventText(event);
    for (const listener of this.#listeners) this.#write(listener, text);
  }

  #tick(): void {
    const nowMs = this.#options.nowMs();
    for (const { response, session } of this.#listeners) {
      if (session !== undefined && session.expiresAtMs <= nowMs) response.end();
    }
    // A monitor that takes long is not asked again meanwhile, but a proxy shall see that the stream lives.
    if (this.#isMaking) for (const listener of this.#listeners) this.#write(listener, ":\n\n");
    else void this.#sendSnapshot();
  }

  /** Never rejects. To all who are there when it is made, unless it is for some only. */
  async #sendSnapshot(to?: readonly Listener[]): Promise<void> {
    const { log, monitor } = this.#options;
    if (to === undefined) this.#isMaking = true;
    try {
      const [server, broadcasts] = await Promise.all([monitor.server(), monitor.broadcasts()]);
      const text = snapshotText({ server, broadcasts: mainOnes(broadcasts), total: broadcasts.length });
      for (const listener of to ?? this.#listeners) {
        if (listener.response.writableLength < BUSY_BYTES) this.#write(listener, text);
      }
    } catch (err) {
      log.error({ err }, "the server's state could not be told to those who listen");
    } finally {
      if (to === undefined) this.#isMaking = false;
    }
  }

  #write(listener: Listener, text: string): void {
    const { response } = listener;
    if (response.destroyed || response.writableEnded) return;
    response.write(text);
    if (response.writableLength <= this.#options.limits.maxUnsentBytes) return;
    this.#options.log.warn(
      { unsentBytes: response.writableLength },
      "somebody listens to events and reads none: closed",
    );
    this.#remove(listener);
    response.destroy();
  }

  #eventText(event: MonitorEvent): string {
    return `id: ${this.#epoch}-${event.id}\nevent: event\ndata: ${JSON.stringify(event)}\n\n`;
  }

  /** None for a first request; all that are kept where the last one was of another process. */
  #missedBy(lastEventId: string): readonly MonitorEvent[] {
    const match = /^([0-9a-z]{1,16})-(\d{1,15})$/.exec(lastEventId);
    if (match === null) return [];
    return this.#options.monitor.events(match[1] === this.#epoch ? Number(match[2]) : undefined);
  }
}

function snapshotText(snapshot: StreamSnapshot): string {
  return `event: snapshot\ndata: ${JSON.stringify(snapshot)}\n\n`;
}

function mainOnes(broadcasts: readonly BroadcastSnapshot[]): BroadcastSnapshot[] {
  const isLive = ({ state }: BroadcastSnapshot): boolean => state === "live";
  const main =
    broadcasts.length <= MAX_BROADCASTS
      ? broadcasts
      : [...broadcasts.filter(isLive), ...broadcasts.filter((one) => !isLive(one))].slice(0, MAX_BROADCASTS);
  return main.map(({ metadata: _, ...rest }) => rest);
}
