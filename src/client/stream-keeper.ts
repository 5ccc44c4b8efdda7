import type { RtmpUrl } from "../transport/rtmp-url.ts";
import type { ClientClock } from "./clock.ts";
import type { StreamEnd } from "./close-reason.ts";
import { backoffMs, type ReconnectEvent, type ResolvedReconnectOptions } from "./reconnect-options.ts";
import { abortError } from "./reject-on-abort.ts";
import { StatusError } from "./status-error.ts";

/** A stream of one connection. */
export type KeptStream = { readonly ended: Promise<StreamEnd>; close(): Promise<void> };

/** A stream that stands, and what its connection told of itself. */
export type OpenedStream<Stream> = {
  readonly stream: Stream;
  /** Without password and key. */
  readonly url: string;
  /** The server goes down: what it stops is to be had again later. */
  readonly isServerClosing: () => boolean;
  /** Resolves when the server asks the client to go elsewhere. */
  readonly moveRequest: Promise<Place>;
};

/** Where a server sends the client: a URL, or a reference relative to the one that it is connected to; "" for the same. */
export type Place = { readonly from: RtmpUrl; readonly reference: string };

export type StreamKeeperNeeds<Stream> = {
  readonly options: ResolvedReconnectOptions;
  readonly clock: ClientClock;
  /** Of the application; ends everything. */
  readonly signal: AbortSignal | undefined;
  /** Without a place: where it was opened first. */
  open(place: Place | undefined, signal: AbortSignal): Promise<OpenedStream<Stream>>;
  /** The stream goes on with this one; the one before may still stand, and is closed by whoever is called. */
  attach(stream: Stream): void;
  /** The stream that was attached is gone. */
  detach(): void;
};

/** A stream that has lasted so long counts as good. */
const STABLE_MS = 10_000;

/** Faults of a server that may be over the next time, as codes of refusals. */
const TEMPORARY = new Set([
  "NetStream.Failed",
  "NetStream.Play.Failed",
  "NetConnection.Connect.Failed",
  "NetConnection.Connect.AppShutdown",
  "NetConnection.Proxy.NotResponding",
]);

/** Keeps a stream going: opens it again when its connection is lost, and elsewhere when the server asks for that. */
export class StreamKeeper<Stream extends KeptStream> {
  readonly #needs: StreamKeeperNeeds<Stream>;
  readonly #closing = new AbortController();
  /** Aborts what is being opened. */
  readonly #signal: AbortSignal;
  #opened: OpenedStream<Stream> | undefined;
  #attempts = 0;
  /** In a row, by streams that did not last. */
  #moves = 0;

  constructor(needs: StreamKeeperNeeds<Stream>) {
    this.#needs = needs;
    const { signal } = needs;
    this.#signal = signal === undefined ? this.#closing.signal : AbortSignal.any([signal, this.#closing.signal]);
  }

  /** Opens the stream for the first time. */
  async start(): Promise<void> {
    try {
      await this.#start();
    } catch (error) {
      this.#abandon();
      throw error;
    }
  }

  async #start(): Promise<void> {
    if (!this.#needs.options.fromStart) {
      const opened = await this.#open(undefined, this.#signal);
      if (opened instanceof Error) throw opened;
      return this.#attach(opened);
    }
    const end = await this.#reopen();
    if (this.#signal.aborted) throw abortError(this.#signal);
    if (end !== undefined) throw end.error ?? new Error(end.description);
  }

  /** Keeps it until it is over for good. Never rejects. */
  async run(): Promise<StreamEnd> {
    try {
      return await this.#run();
    } catch (thrown) {
      // Only what is told of events can throw here.
      const error = asError(thrown);
      this.#abandon();
      return { kind: "disconnected", description: `a function of the application failed: ${error.message}`, error };
    }
  }

  async #run(): Promise<StreamEnd> {
    for (;;) {
      const end = await this.#untilEnd();
      if (this.#signal.aborted && end.kind === "disconnected") return closedEnd(this.#signal);
      if (!this.#isWorthAnother(end)) return end;
      this.#needs.detach();
      this.#tell({ kind: "lost", reason: end.description });
      const last = await this.#reopen();
      if (last !== undefined) return last;
    }
  }

  /** Nothing is opened any more. */
  close(): void {
    this.#closing.abort(new Error("closed by the application"));
  }

  #abandon(): void {
    this.close();
    // What hinders the close shows in the stream's own end.
    this.#opened?.stream.close().catch(() => {});
  }

