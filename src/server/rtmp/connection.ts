import { ProtocolError } from "../../errors.ts";
import type { Handshake } from "../../rtmp/handshake/handshake.ts";
import type { HandshakeFamily } from "../../rtmp/handshake/version.ts";
import { PeerBandwidthLimit } from "../../rtmp/message/control.ts";
import type { ConnectEvent, ServerEvent } from "../../rtmp/session/server-events.ts";
import type { ServerSession } from "../../rtmp/session/server-session.ts";
import { createStatus } from "../../rtmp/session/status.ts";
import type { Wire } from "../../rtmp/session/wire.ts";
import type { ByteStream, ByteStreamEvents } from "../../transport/byte-stream.ts";
import { failedConnection, refusedConnection } from "../connection-event.ts";
import type { ConnectionTally } from "../connection-tally.ts";
import type { ServerConnection } from "../connections.ts";
import type { ServerContext } from "../context.ts";
import { describeBreak } from "../end-reasons.ts";
import type { FeatureDecision } from "../feature.ts";
import { type ConnectionInfo, type Decision, decide, tellApplication } from "../hooks.ts";
import type { ConnectionSnapshot } from "../snapshots.ts";
import { ClientStreams, type ConnectionPort } from "./client-streams.ts";
import { closeLine, failureInWords, logFailure } from "./close-line.ts";
import { askToConnect, describeClient, unknownClient } from "./connect-decision.ts";
import { connectionSnapshot, schemeOf } from "./connection-snapshot.ts";
import { Deadlines } from "./deadlines.ts";
import { FeatureClient, type FeatureClientPort } from "./feature-client.ts";
import { Inbox, type InboxPort } from "./inbox.ts";
import { Outbox } from "./outbox.ts";
import { passEvent } from "./pass-event.ts";
import {
  chunkLimitsOf,
  createServerSession,
  createServerWire,
  createUnwatchedReading,
  quietMsOf,
  readsInRounds,
} from "./server-parts.ts";
import { createSwfCheck, type SwfCheck } from "./swf-check.ts";
import type { UnwatchedReading, UnwatchedReadingPort } from "./unwatched-reading.ts";

/** What a refused or cut off client has time to read before the connection closes. */
const LAST_WORDS_MS = 200;

const SHUT_DOWN = "The server shuts down. Connect again in a moment.";
const NO_TRANSITION = createStatus("NetStream.Play.Failed", "This server has no transitions: use play.");

/**
 * One RTMP client of the server: bytes become events, events become publications and viewers, and every end comes
 * through `#finish`. All errors of the client are caught here, and concern nobody else.
 */
