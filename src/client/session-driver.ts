import { ProtocolError } from "../errors.ts";
import { MAX_MESSAGE_LENGTH } from "../rtmp/chunk/message-header.ts";
import type { ClientHandshakeForm } from "../rtmp/handshake/client-form.ts";
import { createClientHandshake } from "../rtmp/handshake/client-handshake.ts";
import type { Handshake, HandshakeCrypto } from "../rtmp/handshake/handshake.ts";
import { encodeSwfVerificationResponse } from "../rtmp/handshake/swf-verification.ts";
import { decodeUserControl, type UserControl } from "../rtmp/message/control.ts";
import { type Message, MessageType } from "../rtmp/message/message.ts";
import type { ClientEvent } from "../rtmp/session/client-events.ts";
import { ClientSession } from "../rtmp/session/client-session.ts";
import type { Status } from "../rtmp/session/status.ts";
import { Wire } from "../rtmp/session/wire.ts";
import type { ByteStream } from "../transport/byte-stream.ts";
import { AcknowledgementLag } from "./acknowledgement-lag.ts";
import { clientError, withRemedy } from "./client-error.ts";
import { resolveClientLimits } from "./client-limits.ts";
import type { CloseReason } from "./close-reason.ts";
import type { ResolvedConnectOptions } from "./options.ts";

/** OBS sends the same, so every server takes it. */
const DEFAULT_CHUNK_SIZE = 4096;
/** What the wire announces unless it is told otherwise. */
const DEFAULT_WINDOW_BYTES = 2_500_000;
/** With interleaved chunks the socket holds no more than this, so that what is urgent can overtake. */
const INTERLEAVED_WRITE_BYTES = 64 * 1024;
/** What may wait above the media: answers to a server that asks and does not read. */
const MAX_UNREAD_REPLY_BYTES = 256 * 1024;

/** What the handshake needs besides the options. */
export type SessionDriverNeeds = {
  readonly crypto: HandshakeCrypto;
  readonly refuseShortSecret?: boolean;
};

/** How the two sides began. */
export type HandshakeInfo = {
  /** What they agreed on, which may be less than was asked for. */
  readonly form: ClientHandshakeForm;
  /** What was unusual about the server's, in words. */
  readonly note: string | undefined;
};

export type SessionDriverEvents = {
  /** The handshake is over. */
  onOpen(): void;
  /** A throw ends the connection. What the event holds is valid during the call. */
  onEvent(event: ClientEvent): void;
  onPong(): void;
  /** All that was sent has reached the kernel. */
  onDrain(): void;
  /** Called once: the connection is over for whoever uses it. Last words may still be sent during the call. */
  onEnd(reason: CloseReason): void;
  /** Called once, last: the transport is closed too. */
  onClose(reason: CloseReason): void;
};

/** Joins a byte stream, a wire and a client session: bytes become events, and what the session queues is sent. */
export class SessionDriver {
  readonly session: ClientSession;
  readonly wire: Wire;
  readonly #stream: ByteStream;
  readonly #crypto: HandshakeCrypto;
  readonly #options: ResolvedConnectOptions;
  readonly #isInterleaved: boolean;
  readonly #lag: AcknowledgementLag;
  readonly #maxUnsentBytes: number;
  #events: SessionDriverEvents | undefined;
  /** Until it is over. */
  #handshake: Handshake | undefined;
  /** The key of SWF verification; only signed handshakes have it. */
  #serverSignatureTail: Uint8Array | undefined;
  #handshakeInfo: HandshakeInfo = { form: "plain", note: undefined };
  /** Set when the end has been decided: nothing that the server sends counts any more. */
  #closeReason: CloseReason | undefined;
  /** What the server said last of the connection itself. */
  #lastWords: Status | undefined;
  #isClosed = false;

