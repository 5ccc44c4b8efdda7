import { type AmfEncodable, AmfObject, type AmfValue, hasMembers } from "../formats/amf/amf-value.ts";
import { toPlain } from "../formats/amf/to-plain.ts";
import { answerSecureToken } from "../rtmp/authentication/secure-token.ts";
import type { HandshakeCrypto } from "../rtmp/handshake/handshake.ts";
import type { CallErrorEvent, CallEvent } from "../rtmp/session/call-events.ts";
import type { ClientEvent, ConnectedEvent, ReconnectRequestEvent } from "../rtmp/session/client-events.ts";
import { createStatus, type Status } from "../rtmp/session/status.ts";
import type { AnySlots } from "../rtmp/shared-object/slot-view.ts";
import type { ByteStream } from "../transport/byte-stream.ts";
import { type Bandwidth, BandwidthChecks } from "./bandwidth.ts";
import { clientError } from "./client-error.ts";
import { type CloseReason, closedError } from "./close-reason.ts";
import { NetStreams } from "./net-streams.ts";
import type { ClientMethod, ResolvedConnectOptions } from "./options.ts";
import { type PendingAnswer, pendingAnswer } from "./pending-answer.ts";
import { PendingAnswers } from "./pending-answers.ts";
import { Pings } from "./pings.ts";
import type { PlayStream, PlayStreamOptions } from "./play-stream.ts";
import type { PublishStream, PublishStreamOptions } from "./publish-stream.ts";
import { rejectOnAbort } from "./reject-on-abort.ts";
import { type RemoteMethods, remoteMethods } from "./remote-methods.ts";
import { runMethod } from "./run-method.ts";
import { type HandshakeInfo, SessionDriver } from "./session-driver.ts";
import type { ClientSharedObject, SharedObjectOpenOptions } from "./shared-object.ts";
import { ClientSharedObjects } from "./shared-objects.ts";
import { StatusError } from "./status-error.ts";

/** What the server said of itself when it accepted the connection. */
export type ServerInfo = Omit<ConnectedEvent, "kind">;

export type CallOptions = {
  /** @default `timeouts.answerMs` of the connection */
  readonly timeoutMs?: number;
  /** Stops waiting when aborted: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
};

export type ConnectionStatistics = {
  /** All bytes, the handshake included. */
  readonly bytesReceived: number;
  readonly bytesSent: number;
  /** Bytes that wait to reach the kernel. */
  readonly queuedBytes: number;
  /** Bytes that the server has not acknowledged; undefined until its first acknowledgement, which may never come. */
  readonly unacknowledgedBytes: number | undefined;
  /**
   * How far the server is behind by its acknowledgements: 0 while it is less than its window behind, undefined like
   * `unacknowledgedBytes`.
   */
  readonly lagMs: number | undefined;
  /** Of the last `ping`; undefined before. */
  readonly roundTripMs: number | undefined;
};

/** What a server says beneath commands and media. */
export type ProtocolInfo = {
  readonly handshake: HandshakeInfo;
  /** Payload bytes in each chunk of the server: 128 until it says otherwise. */
  readonly chunkSize: number;
  /** After how many bytes the server wants an acknowledgement; undefined when it never said. */
  readonly windowBytes: number | undefined;
  /** How many bytes without an acknowledgement the server wants in flight at the most; undefined when it never said. */
  readonly bandwidthBytes: number | undefined;
};

/** Where the connection goes, and what it is for. */
export type NetConnectionTarget = {
  readonly app: string;
  readonly tcUrl: string;
  /** The connection is closed when its stream ends. */
  readonly isForOneStream: boolean;
  readonly crypto: HandshakeCrypto;
  /** Rejects with `handshake.short-secret` where encrypted peers may not understand each other. @default false */
  readonly refuseShortSecret?: boolean;
};