export class RtmpConnection
  implements ServerConnection, ConnectionPort, FeatureClientPort, InboxPort, UnwatchedReadingPort, ByteStreamEvents
{
  readonly #context: ServerContext;
  readonly stream: ByteStream;
  /** Until it is over. */
  #handshake: Handshake | undefined;
  /** What was unusual in it. */
  #handshakeNote: string | undefined;
  readonly wire: Wire;
  readonly #session: ServerSession;
  readonly #inbox: Inbox;
  readonly #outbox: Outbox;
  readonly #streams: ClientStreams;
  readonly #featureClient: FeatureClient;
  readonly #deadlines: Deadlines;
  readonly #swfCheck: SwfCheck | undefined;
  readonly #onFinished: (connection: RtmpConnection) => void;
  readonly #startedAtMs: number;
  #info: ConnectionInfo;
  /** While the client is silent, nothing is due before: most are viewers that say nothing for hours. */
  #quietUntilMs = 0;
  /** Once it publishes. */
  #unwatchedReading: UnwatchedReading | undefined;
  #isConnected = false;
  #hasChunkSize = false;
  /** Set when the end has been decided: nothing that the peer sends counts any more. */
  #closeReason: string | undefined;
  /** Nothing can be sent any more. */
  isFinished = false;

  constructor(
    context: ServerContext,
    stream: ByteStream,
    id: string,
    onFinished: (connection: RtmpConnection) => void,
    families: readonly HandshakeFamily[] = ["clear", "encrypted"],
  ) {
    const { options } = context;
    this.#context = context;
    this.stream = stream;
    this.#onFinished = onFinished;
    this.#startedAtMs = context.nowMs();
    this.#deadlines = new Deadlines(options.timeouts, this.#startedAtMs);
    this.#swfCheck = createSwfCheck(options);
    const { handshake, wire } = createServerWire(context, families, this.#startedAtMs);
    this.#handshake = handshake;
    this.wire = wire;
    this.#session = createServerSession(context);
    this.#featureClient = new FeatureClient(context.features ?? [], this.#session, this);
    this.#inbox = new Inbox(this, this.#session);
    this.#outbox = new Outbox(stream, wire, this.#session, options);
    this.#streams = new ClientStreams(context, this.#session, this);
    this.#info = unknownClient(id, stream);
  }

  get info(): ConnectionInfo {
    return this.#info;
  }

  get id(): string {
    return this.#info.id;
  }

  get isOpen(): boolean {
    return this.#isConnected && this.#closeReason === undefined;
  }

  get isAsking(): boolean {
    return this.#deadlines.isAsking;
  }

  get isWatched(): boolean {
    return this.#streams.isWatched;
  }

  get isHeldUp(): boolean {
    return this.#inbox.isHeldUp || this.hasEnded;
  }

  get hasEnded(): boolean {
    return this.#closeReason !== undefined;
  }

  get unsentBytes(): number {
    // With interleaved chunks most of it waits in the wire.
    return this.stream.unsentBytes + this.wire.queuedReplyBytes;
  }

  /** Begins to read. */
  start(): void {
    this.stream.start(this);
  }

  /** Does what is due by time: time-outs and pings. Call about twice a second. */
  tick(nowMs: number): void {
    if (nowMs < this.#quietUntilMs || this.#closeReason !== undefined) return;
    this.guard(() => {
      this.wire.tick(nowMs);
      this.#session.tick(nowMs);
      const { isPublishing } = this.#streams;
      if (isPublishing) this.#streams.tick(nowMs);
      this.#deadlines.check(nowMs, { isConnected: this.#isConnected, isPublishing, silentMs: this.wire.silentMs });
      if (!this.#deadlines.isAsking) this.#swfCheck?.check(nowMs);
      this.#outbox.pump();
      const hasMuchDue = !this.#isConnected || isPublishing || this.isAsking || this.#swfCheck !== undefined;
      if (!hasMuchDue) this.#quietUntilMs = nowMs + quietMsOf(this.#context);
    });
  }

  /** Tells the client that the server goes, and closes when it had time to read that. */
  shutDown(): void {
    this.close(SHUT_DOWN, () => {
      this.#streams.shutDown(SHUT_DOWN);
      if (this.#isConnected) this.#session.status(0, createStatus("NetConnection.Connect.AppShutdown", SHUT_DOWN));
    });
  }

  kick(reason: string): void {
    const ended = `Ended by an operator: ${reason}`;
    this.close(ended, () => {
      this.#tellStreams(ended);
      // For good: nobody waits whether the publisher comes back.
      this.#streams.unpublishAll(ended);
    });
  }

  snapshot(nowMs: number): ConnectionSnapshot {
    const { info, stream, wire } = this;
    return connectionSnapshot({
      info,
      connectedAtMs: this.#context.timeOfDayMs() - (nowMs - this.#startedAtMs),
      publishing: this.#streams.publishedNames,
      playing: this.#streams.viewings(),
      receivedBytes: stream.bytesRead,
      sentBytes: stream.bytesWritten,
      unsentBytes: this.unsentBytes,
      roundTripMs: wire.roundTripMs,
    });
  }

  tally(tally: ConnectionTally): void {
    tally.transferred(this.stream.bytesRead, this.stream.bytesWritten);
    this.#streams.tally(tally, schemeOf(this.#info));
  }

  /** Ends the connection at once. */
  destroy(): void {
    this.stream.destroy();
    this.#finish("the server stopped");
  }

  sendReplies(): void {
    this.#outbox.sendReplies();
  }

  preparePlay(): void {
    if (!this.#hasChunkSize) this.#sendChunkSize();
    if (this.#swfCheck?.starts(this.#context.nowMs())) this.#session.requestSwfVerification();
  }

  ask<Answer extends Decision | FeatureDecision = Decision>(
    question: () => Answer | Promise<Answer> | undefined,
    decided: (decision: Answer) => void,
  ): void {
    const answer = decide(this.#context.log, this.#info.id, question);
    // Whoever was asked may have ended the connection instead.
    if (this.#closeReason !== undefined) return;
    if (!(answer instanceof Promise)) return decided(answer);
    this.#deadlines.asked(this.#context.nowMs());
    this.stream.pause();
    const goOn = (decision: Answer): void => {
      this.#deadlines.decided(this.#context.nowMs());
      if (this.#closeReason !== undefined) return;
      this.stream.resume();
      this.guard(() => {
        decided(decision);
        this.#process();
      });
    };
    void answer.then(goOn);
  }

  guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#fail(error);
    }
  }

  close(reason: string, lastWords: () => void): void {
    if (this.#closeReason !== undefined) return;
    this.#closeReason = reason;
    this.guard(() => {
      lastWords();
      this.sendReplies();
    });
    this.#streams.endAll(reason);
    setTimeout(() => this.stream.close(), LAST_WORDS_MS).unref();
  }

  onBytes(bytes: Uint8Array): void {
    if (this.#closeReason !== undefined) return;
    try {
      const nowMs = this.#context.nowMs();
      this.#endQuiet(nowMs);
      this.wire.noteBytesWritten(this.stream.bytesWritten);
      const { bytesSent } = this.wire;
      this.wire.push(bytes, nowMs);
      if (this.#handshake !== undefined && this.wire.isOpen) this.#endHandshake(nowMs);
      this.#process(nowMs);
      if (this.#streams.isPublishing) this.#hasRead(bytes.length, nowMs);
      if (this.wire.bytesSent === bytesSent && this.#isSettingUp) this.#outbox.acknowledgeEarly();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** What was not looked at meanwhile counts as passed before these bytes, not behind them. */
  #endQuiet(nowMs: number): void {
    if (this.#quietUntilMs === 0) return;
    this.#quietUntilMs = 0;
    this.#session.tick(nowMs);
  }

  onDrain(): void {
    this.guard(() => {
      this.#outbox.drained();
      this.#streams.drained();
      this.#featureClient.drained();
    });
  }

  onEnd(): void {
    const reason = "the client ended the connection";
    const { transport } = this.stream;
    // Nothing but /close ends a tunnel in order, and FFmpeg drops its FCUnpublish before it: docs/interop.md.
    if (transport === "http" || transport === "https") this.guard(() => this.#streams.unpublishAll(reason));
    this.#end(reason);
  }

  onClose(error?: Error): void {
    this.#finish(error === undefined ? "the client closed the connection" : describeBreak(error));
  }

  pump(): void {
    this.#outbox.pump();
  }

  closeSlow(blockedMs: number): void {
    this.#fail(new ProtocolError("viewer.slow", `the viewer took nothing for ${Math.round(blockedMs)} ms`));
  }

  get #isSettingUp(): boolean {
    return this.wire.isOpen && !this.#inbox.isHeldUp && !this.hasEnded && !this.#streams.isPublishing;
  }

  #endHandshake(nowMs: number): void {
    this.#deadlines.handshakeEnded(nowMs);
    const { result } = this.#handshake ?? {};
    this.#handshakeNote = result?.note;
    this.#swfCheck?.handshakeEnded(result?.serverSignatureTail);
    if (result?.ciphers !== undefined) this.#info = { ...this.#info, isRtmpe: true };
    this.#handshake = undefined;
  }

  #process(nowMs: number = this.#context.nowMs()): void {
    this.#inbox.process(nowMs);
    if (!this.#streams.isPublishing) this.sendReplies();
    else if (this.#outbox.isDue) this.#outbox.sendRepliesSoon(this);
  }

  readOn(): void {
    this.#unwatchedReading?.readOn();
  }

  #hasRead(byteLength: number, nowMs: number): void {
    if (!readsInRounds(this.#context, this.stream)) return;
    this.#unwatchedReading ??= createUnwatchedReading(this.#context, this);
    this.#unwatchedReading.hasRead(byteLength, nowMs);
  }

  goOn(): void {
    this.guard(() => this.#process());
  }

  handle(event: ServerEvent, nowMs: number): void {
    switch (event.kind) {
      case "media":
        // The hot path of a publisher.
        return this.#streams.write(event.streamId, event.message, nowMs);
      case "connect":
        return this.#connect(event);
      case "close":
        return this.#end("the client closed the connection");
      case "swf-verification":
        return this.#swfCheck?.receive(event.response);
      case "play2":
        return this.#session.status(event.streamId, NO_TRANSITION);
      default:
        return passEvent(event, this.#streams, this.#featureClient, nowMs);
    }
  }

  #connect(event: ConnectEvent): void {
    const { options } = this.#context;
    this.#info = describeClient(this.#info, event, options.limits.maxNameBytes);
    this.ask<FeatureDecision>(
      () => askToConnect(this.#context, this.#featureClient, event),
      (decision) => {
        if (!decision.allow) {
          const { reason, refusal, isInterim = false } = decision;
          if (!isInterim) this.#context.events.tell(refusedConnection(reason, this.#info, schemeOf(this.#info)));
          return this.close(`refused to connect: ${reason}`, () =>
            this.#session.rejectConnect({ description: reason, ...refusal }),
          );
        }
        this.#isConnected = true;
        if (decision.user !== undefined) this.#info = { ...this.#info, user: decision.user };
        this.wire.limits = chunkLimitsOf(this.#context);
        this.wire.sendWindowAcknowledgementSize();
        this.wire.sendPeerBandwidth(options.windowAcknowledgementSize, PeerBandwidthLimit.Dynamic);
        // Once, and before the answer: OBS never applies a later one. To those of RTMPE only when they play, because
        // FFmpeg as a publisher encrypts the size in place, and then takes that for the size: docs/interop.md.
        if (!this.#info.isRtmpe) this.#sendChunkSize();
        this.#session.acceptConnect(decision.answer);
        this.#featureClient.connected(event);
      },
    );
  }

  #sendChunkSize(): void {
    this.#hasChunkSize = true;
    this.wire.sendChunkSize();
  }

  /** The client broke a rule, or the server has a fault: in both cases this connection ends, and only this one. */
  #fail(error: unknown): void {
    if (this.#closeReason !== undefined) return;
    logFailure(this.#context.log, this.#info, error, this.wire.bytesReceived);
    const { id: connection, remoteAddress } = this.#info;
    const protocol = schemeOf(this.#info);
    this.#context.events.tell(failedConnection(error, { connection, remoteAddress, protocol }));
    const { sentence, reason } = failureInWords(error);
    const hasListener = error instanceof ProtocolError || this.#streams.ids.length > 0;
    if (!this.#isConnected || !hasListener) return this.#end(reason);
    this.close(reason, () => this.#tellStreams(sentence));
  }

  /** Why all that the client publishes and plays is over. */
  #tellStreams(description: string): void {
    const status = createStatus("NetStream.Failed", description);
    for (const streamId of this.#streams.ids) this.#session.status(streamId, status);
  }

  /** Ends the connection without last words. */
  #end(reason: string): void {
    if (this.#closeReason !== undefined) return;
    this.#closeReason = reason;
    this.#streams.endAll(reason);
    this.stream.close();
  }

  #finish(reason: string): void {
    if (this.isFinished) return;
    this.isFinished = true;
    this.#closeReason ??= reason;
    this.#streams.endAll(this.#closeReason);
    const { log, hooks } = this.#context;
    const line = closeLine({
      info: this.#info,
      durationMs: Math.round(this.#context.nowMs() - this.#startedAtMs),
      stream: this.stream,
      names: this.#streams.names,
      counters: this.#session.counters,
      handshakeNote: this.#handshakeNote,
      reason: this.#closeReason,
    });
    log.info(line, "connection closed");
    const closeReason = this.#closeReason;
    tellApplication(log, () => this.#featureClient.ended(closeReason));
    tellApplication(log, () => hooks.onClose?.(this.#info, closeReason));
    this.#onFinished(this);
  }
}