  constructor(stream: ByteStream, needs: SessionDriverNeeds, options: ResolvedConnectOptions) {
    const { handshake: form = "plain", chunkSize = DEFAULT_CHUNK_SIZE, windowAcknowledgementSize } = options;
    const { crypto, refuseShortSecret = false } = needs;
    const { chunks, session, amf } = resolveClientLimits(options.limits);
    this.session = new ClientSession({ limits: session, amfLimits: amf, registry: options.registry });
    this.#lag = new AcknowledgementLag(windowAcknowledgementSize ?? DEFAULT_WINDOW_BYTES);
    this.#stream = stream;
    this.#crypto = crypto;
    this.#options = options;
    this.#isInterleaved = options.interleave === "chunk";
    // `sendMedia` refuses first; a message counts with a little more than its payload.
    const maxWaitingBytes = options.maxQueuedBytes * 2 + MAX_UNREAD_REPLY_BYTES;
    // With interleaved chunks, all that waits in the wire goes to the stream at the end of one.
    this.#maxUnsentBytes = MAX_UNREAD_REPLY_BYTES + (this.#isInterleaved ? maxWaitingBytes : options.maxQueuedBytes);
    const handshake = createClientHandshake({ form, nowMs: performance.now(), crypto, refuseShortSecret });
    this.#handshake = handshake;
    this.wire = new Wire({
      handshake,
      limits: chunks,
      chunkSize,
      ...(windowAcknowledgementSize !== undefined && { windowAcknowledgementSize }),
      ...(options.interleave !== undefined && { interleave: options.interleave }),
      maxQueuedBytes: maxWaitingBytes,
    });
  }

  get remoteAddress(): string {
    return this.#stream.remoteAddress;
  }

  /** Once it is over. */
  get handshakeInfo(): HandshakeInfo {
    return this.#handshakeInfo;
  }

  get closeReason(): CloseReason | undefined {
    return this.#closeReason;
  }

  /** Bytes that wait to reach the kernel. */
  get queuedBytes(): number {
    return this.#isInterleaved ? this.#stream.unsentBytes + this.wire.queuedBytes : this.#stream.unsentBytes;
  }

  /** How far the server is behind; undefined until it acknowledges. */
  get lagMs(): number | undefined {
    const { bytesSent, unacknowledgedBytes } = this.wire;
    return this.#lag.lagMs(bytesSent, unacknowledgedBytes, performance.now());
  }

