import { ProtocolError } from "../../errors.ts";
import type { ServerSession } from "../../rtmp/session/server-session.ts";
import type { Wire } from "../../rtmp/session/wire.ts";
import type { ByteStream } from "../../transport/byte-stream.ts";
import type { ResolvedOptions } from "../options.ts";

/** With interleaved chunks the socket holds no more than this, so that what is urgent can overtake. */
const INTERLEAVED_WRITE_BYTES = 64 * 1024;

/** As many acknowledgements go out ahead of time while a client sets up its streams. */
const MAX_EARLY_ACKNOWLEDGEMENTS = 16;

/** A connection that may be over before its answers go out. */
type GuardedConnection = { readonly isFinished: boolean; guard(work: () => void): void };

/** Writes what the session and the wire have for a client. `session.reply-limit` for one that asks and does not read. */
export class Outbox {
  readonly #stream: ByteStream;
  readonly #wire: Wire;
  readonly #session: ServerSession;
  readonly #isInterleaved: boolean;
  /** Answers that a client may leave unread. */
  readonly #maxUnreadReplyBytes: number;
  #unreadReplyBytes = 0;
  #earlyAcknowledgements = 0;
  #isSendingSoon = false;

  constructor(stream: ByteStream, wire: Wire, session: ServerSession, { play, limits }: ResolvedOptions) {
    this.#stream = stream;
    this.#wire = wire;
    this.#session = session;
    this.#isInterleaved = play.interleave === "chunk";
    this.#maxUnreadReplyBytes = limits.maxUnreadReplyBytes;
  }

  /** The session or the wire has something to send. */
  get isDue(): boolean {
    return this.#session.hasReplies || this.#wire.hasOutput;
  }

  /** Sends what the session has queued. */
  sendReplies(): void {
    const wire = this.#wire;
    for (const reply of this.#session.takeReplies()) {
      const waitingBytes = wire.queuedReplyBytes;
      if (!wire.send(reply)) throw this.#tooManyUnread();
      if (this.#isInterleaved && waitingBytes > 0) this.#unreadReplyBytes += wire.queuedReplyBytes - waitingBytes;
    }
    this.pump();
    if (this.#isInterleaved) this.#checkWaiting();
  }

  /**
   * The same once all that has arrived is read: encoders end with FCUnpublish and close at once, with answers unread, which
   * resets the connection. A write would then fail, and what was not read yet, their end on purpose, be lost:
   * docs/interop.md.
   */
  sendRepliesSoon(connection: GuardedConnection): void {
    if (this.#isSendingSoon) return;
    this.#isSendingSoon = true;
    setImmediate(() => {
      this.#isSendingSoon = false;
      if (!connection.isFinished) connection.guard(() => this.sendReplies());
    });
  }

  /** Writes what the wire has, as far as the connection takes it. */
  pump(): void {
    const stream = this.#stream;
    const wire = this.#wire;
    const isInterleaved = this.#isInterleaved;
    wire.noteBytesWritten(stream.bytesWritten);
    for (;;) {
      const { unsentBytes } = stream;
      const room = isInterleaved ? INTERLEAVED_WRITE_BYTES - unsentBytes : Number.POSITIVE_INFINITY;
      const pieces = room > 0 ? wire.takeOutput(room) : [];
      if (pieces.length === 0) return;
      stream.write(pieces);
      if (unsentBytes > 0 && !isInterleaved) this.#countUnread(pieces);
    }
  }

  /** The client has read everything. */
  drained(): void {
    if (!this.#isInterleaved) {
      this.#unreadReplyBytes = 0;
      return;
    }
    this.pump();
    this.#checkWaiting();
  }

  /**
   * FFmpeg and GStreamer set up a stream in small pieces and leave Nagle's algorithm on, so that each piece waits for
   * TCP's acknowledgement of the one before. Where there is no answer to carry that, it would come 44 ms later, three
   * times before the first picture: docs/interop.md.
   */
  acknowledgeEarly(): void {
    if (this.#earlyAcknowledgements >= MAX_EARLY_ACKNOWLEDGEMENTS) return;
    this.#earlyAcknowledgements++;
    this.#wire.sendAcknowledgement();
    this.pump();
  }

  /** Answers pile up only where the client asks and does not read. */
  #countUnread(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) this.#unreadReplyBytes += piece.length;
    if (this.#unreadReplyBytes > this.#maxUnreadReplyBytes) throw this.#tooManyUnread();
  }

  /** With interleaved chunks answers wait in the wire. One that begins where nothing waits may be of any length. */
  #checkWaiting(): void {
    this.#unreadReplyBytes = Math.min(this.#unreadReplyBytes, this.#wire.queuedReplyBytes);
    if (this.#unreadReplyBytes > this.#maxUnreadReplyBytes) throw this.#tooManyUnread();
  }

  #tooManyUnread(): ProtocolError {
    const maxUnreadReplyBytes = this.#maxUnreadReplyBytes;
    return new ProtocolError("session.reply-limit", `more than ${maxUnreadReplyBytes} bytes of answers were not read`);
  }
}
