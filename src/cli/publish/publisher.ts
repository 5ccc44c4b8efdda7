import { StatusError } from "../../client/status-error.ts";
import { configSlot } from "../../formats/flv/classify.ts";
import type { MediaMessage } from "../../formats/flv/media-message.ts";
import { Backoff } from "../backoff.ts";
import type { ClientConnection, OutgoingStream } from "../client-connection.ts";
import { describeError, errorDetails } from "../describe-error.ts";
import { unlessAborted } from "../interruptible.ts";
import type { Clock } from "../publish-loop.ts";
import type { Reporter } from "../reporter.ts";

/** A connection and what is published on it. */
export type PublisherLink = { readonly connection: ClientConnection; readonly stream: OutgoingStream };

export type PublisherOptions = {
  /** Connects and publishes. */
  open(): Promise<PublisherLink>;
  /** Connect again when the server is lost. */
  readonly reconnect: boolean;
  /** Wait for the server while it is lost. Otherwise time goes on, and what is due is dropped. */
  readonly waits: boolean;
  readonly clock: Clock;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
};

/** What was sent so far. */
export type PublisherCounters = {
  /** Audio, video and data messages. */
  readonly messages: number;
  readonly bytes: number;
  /** Frames that were due while the server was lost. */
  readonly dropped: number;
  readonly reconnects: number;
};

/** Sends messages, and keeps what a server must be told anew when it was lost. */
export class Publisher {
  /** Rejects when the server is lost for good; does nothing otherwise. */
  readonly failed: Promise<never>;
  readonly #options: PublisherOptions;
  readonly #fail: (error: Error) => void;
  readonly #configs = new Map<string | number, MediaMessage>();
  #link: PublisherLink | undefined;
  /** Under way while the server is lost. */
  #reopening: Promise<void> | undefined;
  /** Why there is no going on. */
  #failure: Error | undefined;
  /** After a new connection nothing is of use before a keyframe. */
  #needsKeyframe = false;
  #hasVideo = false;
  #messages = 0;
  #bytes = 0;
  #dropped = 0;
  #reconnects = 0;

  constructor(options: PublisherOptions) {
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => {});
    this.failed = promise;
    this.#fail = reject;
    this.#options = options;
  }

  get counters(): PublisherCounters {
    const [messages, bytes, dropped, reconnects] = [this.#messages, this.#bytes, this.#dropped, this.#reconnects];
    return { messages, bytes, dropped, reconnects };
  }

  /** Undefined while the server is lost. */
  get connection(): ClientConnection | undefined {
    return this.#link?.connection;
  }

  /** Rejects when the server refuses, or cannot be reached and is not to be tried again. */
  async start(): Promise<void> {
    const { reconnect, open } = this.#options;
    try {
      this.#use(await open());
    } catch (error) {
      if (!reconnect || error instanceof StatusError || error instanceof TypeError) throw error;
      this.#reopening = this.#reopen(describeError(error));
      await this.#reopening;
    }
  }

  /** Resolves when the next message may come. Rejects when the server is lost for good. */
  async write(message: MediaMessage): Promise<void> {
    this.#note(message);
    if (this.#options.waits) await this.#reopening;
    if (this.#failure !== undefined) throw this.#failure;
    const stream = this.#link?.stream;
    if (stream === undefined || !this.#isOfUse(message)) {
      if (!message.isConfig) this.#dropped++;
      return;
    }
    const mayGoOn = stream.write(message);
    this.#messages++;
    this.#bytes += message.payload.length;
    if (mayGoOn) return;
    // What hinders it shows in the stream's end.
    await unlessAborted(Promise.race([stream.ready().catch(() => {}), stream.ended]), this.#options.signal);
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Sends what is left, and ends the connection. */
  async finish(): Promise<void> {
    const link = this.#link;
    this.#link = undefined;
    if (link === undefined) return;
    try {
      await link.stream.close();
    } finally {
      await link.connection.close();
    }
  }

  #note(message: MediaMessage): void {
    if (message.kind === "video") this.#hasVideo = true;
    if (!message.isConfig || !this.#options.reconnect) return;
    this.#configs.set(configSlot(message), { ...message, payload: new Uint8Array(message.payload) });
  }

  #isOfUse(message: MediaMessage): boolean {
    if (!this.#needsKeyframe || message.isConfig) return true;
    if (this.#hasVideo && !message.isKeyframe) return false;
    this.#needsKeyframe = false;
    return true;
  }

  #use(link: PublisherLink): void {
    this.#link = link;
    void link.stream.ended.then(({ description, error }) => {
      if (this.#link !== link) return;
      this.#link = undefined;
      void link.connection.close();
      if (this.#options.signal.aborted) return;
      if (this.#options.reconnect) this.#reopening = this.#reopen(description);
      else {
        this.#failure = error ?? new Error(`the stream was ended: ${description}`);
        this.#fail(this.#failure);
      }
    });
  }

  async #reopen(reason: string): Promise<void> {
    const { open, clock, reporter, signal } = this.#options;
    const backoff = new Backoff();
    reporter.warn(`${reason}. Connecting again`);
    while (!signal.aborted) {
      await clock.wait(backoff.next(), signal);
      if (signal.aborted) return;
      try {
        const link = await open();
        if (signal.aborted) return void link.connection.close();
        this.#reconnects++;
        this.#needsKeyframe = true;
        for (const config of this.#configs.values()) link.stream.write(config);
        this.#use(link);
        reporter.note("connected again", "reconnected");
        return;
      } catch (error) {
        if (!signal.aborted) reporter.warn(describeError(error), errorDetails(error));
      }
    }
  }
}
