import type { ClientDataEvent, ClientMediaEvent } from "../rtmp/session/client-events.ts";
import type { ClientSession } from "../rtmp/session/client-session.ts";
import type { Status } from "../rtmp/session/status.ts";
import { clientError } from "./client-error.ts";
import { type CloseReason, closedError } from "./close-reason.ts";
import { DrainWaiters } from "./drain-waiters.ts";
import type { ResolvedConnectOptions } from "./options.ts";
import { type PendingAnswer, pendingAnswer } from "./pending-answer.ts";
import { PendingAnswers } from "./pending-answers.ts";
import { NetPlayStream, type PlayStream, type PlayStreamOptions } from "./play-stream.ts";
import { NetPublishStream, type PublishStream, type PublishStreamOptions } from "./publish-stream.ts";
import { rejectOnAbort } from "./reject-on-abort.ts";
import type { SessionDriver } from "./session-driver.ts";
import type { StreamPort, StreamReceiver } from "./stream-port.ts";

const DEFAULT_BUFFER_MS = 3000;

/** What a connection publishes and plays, by message stream id. */
export class NetStreams {
  readonly #driver: SessionDriver;
  readonly #options: ResolvedConnectOptions;
  /** Set when the connection is closed with its only stream. */
  readonly #closeConnection: (() => Promise<unknown>) | undefined;
  readonly #port: StreamPort;
  readonly #drains: DrainWaiters;
  readonly #creations = new PendingAnswers<number>();
  /** Undefined while a stream is being made. */
  readonly #receivers = new Map<number, StreamReceiver | undefined>();
  /** Streams with more waiting than they want to hold: nothing is read meanwhile. */
  readonly #holders = new Set<StreamReceiver>();

  constructor(
    driver: SessionDriver,
    options: ResolvedConnectOptions,
    closeConnection: (() => Promise<unknown>) | undefined,
  ) {
    this.#driver = driver;
    this.#options = options;
    this.#closeConnection = closeConnection;
    this.#drains = new DrainWaiters(() => driver.queuedBytes);
    this.#port = this.#createPort();
  }