/** A connection to an application on a server: calls in both directions, and any number of streams. */
export class NetConnection {
  /** Settles when the connection is over and closed; never rejects. */
  readonly closed: Promise<CloseReason>;
  /** Methods that the server may call, by name. */
  readonly methods: Map<string, ClientMethod>;
  readonly #driver: SessionDriver;
  readonly #target: NetConnectionTarget;
  readonly #options: ResolvedConnectOptions;
  readonly #calls = new PendingAnswers<AmfValue>();
  readonly #streams: NetStreams;
  readonly #pings: Pings;
  readonly #bandwidth: BandwidthChecks;
  readonly #sharedObjects: ClientSharedObjects;
  readonly #resolveClosed: (reason: CloseReason) => void;
  readonly #handshake: PendingAnswer<void>;
  /** Of `connect`, once the handshake is over. */
  #accepted: PendingAnswer<void> | undefined;
  #server: ServerInfo | undefined;

  private constructor(stream: ByteStream, target: NetConnectionTarget, options: ResolvedConnectOptions) {
    const { promise, resolve } = Promise.withResolvers<CloseReason>();
    this.closed = promise;
    this.#resolveClosed = resolve;
    this.#target = target;
    this.#options = options;
    this.methods = new Map(Object.entries(options.methods ?? {}));
    this.#driver = new SessionDriver(stream, target, options);
    this.#streams = new NetStreams(this.#driver, options, target.isForOneStream ? () => this.close() : undefined);
    this.#pings = new Pings(this.#driver.wire);
    this.#bandwidth = new BandwidthChecks((name, timeoutMs, signal) => this.callWith({ timeoutMs, signal }, name));
    this.#sharedObjects = new ClientSharedObjects(this.#driver, options, () => this.server.objectEncoding);
    const { handshakeMs } = options.timeouts;
    this.#handshake = pendingAnswer("the server did not finish the handshake", handshakeMs, "timeout.server-handshake");
  }

  /** Handshake and `connect` over a byte stream that stands. */
  static async open(
    stream: ByteStream,
    target: NetConnectionTarget,
    options: ResolvedConnectOptions,
  ): Promise<NetConnection> {
    const { signal } = options;
    if (signal?.aborted) {
      stream.destroy();
      signal.throwIfAborted();
    }
    const connection = new NetConnection(stream, target, options);
    const onAbort = (): void => connection.#abort(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    // Not awaited: it never rejects.
    void connection.closed.then(() => signal?.removeEventListener("abort", onAbort));
    try {
      await connection.#open();
      return connection;
    } catch (error) {
      connection.#abandon(error);
      signal?.throwIfAborted();
      throw error;
    }
  }