  /** Until the connection is lost, or all is over; the server may ask the stream to move meanwhile. */
  async #untilEnd(): Promise<StreamEnd> {
    for (;;) {
      const opened = this.#opened;
      if (opened === undefined) throw new Error("no stream was opened");
      const startedAtMs = this.#needs.clock.nowMs();
      const place = await Promise.race([opened.moveRequest, opened.stream.ended.then(() => undefined)]);
      this.#noteLasting(startedAtMs);
      if (place !== undefined && (await this.#move(opened, place))) continue;
      const end = await opened.stream.ended;
      this.#noteLasting(startedAtMs);
      return end;
    }
  }

  #noteLasting(startedAtMs: number): void {
    if (this.#needs.clock.nowMs() - startedAtMs < STABLE_MS) return;
    this.#attempts = 0;
    this.#moves = 0;
  }

  /** Whether the stream has moved. Otherwise the old one is used as long as it stands. */
  async #move(from: OpenedStream<Stream>, place: Place): Promise<boolean> {
    this.#tell({ kind: "moving", url: place.reference });
    const obsolete = new AbortController();
    const signal = AbortSignal.any([this.#signal, obsolete.signal]);
    // The connection may be lost meanwhile; what ends in order needs no other place.
    void from.stream.ended.then((end) => {
      if (!this.#isWorthAnother(end)) obsolete.abort(new Error(end.description));
    });
    await this.#pauseBeforeMove(signal);
    const opened = await this.#open(place, signal);
    if (opened instanceof Error) {
      this.#tell({ kind: "failed", attempt: 0, error: opened });
      return false;
    }
    this.#attach(opened);
    return true;
  }

  /** The first is made at once; servers that send the client back and forth are not asked as fast as they answer. */
  async #pauseBeforeMove(signal: AbortSignal): Promise<void> {
    const { options, clock } = this.#needs;
    const attempt = this.#moves++;
    if (attempt === 0) return;
    const delayMs = backoffMs(attempt, options, () => clock.random());
    this.#tell({ kind: "waiting", attempt, delayMs });
    await clock.wait(delayMs, signal);
  }

  #isWorthAnother(end: StreamEnd): boolean {
    if (this.#signal.aborted) return false;
    if (end.kind === "disconnected") return true;
    if (end.kind === "stopped") return this.#opened?.isServerClosing() ?? false;
    return end.error !== undefined && this.#isRetried(end.error);
  }

  #isRetried(error: Error): boolean {
    const isRefused = error instanceof StatusError && !TEMPORARY.has(error.code);
    return !isRefused || this.#needs.options.retryRefusals;
  }

  /** Undefined when the stream stands again. */
  async #reopen(): Promise<StreamEnd | undefined> {
    const { options, clock } = this.#needs;
    for (;;) {
      if (this.#signal.aborted) return closedEnd(this.#signal);
      const attempt = ++this.#attempts;
      const delayMs = backoffMs(attempt, options, () => clock.random());
      this.#tell({ kind: "waiting", attempt, delayMs });
      await clock.wait(delayMs, this.#signal);
      const opened = await this.#open(undefined, this.#signal);
      if (this.#signal.aborted) return closedEnd(this.#signal);
      if (!(opened instanceof Error)) {
        this.#attach(opened);
        return undefined;
      }
      const end = this.#endAfter(attempt, opened);
      if (end !== undefined) return end;
    }
  }

  #endAfter(attempt: number, error: Error): StreamEnd | undefined {
    this.#tell({ kind: "failed", attempt, error });
    const isRetried = this.#isRetried(error);
    if (isRetried && attempt < this.#needs.options.maxAttempts) return undefined;
    const description = isRetried ? `gave up after ${attempt} attempts: ${error.message}` : error.message;
    this.#tell({ kind: "gave-up", reason: description });
    return { kind: isRetried ? "disconnected" : "refused", description, error };
  }

  /** Nothing is left of what comes too late. */
  async #open(place: Place | undefined, signal: AbortSignal): Promise<OpenedStream<Stream> | Error> {
    if (signal.aborted) return abortError(signal);
    try {
      const opened = await this.#needs.open(place, signal);
      if (!signal.aborted) return opened;
      // What hinders the close shows in the stream's own end.
      opened.stream.close().catch(() => {});
      return abortError(signal);
    } catch (error) {
      return asError(error);
    }
  }

  #attach(opened: OpenedStream<Stream>): void {
    this.#opened = opened;
    this.#needs.attach(opened.stream);
    this.#tell({ kind: "connected", url: opened.url });
  }

  #tell(event: ReconnectEvent): void {
    this.#needs.options.onEvent?.(event);
  }
}

function closedEnd(signal: AbortSignal): StreamEnd {
  return { kind: "closed", description: abortError(signal).message };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error), { cause: error });
}