  async publish(name: string, options: PublishStreamOptions): Promise<PublishStream> {
    const streamId = await this.#create(options.signal, name);
    const started = this.#starting("publish");
    const stream = new NetPublishStream(this.#port, streamId, started, options, (receiver) =>
      this.#receivers.set(streamId, receiver),
    );
    return await this.#started(stream, streamId, started, options.signal, (session) =>
      session.publish(streamId, name, options.type),
    );
  }

  async play(name: string, options: PlayStreamOptions): Promise<PlayStream> {
    const streamId = await this.#create(options.signal);
    const started = this.#starting("play");
    const stream = new NetPlayStream(this.#port, streamId, started, options, (receiver) =>
      this.#receivers.set(streamId, receiver),
    );
    return await this.#started(stream, streamId, started, options.signal, (session) => {
      session.play(streamId, name, options);
      session.setBufferLength(streamId, options.bufferMs ?? DEFAULT_BUFFER_MS);
    });
  }

  /** The answer to `createStream`. */
  created(transactionId: number, streamId: number): void {
    if (this.#receivers.has(streamId)) {
      this.#creations.reject(transactionId, clientError("command.body", `the server gave stream ${streamId} twice`));
    } else if (this.#creations.resolve(transactionId, streamId)) {
      this.#receivers.set(streamId, undefined);
    }
  }

  creationRefused(transactionId: number, error: Error): void {
    this.#creations.reject(transactionId, error);
  }

  /** False if the status is not about a stream of this side. */
  receiveStatus(streamId: number, status: Status): boolean {
    const receiver = this.#receivers.get(streamId);
    receiver?.receiveStatus(status);
    return receiver !== undefined;
  }

  receiveMedia({ streamId, message }: ClientMediaEvent): void {
    this.#receivers.get(streamId)?.receiveMedia(message);
  }

  receiveData(event: ClientDataEvent): void {
    this.#receivers.get(event.streamId)?.receiveData(event);
  }

  /** What was sent has reached the kernel. */
  drained(): void {
    this.#drains.drained();
  }

  /** The connection is over. */
  disconnect(reason: CloseReason): void {
    this.#creations.rejectAll(closedError(reason));
    for (const receiver of [...this.#receivers.values()]) receiver?.disconnect(reason);
    this.#drains.release();
  }

  async #create(signal: AbortSignal | undefined, publishName?: string): Promise<number> {
    this.#checkOpen();
    signal?.throwIfAborted();
    const { session } = this.#driver;
    const transactionId = session.createStream(publishName);
    const created = this.#creations.wait(transactionId, "createStream", this.#options.timeouts.answerMs);
    const stopListening = rejectOnAbort(signal, (error) => this.#creations.reject(transactionId, error));
    this.#driver.flush();
    try {
      const streamId = await created;
      this.#checkOpen();
      return streamId;
    } finally {
      stopListening();
      session.abandonStream(transactionId);
    }
  }

  #starting(what: string): PendingAnswer<void> {
    return pendingAnswer(`the server did not answer ${what}`, this.#options.timeouts.answerMs);
  }

  async #started<Stream extends { readonly ended: Promise<unknown>; close(): Promise<void> }>(
    stream: Stream,
    streamId: number,
    started: PendingAnswer<void>,
    signal: AbortSignal | undefined,
    ask: (session: ClientSession) => void,
  ): Promise<Stream> {
    const stopListening = rejectOnAbort(signal, started.reject);
    try {
      ask(this.#driver.session);
      this.#driver.flush();
      await started.promise;
      closeOnAbort(signal, stream);
      return stream;
    } catch (error) {
      started.resolve();
      this.#deleteStream(streamId);
      throw error;
    } finally {
      stopListening();
    }
  }

  #checkOpen(): void {
    const { closeReason } = this.#driver;
    if (closeReason !== undefined) throw closedError(closeReason);
  }

  #createPort(): StreamPort {
    const driver = this.#driver;
    return {
      session: driver.session,
      get queuedBytes(): number {
        return driver.queuedBytes;
      },
      highWaterBytes: this.#options.highWaterBytes,
      get lagMs(): number | undefined {
        return driver.lagMs;
      },
      answerMs: this.#options.timeouts.answerMs,
      flush: () => driver.flush(),
      sendMedia: (message) => driver.sendMedia(message),
      drained: (maxQueuedBytes) => this.#drains.wait(maxQueuedBytes),
      sent: () => this.#sent(),
      deleteStream: (streamId) => this.#deleteStream(streamId),
      holdReading: (receiver, isHeld) => this.#holdReading(receiver, isHeld),
    };
  }

  async #sent(): Promise<void> {
    const sent = pendingAnswer<void>("the server did not take all that was sent", this.#options.timeouts.answerMs);
    void this.#drains.wait(0).then(sent.resolve);
    try {
      await sent.promise;
    } finally {
      await this.#closeConnection?.();
    }
  }

  #deleteStream(streamId: number): void {
    if (!this.#receivers.delete(streamId)) return;
    // Where chunks interleave, commands overtake media: the end must not overtake what it ends.
    this.#driver.sendWaiting();
    this.#driver.session.deleteStream(streamId);
    this.#driver.flush();
    // What hinders it shows in the connection's own end.
    if (this.#closeConnection !== undefined) this.#sent().catch(() => {});
  }

  #holdReading(receiver: StreamReceiver, isHeld: boolean): void {
    if (isHeld) this.#holders.add(receiver);
    else this.#holders.delete(receiver);
    if (this.#holders.size > 0) this.#driver.pauseReading();
    else this.#driver.resumeReading();
  }
}

/** What hinders the close shows in the connection's own end. */
function closeOnAbort(
  signal: AbortSignal | undefined,
  stream: { readonly ended: Promise<unknown>; close(): Promise<void> },
): void {
  const stopListening = rejectOnAbort(signal, () => void stream.close().catch(() => {}));
  void stream.ended.then(stopListening);
}