  /** What the server said of itself. */
  get server(): ServerInfo {
    if (this.#server === undefined) throw new Error("the connection is not open yet");
    return this.#server;
  }

  /** `address:port` of the server, IPv6 in brackets. */
  get remoteAddress(): string {
    return this.#driver.remoteAddress;
  }

  /** What the two sides agreed on beneath commands and media. */
  get protocol(): ProtocolInfo {
    const { wire, handshakeInfo } = this.#driver;
    const { inputChunkSize, peerWindowBytes, sendWindowBytes } = wire;
    return {
      handshake: handshakeInfo,
      chunkSize: inputChunkSize,
      windowBytes: peerWindowBytes,
      bandwidthBytes: sendWindowBytes,
    };
  }

  get statistics(): ConnectionStatistics {
    const { wire, queuedBytes, lagMs } = this.#driver;
    const { bytesReceived, bytesSent, unacknowledgedBytes, roundTripMs } = wire;
    return { bytesReceived, bytesSent, queuedBytes, unacknowledgedBytes, lagMs, roundTripMs };
  }

  /** Calls a method of the server. Rejects with a `StatusError` when it answers `_error`. */
  call(name: string, ...args: readonly AmfEncodable[]): Promise<AmfValue> {
    return this.callWith({}, name, ...args);
  }

  /** The same with options. */
  async callWith(options: CallOptions, name: string, ...args: readonly AmfEncodable[]): Promise<AmfValue> {
    this.#checkOpen();
    const { timeoutMs = this.#options.timeouts.answerMs, signal } = options;
    signal?.throwIfAborted();
    const transactionId = this.#driver.session.call(name, ...args);
    const answer = this.#calls.wait(transactionId, name, timeoutMs);
    const stopListening = rejectOnAbort(signal, (error) => this.#calls.reject(transactionId, error));
    this.#driver.flush();
    try {
      return await answer;
    } finally {
      stopListening();
      this.#driver.session.forgetCall(transactionId);
    }
  }

  /**
   * The methods of an application on a server of millrace as functions: `methodsOf<MethodsOf<typeof chat>>()`, then
   * `await chat.say("hello")`. They are what the type says, results come as plain values, and each rejects as `call` does.
   */
  methodsOf<Methods extends object>(options: CallOptions = {}): RemoteMethods<Methods> {
    const { registry } = this.#options;
    return remoteMethods(async (name, args) => toPlain(await this.callWith(options, name, ...args), { registry }));
  }

  /** Calls a method of the server without wanting an answer. Does nothing when the connection is over. */
  notify(name: string, ...args: readonly AmfEncodable[]): void {
    if (this.#driver.closeReason !== undefined) return;
    this.#driver.session.notify(name, ...args);
    this.#driver.flush();
  }

  /** Measures the round trip in milliseconds. Some servers never answer. */
  async ping(options: CallOptions = {}): Promise<number> {
    this.#checkOpen();
    const { timeoutMs = this.#options.timeouts.answerMs, signal } = options;
    const answer = this.#pings.ping(timeoutMs, signal);
    this.#driver.flush();
    return await answer;
  }

  /**
   * Has the server measure how fast it can send to this client, with some megabytes, by `checkBandwidth`. Rejects with a
   * `StatusError` when it does not want to, and after 20 seconds unless told otherwise.
   */
  async measureBandwidth(options: CallOptions = {}): Promise<Bandwidth> {
    this.#checkOpen();
    options.signal?.throwIfAborted();
    return await this.#bandwidth.measure(options.timeoutMs, options.signal);
  }

  /** Rejects with a `StatusError` when the server refuses. `name` is the stream key, with its query where it has one. */
  async publish(name: string, options: PublishStreamOptions = {}): Promise<PublishStream> {
    return await this.#streams.publish(name, options);
  }

  /** Rejects with a `StatusError` when the server refuses. Many servers let a player wait for its publisher. */
  async play(name: string, options: PlayStreamOptions = {}): Promise<PlayStream> {
    return await this.#streams.play(name, options);
  }

  /**
   * Opens a shared object: `sharedObject<{ topic: string }>("room")`. The types are what programs agree on; others may set
   * anything. Opened twice, it is the same object, to be closed twice. Rejects with a `StatusError` when the server refuses,
   * and with `timeout.answer` where it has none.
   */
  async sharedObject<Slots extends object = AnySlots>(
    name: string,
    options: SharedObjectOpenOptions = {},
  ): Promise<ClientSharedObject<Slots>> {
    this.#checkOpen();
    return await this.#sharedObjects.open<Slots>(name, options);
  }

  /** Ends all streams, sends what is left, and closes. */
  close(): Promise<CloseReason> {
    this.#driver.end({ kind: "closed", description: "closed by the application" });
    return this.closed;
  }

  #abort(reason: unknown): void {
    const error = reason instanceof Error ? reason : new Error("aborted", { cause: reason });
    const closeReason: CloseReason = { kind: "aborted", description: "aborted by the application", error };
    if (this.#server === undefined) this.#driver.destroy(closeReason);
    else this.#driver.end(closeReason);
  }

  /** The server did not accept the connection, or not in time. */
  #abandon(cause: unknown): void {
    const error = cause instanceof Error ? cause : new Error("the server did not accept the connection", { cause });
    this.#driver.destroy({ kind: "failed", description: error.message, error });
  }

  async #open(): Promise<void> {
    const { wire, session } = this.#driver;
    const { app, tcUrl } = this.#target;
    this.#driver.start({
      onOpen: () => this.#opened(),
      onEvent: (event) => this.#receive(event),
      onPong: () => this.#pings.answered(),
      onDrain: () => this.#drained(),
      onEnd: (reason) => this.#ended(reason),
      onClose: (reason) => this.#resolveClosed(reason),
    });
    wire.sendChunkSize();
    session.connect({ ...this.#options, app, tcUrl });
    this.#driver.flush();
    await this.#handshake.promise;
    await this.#accepted?.promise;
  }

  /** The handshake is over, and `connect` is on its way. */
  #opened(): void {
    this.#accepted = this.#pending("connect");
    this.#handshake.resolve();
  }

  #receive(event: ClientEvent): void {
    switch (event.kind) {
      case "connected":
        return this.#connected(event);
      case "connect-rejected": {
        const { code, description, information: info } = event;
        const error = new StatusError("connect", { level: "error", code, description, info });
        return this.#driver.end({ kind: "server", description: error.message, error });
      }
      case "stream-created":
        return this.#streams.created(event.transactionId, event.streamId);
      case "status":
        return this.#receiveStatus(event.streamId, event.status);
      case "bandwidth":
        return this.#bandwidth.receive(event);
      case "reconnect-request":
        return this.#options.onStatus?.(reconnectStatus(event));
      case "media":
        return this.#streams.receiveMedia(event);
      case "data":
        return this.#streams.receiveData(event);
      case "result":
        this.#calls.resolve(event.transactionId, event.value);
        return;
      case "error":
        return this.#refused(event);
      case "call":
        return this.#called(event);
      case "close":
        return this.#driver.endByServer();
      case "user-control":
        return this.#driver.answerUserControl(event.control);
      case "shared-object":
        return this.#sharedObjects.receive(event.message);
    }
  }

  #connected(event: ConnectedEvent): void {
    const { kind: _, ...server } = event;
    this.#server = server;
    this.#driver.wire.sendWindowAcknowledgementSize();
    this.#answerSecureToken(event.information);
    this.#accepted?.resolve();
  }