  /** Begins the handshake. */
  start(events: SessionDriverEvents): void {
    this.#events = events;
    this.#stream.start({
      onBytes: (bytes) => this.#receive(bytes),
      onDrain: () => this.#guard(() => this.#drained()),
      onEnd: () => this.endByServer(),
      onClose: (error) => this.#finish(error),
    });
    this.#guard(() => this.#pump());
  }

  /** Sends what the session and the wire have queued. */
  flush(): void {
    this.#guard(() => this.#flush());
  }

  /** The hot path of a publisher. Throws `publish.queue`. The payload may be used again when it returns. */
  sendMedia(message: Message): void {
    const { payload } = message;
    const { maxQueuedBytes } = this.#options;
    if (payload.length > MAX_MESSAGE_LENGTH) throw new RangeError(`a message of ${payload.length} bytes`);
    if (this.queuedBytes + payload.length > maxQueuedBytes) {
      throw clientError("publish.queue", `more than ${maxQueuedBytes} bytes would wait to be sent`);
    }
    // With whole messages nothing stays in the wire, and its output is a copy.
    const isTaken = this.wire.send(this.#isInterleaved ? { ...message, payload: new Uint8Array(payload) } : message);
    if (!isTaken) throw clientError("publish.queue", "too many messages wait to be sent");
    this.flush();
  }

  /** Sends a message of another kind, in order with the calls; nothing when the connection is over. */
  sendMessage(message: Message): void {
    if (this.#closeReason !== undefined) return;
    this.flush();
    this.#guard(() => {
      if (!this.wire.send(message)) throw new ProtocolError("session.reply-limit", "the server does not read");
    });
    this.flush();
  }

  /** Proves which SWF file is run, where the server asks for it. */
  answerUserControl(control: UserControl): void {
    if (control.kind !== "swf-verify-request") return;
    const { swf, log } = this.#options;
    const tail = this.#serverSignatureTail;
    if (swf === undefined || tail === undefined) {
      const why = swf === undefined ? "no `swf` was given" : "the handshake is not signed";
      log.warn({ remote: this.remoteAddress }, `the server asks for an SWF file, and ${why}`);
      return;
    }
    this.session.answerSwfVerification(encodeSwfVerificationResponse(swf, tail, this.#crypto));
  }

  /** Hands over to the stream whatever waits, so that what is more urgent and comes later cannot overtake it. */
  sendWaiting(): void {
    this.#guard(() => {
      const pieces = this.wire.takeOutput();
      if (pieces.length > 0) this.#stream.write(pieces);
    });
  }

  pauseReading(): void {
    this.#stream.pause();
  }

  resumeReading(): void {
    if (this.#closeReason === undefined) this.#stream.resume();
  }

  /** Sends what is left, then closes. */
  end(reason: CloseReason): void {
    if (this.#closeReason !== undefined) return;
    this.#closeReason = reason;
    this.#events?.onEnd(reason);
    this.sendWaiting();
    this.#stream.close(this.#options.timeouts.closeMs);
  }

  /** The server closes the connection, in order. */
  endByServer(): void {
    const words = this.#lastWords;
    const why = words === undefined ? "" : `: ${words.code} ${words.description}`.trimEnd();
    this.end({ kind: "server", description: `the server closed the connection${why}` });
  }

  /** Drops everything at once. */
  destroy(reason: CloseReason): void {
    if (this.#closeReason === undefined) {
      this.#closeReason = reason;
      this.#events?.onEnd(reason);
    }
    this.#stream.destroy();
  }

  #receive(bytes: Uint8Array): void {
    if (this.#closeReason !== undefined) return;
    this.#guard(() => {
      const nowMs = performance.now();
      const wasOpen = this.wire.isOpen;
      this.session.tick(nowMs);
      this.wire.push(bytes, nowMs);
      if (!wasOpen && this.wire.isOpen) this.#opened();
      this.#process();
      this.#flush();
    });
  }

  #opened(): void {
    const { serverSignatureTail, note, form = "plain", ciphers } = this.#handshake?.result ?? {};
    this.#handshakeInfo = { form: ciphers === undefined ? form : "encrypted", note };
    this.#handshake = undefined;
    this.#serverSignatureTail = serverSignatureTail;
    if (note !== undefined) this.#options.log.debug({ remote: this.remoteAddress, note }, "an unusual handshake");
    this.#events?.onOpen();
  }

  #process(): void {
    while (this.#closeReason === undefined) {
      const message = this.wire.next();
      if (message === undefined) return;
      if (message.type === MessageType.UserControl) this.#noticePong(message);
      const event = this.session.receive(message);
      if (event === undefined) continue;
      if (event.kind === "status" && event.streamId === 0) this.#lastWords = event.status;
      this.#events?.onEvent(event);
    }
  }

  #noticePong(message: Message): void {
    if (decodeUserControl(message.payload)?.kind === "ping-response") this.#events?.onPong();
  }

  #flush(): void {
    for (const message of this.session.takeMessages()) {
      if (!this.wire.send(message)) throw new ProtocolError("session.reply-limit", "the server does not read");
    }
    this.#pump();
  }

  #pump(): void {
    // Again and again: while the kernel takes everything at once, no drain follows.
    while (!this.#isClosed && this.#room > 0) {
      const pieces = this.wire.takeOutput(this.#room);
      if (pieces.length === 0) break;
      this.#stream.write(pieces);
    }
    this.#lag.sent(this.wire.bytesSent, this.wire.unacknowledgedBytes, performance.now());
    if (this.#stream.unsentBytes > this.#maxUnsentBytes) {
      throw new ProtocolError("session.reply-limit", "the server does not read its answers");
    }
  }

  /** Bytes that the stream may still hold. */
  get #room(): number {
    return this.#isInterleaved ? INTERLEAVED_WRITE_BYTES - this.#stream.unsentBytes : Number.POSITIVE_INFINITY;
  }

  #drained(): void {
    if (this.#isInterleaved && this.#closeReason === undefined) this.#pump();
    this.#events?.onDrain();
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The server broke a rule, or a function of the application threw: the connection ends. */
  #fail(thrown: unknown): void {
    if (this.#closeReason !== undefined) return;
    const error = withRemedy(thrown);
    const code = error instanceof ProtocolError ? error.code : "an unexpected error";
    this.#options.log.warn({ remote: this.remoteAddress, err: error }, "the connection failed");
    this.end({ kind: "failed", description: `${code}: ${error.message}`, error });
  }

  #finish(error?: Error): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#closeReason === undefined) {
      const description = `the connection to ${this.remoteAddress} was lost${error === undefined ? "" : `: ${error.message}`}`;
      this.#closeReason = {
        kind: "lost",
        description,
        error: clientError("connection.closed", description, { cause: error }),
      };
      this.#events?.onEnd(this.#closeReason);
    }
    this.#events?.onClose(this.#closeReason);
  }
}