  #answerSecureToken(information: AmfValue): void {
    const { secureToken } = this.#options;
    const token = hasMembers(information) ? information.get("secureToken") : undefined;
    if (secureToken === undefined || typeof token !== "string") return;
    const answer = answerSecureToken(token, secureToken);
    if (answer !== undefined) this.#driver.session.notify("secureTokenResponse", answer);
  }

  #receiveStatus(streamId: number, status: Status): void {
    const isOfStream = this.#streams.receiveStatus(streamId, status);
    // Any other stream has been deleted meanwhile.
    if (!isOfStream && streamId === 0) this.#options.onStatus?.(status);
  }

  #refused({ transactionId, name, value, status }: CallErrorEvent): void {
    const description = typeof value === "string" ? value : "";
    const { level, code } = createStatus("NetConnection.Call.Failed", "");
    const error = new StatusError(name, { level, code, description, ...status, info: value });
    this.#calls.reject(transactionId, error);
    this.#streams.creationRefused(transactionId, error);
  }

  #called(event: CallEvent): void {
    const { onCall } = this.#options;
    const any: ClientMethod | undefined = onCall && ((...args) => onCall(event.name, args));
    const method = this.methods.get(event.name) ?? any;
    if (method === undefined) this.#driver.session.rejectCall(event.transactionId);
    else void this.#runMethod(method, event);
  }

  async #runMethod(method: ClientMethod, event: CallEvent): Promise<void> {
    await runMethod(method, event, this.#driver.session, this.#options);
    if (this.#driver.closeReason === undefined) this.#driver.flush();
  }

  #pending<Value>(name: string, timeoutMs: number = this.#options.timeouts.answerMs): PendingAnswer<Value> {
    return pendingAnswer(`the server did not answer ${name}`, timeoutMs);
  }

  #checkOpen(): void {
    const { closeReason } = this.#driver;
    if (closeReason !== undefined) throw closedError(closeReason);
  }

  #drained(): void {
    this.#streams.drained();
    this.#sharedObjects.drained();
  }

  /** Whatever is under way ends here. */
  #ended(reason: CloseReason): void {
    const error = closedError(reason);
    this.#handshake.reject(reason.error ?? unanswered(reason));
    this.#accepted?.reject(reason.error ?? unanswered(reason));
    this.#calls.rejectAll(error);
    this.#pings.rejectAll(error);
    this.#bandwidth.reject(error);
    this.#streams.disconnect(reason);
    this.#sharedObjects.disconnect(reason);
    const { remoteAddress, statistics } = this;
    this.#options.log.debug({ remote: remoteAddress, ...statistics, reason: reason.description }, "connection closed");
  }
}

function unanswered({ description }: CloseReason): Error {
  return clientError("connection.closed", `${description} before it answered connect`);
}

function reconnectStatus({ tcUrl, description }: ReconnectRequestEvent): Status {
  const info = new AmfObject(tcUrl === undefined ? [] : [["tcUrl", tcUrl]]);
  return { ...createStatus("NetConnection.Connect.ReconnectRequest", description), info };
}
